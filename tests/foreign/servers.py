"""The servers: how each is started, and what it cannot do by its own account."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from agent.demo.broker import free_port
from tests.waiting import wait_for

_START_S = 120.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A server program.

    Attributes:
        command: From the Python that has it installed, the model and the port.
        guides: Whether it holds answers to a JSON Schema.
        stops: Whether it ends at stop strings itself; where it does not, the engine does, and closes the stream.
        seeds: Whether an answer can be repeated by its seed.
        counts_cached: Whether it tells how much of a prompt it did not read again.
        refuses_long: Whether a prompt beyond the model's context is refused.
    """

    command: Callable[[Path, Path, int], list[str]]
    guides: bool
    stops: bool
    seeds: bool
    refuses_long: bool


KINDS = {
    "llama-cpp-python": Kind(
        lambda python, model, port: [
            *(str(python), "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "edge-tiny"),
            *("--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096", "--n_threads", "2"),
        ],
        guides=True,
        stops=True,
        seeds=True,
        refuses_long=True,
    ),
    "transformers": Kind(
        lambda python, model, port: [
            *(str(python.with_name("transformers")), "serve", str(model), "--device", "cpu"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        guides=False,
        stops=False,
        seeds=False,
        refuses_long=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        url: Where its API begins.
        model: What it calls its model.
        kind: What it can do.
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
    environ = {"PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "HOME": str(log.parent)}
    with log.open("wb") as output, subprocess.Popen(  # noqa: S603 - the operator's own command
        kind.command(python, model, port), stdout=output, stderr=output, env=environ
    ) as process:
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
