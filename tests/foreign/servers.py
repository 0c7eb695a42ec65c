"""The servers: how each is started, and what it cannot do."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from agent.demo.broker import free_port
from agent.errors import ErrorCode
from tests.waiting import wait_for

_START_S = 120.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""The model is too small for more: on a busy machine, threads that wait for each other take minutes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A server program, and where it deviates: each of these was seen in its answers, at the version that is pinned.

    Attributes:
        command: From the Python that has it installed, the model and the port.
        schema: What a prompt with a JSON Schema is refused with; None: it is answered as if it had none.
        over_context: What a prompt beyond the model's context is refused with; None: it is answered all the same.
        counts: Whether it tells how many tokens there were.
        knows_its_model: Whether it refuses a name that is not its model's.
    """

    command: Callable[[Path, Path, int], list[str]]
    schema: ErrorCode | None
    over_context: ErrorCode | None
    counts: bool
    knows_its_model: bool


KINDS = {
    "llama-cpp-python": Kind(
        lambda python, model, port: [
            *(str(python), "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "edge-tiny"),
            *("--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096", "--n_threads", "1"),
        ],
        schema=ErrorCode.INVALID_REQUEST,  # 500: it knows `json_object`, and not `json_schema`
        over_context=ErrorCode.ENGINE_FAILED,  # 200, and the stream ends before its first event
        counts=False,  # nothing in a stream has `usage`
        knows_its_model=False,  # it answers to any name, and repeats it
    ),
    "transformers": Kind(
        lambda python, model, port: [
            *(str(python.with_name("transformers")), "serve", str(model), "--device", "cpu"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        schema=None,  # it passes over `response_format`
        over_context=None,  # it reads on past the positions that the model was trained on
        counts=True,
        knows_its_model=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        url: Where its API begins.
        model: What it calls its model.
        kind: What it cannot do.
        process: It.
    """

    url: str
    model: str
    kind: Kind
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serving(name: str, python: Path, model: Path, log: Path) -> Iterator[Running]:
    """Start a server, wait until it lists its model, and end it."""
    kind, port = KINDS[name], free_port()
    environ = {"PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "HOME": str(log.parent), **_ONE_THREAD}
    with (
        log.open("wb") as output,
        subprocess.Popen(kind.command(python, model, port), stdout=output, stderr=output, env=environ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}/v1"
            listed = wait_for(lambda: _models(url, process, log), _START_S, f"{name} to list its model")
            yield Running(url, listed[0]["id"], kind, process)
        finally:
            process.kill()


def _models(url: str, process: subprocess.Popen[bytes], log: Path) -> list[dict[str, Any]]:
    if process.poll() is not None:
        sys.exit(f"the server ended with {process.returncode}; it said:\n{log.read_text(errors='replace')[-2000:]}")
    with contextlib.suppress(httpx2.TransportError):
        models: list[dict[str, Any]] = httpx2.get(f"{url}/models").json()["data"]
        return models
    return []
