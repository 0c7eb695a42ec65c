"""An engine without a model, that does what its prompts say. Loaded by name in a real engine process."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Tokens
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Seconds

HERE = "tests.integration.engine.scripted"


@dataclass(slots=True)
class _Said:
    request: GenerationRequest
    words: list[str]
    said: str = ""
    index: int = 0
    reason: FinishReason = FinishReason.STOP


class ScriptedEngine:
    """Says the words of the last message, one at a step, for up to two requests at once.

    Some words act instead: `WAIT` lasts until the request is cancelled, `HANG` for ever, `DIE` ends the process by
    SIGKILL, `RAISE` by an unexpected error, `EXIT` silently.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._running: dict[PromptId, _Said] = {}

    def capabilities(self) -> Capabilities:
        return Capabilities(self._model, context_length=1000, max_batch=2, guidance=False)

    def admit(self, request: GenerationRequest) -> None:
        self._running[request.id] = _Said(request, request.messages[-1].content.split())

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        if request_id in self._running:
            self._running[request_id].words.clear()
            self._running[request_id].reason = reason

    def step(self) -> Sequence[Event]:
        if any(said.words == ["WAIT"] for said in self._running.values()):
            time.sleep(0.005)  # as a model takes its time
        return [event for said in list(self._running.values()) for event in self._advance(said)]

    def advanced(self) -> Mapping[PromptId, Tokens]:
        return {request_id: Tokens(decode=1) for request_id in self._running}

    def kept(self) -> int:
        return 0

    def forget(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        self._running.clear()

    def _advance(self, said: _Said) -> Sequence[Event]:
        request_id = said.request.id
        if not said.words:
            del self._running[request_id]
            usage = Usage(1, said.index)
            return [Finished(request_id, said.reason, said.said, usage, None, Seconds(time.monotonic()))]
        if _act(said.words[0]):
            return []
        word = said.words.pop(0)
        said.said += word
        said.index += 1
        return [Delta(request_id, said.index - 1, word)]


def _act(word: str) -> bool:
    match word:
        case "WAIT":
            return True
        case "HANG":
            while True:
                signal.pause()
        case "DIE":
            os.kill(os.getpid(), signal.SIGKILL)
        case "RAISE":
            raise RuntimeError("as the script says")
        case "EXIT":
            os._exit(3)
    return False


def load(spec: EngineSpec) -> ScriptedEngine:
    """Load at once."""
    assert spec.model_dir.is_dir()
    return ScriptedEngine(spec.model)


def load_if_there(spec: EngineSpec) -> ScriptedEngine:
    """Load when the folder has a file `model`."""
    if not (spec.model_dir / "model").exists():
        raise LoadError(f"{spec.model_dir / 'model'} is not there")
    return ScriptedEngine(spec.model)


def load_out_of_memory(spec: EngineSpec) -> ScriptedEngine:
    """Fail as a library does that gets no memory."""
    raise LoadError(f"{spec.model}: cudaMalloc failed: out of memory")


def load_badly(spec: EngineSpec) -> ScriptedEngine:
    """Fail as no engine should, and some library does."""
    raise AttributeError(f"{spec.model} has no attribute 'bool8'")


def load_for_ever(spec: EngineSpec) -> ScriptedEngine:
    """Write the process's id into the folder, and never finish."""
    (spec.model_dir / "loading").write_text(str(os.getpid()), encoding="ascii")
    _act("HANG")
    return ScriptedEngine(spec.model)


def load_as_if_not_told_of_signals(spec: EngineSpec) -> ScriptedEngine:
    """Be as the process is in its first moments: signals still end it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    return load_for_ever(spec)


def load_and_exit(spec: EngineSpec) -> ScriptedEngine:
    """End the process with code 3, as a library may that does not find what it needs."""
    _act("EXIT")
    return load(spec)
