"""What comes out of TensorRT-LLM, however it comes: the library is a script here."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from agent.prompt import FinishReason
from agent.units import Seconds
from tests.stand_ins.tensorrt_llm_loader import install

install()

from agent.engine import tensorrt_llm_streams  # noqa: E402 - needs the stand-in
from agent.engine.tensorrt_llm_streams import Failed, Heard, Piece, StreamId, Streams  # noqa: E402
from tests.stand_ins.tensorrt_llm import RequestError  # noqa: E402

PATIENCE = Seconds(20.0)


Script = Sequence[str | Exception]


@dataclass
class Answer:
    """As a `CompletionOutput`."""

    text: str = ""
    token_ids: list[int] = field(default_factory=list)
    finish_reason: str | None = None


class Result:
    """Says what its script says: each step's text, how it ends, or an error; `WAIT` lasts for ever."""

    def __init__(self, script: Script) -> None:
        self.outputs = [Answer()]
        self.finished = False
        self.cached_tokens = 3
        self.is_aborted = False
        self._script = script

    def abort(self) -> None:
        self.is_aborted = True

    async def __aiter__(self) -> AsyncIterator["Result"]:
        """One step at a time."""
        answer = self.outputs[0]
        for step in self._script:
            await asyncio.sleep(0)
            if isinstance(step, Exception):
                raise step
            if step == "WAIT":
                await asyncio.Event().wait()
            if step.startswith("END "):
                answer.finish_reason, self.finished = step.removeprefix("END "), True
            else:
                answer.text += step
            answer.token_ids.append(len(answer.token_ids))
            yield self


class Library:
    """Has a script for each request, in order."""

    def __init__(self, *scripts: Script) -> None:
        self.results = [Result(script) for script in scripts]
        self.is_shut_down = False
        self._next = iter(self.results)

    def generate_async(self, _inputs: list[int], _params: object, *, streaming: bool) -> Result:
        assert streaming
        return next(self._next)

    def shutdown(self) -> None:
        self.is_shut_down = True


def hear(library: Library) -> dict[StreamId, list[Heard]]:
    """Everything that is said, of requests that all end."""
    with closing(Streams(library)) as streams:
        missing = {streams.start([1], None) for _ in library.results}
        heard: dict[StreamId, list[Heard]] = {stream: [] for stream in missing}
        while missing:
            for it in streams.take(PATIENCE):
                heard[it.id].append(it)
                if isinstance(it, Failed) or it.reason is not None:
                    missing.remove(it.id)
    assert library.is_shut_down
    return heard


def pieces(heard: list[Heard]) -> Iterator[tuple[str, int, FinishReason | None]]:
    for it in heard:
        assert isinstance(it, Piece)
        yield it.text, it.tokens, it.reason


def test_an_answer_comes_in_pieces() -> None:
    ((heard),) = hear(Library(["a", "", "bc", "END stop"])).values()
    assert list(pieces(heard)) == [("a", 1, None), ("", 2, None), ("bc", 3, None), ("", 4, FinishReason.STOP)]
    times = [it.at for it in heard if isinstance(it, Piece)]
    assert times == sorted(times)


def test_answers_come_side_by_side() -> None:
    first, second = hear(Library(["a"] * 20 + ["END length"], ["b"] * 5 + ["END stop"])).values()
    assert "".join(text for text, _, _ in pieces(first)) == "a" * 20
    assert list(pieces(second))[-1] == ("", 6, FinishReason.STOP)


def test_the_begin_of_a_character_at_the_end_is_left_out() -> None:
    class CutOff(Result):
        async def __aiter__(self) -> AsyncIterator[Result]:
            """The end at once."""
            answer = self.outputs[0]
            answer.text, answer.token_ids, answer.finish_reason, self.finished = "a\ufffd", [1, 2], "length", True
            yield self

    library = Library()
    library.results.append(CutOff([]))
    library._next = iter(library.results)
    ((heard),) = hear(library).values()
    assert list(pieces(heard)) == [("a", 2, FinishReason.LENGTH)]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ([RequestError("no room")], "no room"),
        (["a", RequestError("no room")], "no room"),
        (["a", "END timeout"], "it ended with finish_reason 'timeout'"),
    ],
)
def test_one_that_the_library_gives_up_does_not_end_the_others(script: Script, message: str) -> None:
    lost, other = hear(Library(script, ["a", "END stop"])).values()
    assert isinstance(lost[-1], Failed)
    assert lost[-1].message == message
    assert list(pieces(other))[-1] == ("", 2, FinishReason.STOP)


@pytest.mark.parametrize("error", [RequestError("too long"), ValueError("too long")])
def test_one_that_the_library_refuses_at_once_does_not_end_the_others(error: Exception) -> None:
    class Strict(Library):
        def generate_async(self, inputs: list[int], params: object, *, streaming: bool) -> Result:
            if len(inputs) > 1:
                raise error
            return super().generate_async(inputs, params, streaming=streaming)

    with closing(Streams(Strict(["a", "END stop"]))) as streams:
        refused, other = streams.start([1, 2], None), streams.start([1], None)
        heard: list[Heard] = []
        while len(heard) < 3:
            heard += streams.take(PATIENCE)
        streams.abort(refused)
    assert heard[0] == Failed(refused, "too long")
    assert {it.id for it in heard[1:]} == {other}


def test_a_library_that_is_broken_is_an_error() -> None:
    library = Library([OSError("CUDA error")])
    with closing(Streams(library)) as streams:
        streams.start([1], None)
        with pytest.raises(OSError, match="CUDA error"):
            streams.take(PATIENCE)


def test_a_library_that_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorrt_llm_streams, "SILENT_AT_MOST", 0.05)
    with closing(Streams(Library(["a", "WAIT"]))) as streams:
        streams.start([1], None)
        assert streams.take(PATIENCE)
        with pytest.raises(TimeoutError, match="said nothing"):
            streams.take(Seconds(0.1))


def test_one_that_is_aborted_says_no_more() -> None:
    library = Library(["a", "WAIT"], ["b", "END stop"])
    with closing(Streams(library)) as streams:
        first = streams.start([1], None)
        assert [it.id for it in streams.take(PATIENCE)] == [first]
        streams.abort(first)
        second = streams.start([1], None)
        streams.abort(StreamId(99))
        heard: list[Heard] = []
        while len(heard) < 2:
            heard += streams.take(PATIENCE)
        assert {it.id for it in heard} == {second}
        assert library.results[0].is_aborted
        streams.abort(second)
    assert not library.results[1].is_aborted


def test_nothing_is_waited_for_when_it_is_closed() -> None:
    library = Library(["WAIT"])
    with closing(Streams(library)) as streams:
        streams.start([1], None)
        assert not streams.take(Seconds(0.0))
    assert library.results[0].is_aborted
    assert library.is_shut_down
