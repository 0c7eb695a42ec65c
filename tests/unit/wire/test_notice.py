"""Status and events have exactly the documented shape."""

import json
from typing import get_args

from agent.clock import Clock
from agent.events import Event, ModelLoaded, UpdateState
from agent.units import Seconds, UnixSeconds
from agent.wire import encode_event, encode_offline, encode_online, event_name


def test_online() -> None:
    payload = encode_online(
        version="0.1",
        model="edge-tiny",
        context_length=4096,
        engine="onnxruntime-genai",
        engine_reason="the only one here",
        vision=True,
        draining=False,
        since=UnixSeconds(12.7),
    )
    assert json.loads(payload) == {
        "state": "online",
        "version": "0.1",
        "model": "edge-tiny",
        "context_length": 4096,
        "engine": "onnxruntime-genai",
        "engine_reason": "the only one here",
        "vision": True,
        "draining": False,
        "since": 12,
        "release": None,
        "update": None,
    }


def test_online_amid_an_update() -> None:
    payload = encode_online(
        version="0.1",
        model=None,
        context_length=None,
        engine=None,
        engine_reason=None,
        vision=None,
        draining=True,
        since=UnixSeconds(12.7),
        release="r1",
        channel="stable",
        group="hall-5",
        update=UpdateState("r2", "draining", ""),
    )
    fields = json.loads(payload)
    assert fields["release"] == "r1"
    assert fields["update"] == {
        "channel": "stable",
        "group": "hall-5",
        "release": "r2",
        "state": "draining",
        "why": "",
        "rejected": False,
    }


def test_offline() -> None:
    assert json.loads(encode_offline("stopped")) == {"state": "offline", "reason": "stopped"}


def test_an_event() -> None:
    event = ModelLoaded(model="edge-tiny", seconds=0.5, context_length=4096, engine="tensorrt-llm")
    clock = Clock("2f1c", now=lambda: Seconds(100.25), wall=lambda: UnixSeconds(12.34567))
    assert json.loads(encode_event(event, clock)) == {
        "event": "model_loaded",
        "at": 12.346,
        "boot_id": "2f1c",
        "uptime_s": 100.25,
        "detail": {
            "model": "edge-tiny",
            "seconds": 0.5,
            "context_length": 4096,
            "engine": "tensorrt-llm",
            "max_running": 1,
            "vision": False,
        },
    }


def test_every_event_has_a_name_of_its_own() -> None:
    kinds = get_args(Event)
    names = {event_name(kind.__new__(kind)) for kind in kinds}
    assert len(names) == len(kinds)
    assert all(name == name.lower() and " " not in name for name in names)
