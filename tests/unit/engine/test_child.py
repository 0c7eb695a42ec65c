"""The loop of the engine's process: messages, deadlines, steps, what it tells the agent."""

import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent.children.pipe import encode
from agent.engine.child import Loop, load
from agent.engine.pipe import Admit, Cancel, EnginePipe, EngineSpec, Keeps, LoadError, ToEngine, message_of
from agent.engine.protocol import (
    Capabilities,
    Event,
    Finished,
    GenerationRequest,
    Progress,
    Refused,
    Tokens,
    Work,
)
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, Message, PromptId, Role, Sampling, Usage
from agent.units import Seconds


@dataclass
class CountingEngine:
    """Says `0`, `1`, … up to a request's `max_tokens`; a second passes on the clock at each step."""

    now: float = 0.0
    running: dict[PromptId, GenerationRequest] = field(default_factory=dict)
    said: dict[PromptId, int] = field(default_factory=dict)
    ended: dict[PromptId, FinishReason] = field(default_factory=dict)
    stepped: dict[PromptId, Tokens] = field(default_factory=dict)

    def capabilities(self) -> Capabilities:
        return Capabilities("counting", 100, 2, guidance=False)

    def admit(self, request: GenerationRequest) -> None:
        if request.sampling.max_tokens > 100:
            raise RejectedError(ErrorCode.TOO_LARGE, "too many")
        self.running[request.id] = request
        self.said[request.id] = 0

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        self.ended.setdefault(request_id, reason)

    def step(self) -> Sequence[Event]:
        self.now += 1.0
        self.stepped = {request_id: Tokens(decode=1) for request_id in self.running}
        return [self._advance(request) for request in list(self.running.values())]

    def advanced(self) -> Mapping[PromptId, Tokens]:
        return self.stepped

    def kept(self) -> int:
        return 0

    def forget(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        self.running.clear()

    def _advance(self, request: GenerationRequest) -> Event:
        said = self.said[request.id]
        reason = self.ended.get(request.id) or (FinishReason.LENGTH if said == request.sampling.max_tokens else None)
        if reason is None:
            self.said[request.id] += 1
            return Delta(request.id, said, str(said))
        del self.running[request.id]
        return Finished(request.id, reason, f"{said} said", Usage(1, said), None, Seconds(self.now))


class KeepingEngine(CountingEngine):
    """Keeps as many tokens as have been said, until it refuses a request or is told to forget."""

    def kept(self) -> int:
        return 0 if self.running else sum(self.said.values())

    def admit(self, request: GenerationRequest) -> None:
        self.forget()
        super().admit(request)

    def forget(self) -> None:
        self.said.clear()


class SeeingEngine(CountingEngine):
    """Takes images, too."""

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), vision=True)


def request(name: str, tokens: int, *, stream: bool = True, deadline: float | None = None) -> GenerationRequest:
    messages = (Message(Role.USER, "count"),)
    return GenerationRequest(
        PromptId(name), messages, Sampling(tokens), stream, None if deadline is None else Seconds(deadline)
    )


def events(*messages: ToEngine) -> list[object]:
    """What the engine's process answers, without its signs of progress."""
    return [message for message in conversation(*messages) if not isinstance(message, Progress)]


def conversation(*messages: ToEngine, engine: CountingEngine | None = None) -> list[object]:
    """What the engine's process answers to messages that are all there when it looks first."""
    engine = engine or CountingEngine()
    ours, theirs = socket.socketpair()
    agent, heard = EnginePipe(ours), list[object]()
    ours.sendall(b"".join(map(encode, messages)))

    def hear() -> None:
        missing = sum(isinstance(message, Admit) for message in messages)
        while missing:
            heard.append(message_of(agent.receive()))
            missing -= isinstance(heard[-1], Finished | Refused)
        agent.close()

    listener = threading.Thread(target=hear)
    listener.start()
    with closing(EnginePipe(theirs)) as pipe, pytest.raises(EOFError):
        Loop(pipe, engine, now=lambda: Seconds(engine.now)).run()
    listener.join()
    return heard


def test_deltas_then_the_outcome() -> None:
    *deltas, outcome = events(Admit(request("a", 3)))
    assert deltas == [Delta(PromptId("a"), n, str(n)) for n in range(3)]
    assert isinstance(outcome, Finished)
    assert outcome.text == "3 said"


