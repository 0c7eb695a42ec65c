"""Devices to look at: what they send, as their agents make it, with parts that come or do not come."""

import json
from collections.abc import Mapping
from typing import Any

from agent.client import Received
from agent.top.frame import frame
from agent.top.watch import Watch
from agent.units import Seconds
from agent.wire import encode_telemetry
from tests.boards import BoardTree
from tests.snapshots import snapshot

GIB = 2**30
GOVERNED: dict[str, Any] = {
    "governor": {
        "state": "limited",
        "reason": "pacing keeps 7 W",
        "budget_w": 7.0,
        "over_for_s": 0.0,
        "duty": 0.62,
        "max_running": 2,
        "model": "edge-tiny",
    },
    "memory_budget": {
        "budget_bytes": 3 * GIB,
        "reserve_bytes": GIB // 2,
        "predicted_bytes": 2.0 * GIB,
        "measured_bytes": {"value": 1.5 * GIB, "why": None},
        "context_length": 4096,
    },
    "energy": {
        "total_j": 15234.1,
        "idle_j": 9000.0,
        "requests_j": 6234.1,
        "by_model": {"edge-tiny": {"joules": 6234.1, "output_tokens": 14000}},
    },
    "recent": [
        {
            "id": "door-17",
            "model": "edge-tiny",
            "prompt_tokens": 42,
            "completion_tokens": 17,
            "total_s": 0.64,
            "tokens_per_s": 31.1,
            "joules": 5.9,
            "error": None,
        },
        {
            "id": "door-18",
            "model": "edge-tiny",
            "prompt_tokens": 40,
            "completion_tokens": 9,
            "total_s": 1.5,
            "tokens_per_s": None,
            "joules": {"value": None, "why": "no meter"},
            "error": None,
        },
        {"id": "door-19", "error": "deadline_exceeded"},
    ],
}
"""What the budgets add to telemetry."""


def telemetry(tree: BoardTree, **parts: object) -> dict[str, Any]:
    """A message of an agent on a board that knows no budgets, with `parts` laid over it."""
    message: dict[str, Any] = json.loads(encode_telemetry(snapshot(tree)))
    return {**{name: part for name, part in message.items() if name not in GOVERNED}, **parts}


def received(payload: Mapping[str, Any] | bytes) -> Received:
    """A message as it comes."""
    return Received("topic", payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def watching(*messages: Mapping[str, Any]) -> Watch:
    """A view that began at 0 s, of an agent that is online and sent a message at each second from 1 on."""
    watch = Watch("edge/orin-7", "broker:1883", Seconds(0))
    watch.on_status(received({"state": "online", "version": "0.1.0", "model": "edge-tiny", "since": 1790000000}))
    for at, message in enumerate(messages, start=1):
        watch.on_telemetry(received(message), Seconds(at))
    return watch


def text(watch: Watch, width: int = 80, height: int | None = 24, now: float = 5.0) -> str:
    """The frame without its colours."""
    return "\n".join(line.plain.rstrip() for line in frame(watch.scene(Seconds(now)), width, height))


def row(page: str, label: str) -> str:
    """What stands behind a label."""
    return next(line[10:] for line in page.splitlines() if line.startswith(f"{label} "))