def test_without_streaming_only_progress_and_the_outcome() -> None:
    *before, outcome = conversation(Admit(request("a", 5, stream=False)))
    a_second = (Work(PromptId("a"), Tokens(decode=1), Seconds(1)),)  # the engine takes as long for each step
    assert before == [Progress(Seconds(n), Seconds(n + 1), Seconds(1), Seconds(0), a_second) for n in range(6)]
    assert isinstance(outcome, Finished)


def test_what_ran_is_told_before_the_outcome_that_it_belongs_to() -> None:
    heard = conversation(Admit(request("a", 1)), Admit(request("b", 2)))
    kinds = [type(message) for message in heard if not isinstance(message, Delta)]
    assert kinds == [Progress, Progress, Finished, Progress, Finished]
    told = [message for message in heard if isinstance(message, Progress)]
    assert [work.id for work in told[0].work] == ["a", "b"]
    assert sum(work.tokens.decode for progress in told for work in progress.work if work.id == "a") == 2


def test_two_requests_advance_together() -> None:
    heard = conversation(Admit(request("a", 2)), Admit(request("b", 2)))
    assert [(event.id, type(event)) for event in heard if isinstance(event, Delta | Finished)] == [
        ("a", Delta),
        ("b", Delta),
        ("a", Delta),
        ("b", Delta),
        ("a", Finished),
        ("b", Finished),
    ]


def test_images_are_for_a_model_that_sees() -> None:
    shown = replace(request("shown", tokens=1), messages=(Message(Role.USER, "?", ("data:image/png;base64,",)),))
    (refused,) = conversation(Admit(shown))
    assert refused == Refused(shown.id, ErrorCode.UNSUPPORTED, "counting reads text only, no images")
    assert isinstance(conversation(Admit(shown), engine=SeeingEngine())[-1], Finished)


def test_a_refusal_goes_back_and_others_run_on() -> None:
    heard = events(Admit(request("huge", 101)), Admit(request("a", 1)))
    assert heard[0] == Refused(PromptId("huge"), ErrorCode.TOO_LARGE, "too many")
    assert isinstance(heard[-1], Finished)


def test_what_is_kept_is_told_before_the_outcome_and_only_when_it_changes() -> None:
    heard = conversation(Admit(request("a", 2, stream=False)), engine=KeepingEngine())
    assert [message for message in heard if not isinstance(message, Progress)][:-1] == [Keeps(2)]
    keeping = KeepingEngine(said={PromptId("before"): 3})
    assert not any(isinstance(it, Keeps) for it in conversation(Admit(request("huge", 101)), engine=keeping))
    assert keeping.kept() == 0


def test_cancel_before_the_first_step() -> None:
    _, outcome = conversation(Admit(request("a", 9)), Cancel(PromptId("a")), Cancel(PromptId("unknown")))
    assert isinstance(outcome, Finished)
    assert (outcome.reason, outcome.text) == (FinishReason.CANCELLED, "0 said")


@pytest.mark.parametrize(("deadline", "said"), [(0.0, 0), (-1.0, 0), (4.0, 4)])
def test_a_deadline_ends_a_request_with_what_there_is(deadline: float, said: int) -> None:
    outcome = conversation(Admit(request("a", 9, deadline=deadline)))[-1]
    assert isinstance(outcome, Finished)
    assert (outcome.reason, outcome.text) == (FinishReason.DEADLINE, f"{said} said")


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_a_library_that_cannot_be_used_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    missing = "libcudart.so.13: cannot open shared object file"
    (tmp_path / f"lacking_{error}.py").write_text(f"raise {error}({missing!r})")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LoadError, match=f"onnxruntime-genai cannot be used here: {missing}"):
        load(EngineSpec("m", tmp_path, f"lacking_{error}:load", engine="onnxruntime-genai"))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise ValueError('numpy.dtype size changed')", "ValueError: numpy.dtype size changed"),
        ("def load(spec): raise MemoryError('std::bad_alloc')", "MemoryError: std::bad_alloc"),
        ("", "AttributeError: module 'failing' has no attribute 'load'"),
    ],
)
def test_an_engine_that_fails_like_no_other_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: str, why: str
) -> None:
    (tmp_path / "failing.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LoadError, match=why):
        load(EngineSpec("m", tmp_path, "failing:load", engine="onnxruntime-genai"))
    sys.modules.pop("failing", None)
    assert caplog.messages == ["load_failed"]
    assert caplog.records[0].exc_info
