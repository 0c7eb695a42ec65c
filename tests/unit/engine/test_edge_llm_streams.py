"""The threads between the library's iterators and the engine's steps."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from agent.engine import edge_llm_streams
from agent.engine.edge_llm_answer import Output
from agent.engine.edge_llm_streams import Stream, Streams
from agent.units import Seconds
from tests.unit.engine.test_edge_llm_answer import Output as Text

LONG = Seconds(20.0)


class Deltas:
    """Gives its texts when it is let go, and misses the first close, as the library may."""

    def __init__(self, *texts: str, held: bool = False) -> None:
        self._texts = texts
        self.go = threading.Event()
        self.closes = 0
        if not held:
            self.go.set()

    def __iter__(self) -> Iterator[Output]:
        """Waits before each text."""
        for text in self._texts:
            self.go.wait()
            if self.closes > 1:
                return
            yield Text(text)

    def close(self) -> None:
        """The second counts."""
        self.closes += 1


def texts(streams: Streams, stream: Stream) -> list[str]:
    """All of it, to its end."""
    found: list[str] = []
    while True:
        while stream.pending:
            output = stream.pending.popleft().output
            if output is None:
                return found
            found.append(output.text)
        streams.gather(LONG)


def test_outputs_come_in_order_then_the_end_with_what_was_cached() -> None:
    counts = iter([100, 356])
    with closing(Streams(1, lambda: next(counts))) as streams:
        streams.begin(stream := Stream(Deltas("a", "b", "c")))
        assert texts(streams, stream) == ["a", "b", "c"]
        assert stream.reading is not None
        assert stream.reading.result() == 256


def test_each_stream_gets_its_own() -> None:
    with closing(Streams(2, lambda: 0)) as streams:
        both = [Stream(Deltas("a", "b")), Stream(Deltas("1", "2"))]
        for stream in both:
            streams.begin(stream)
        streams.wind_down()
        assert [texts(streams, stream) for stream in both] == [["a", "b"], ["1", "2"]]


def test_a_close_that_the_library_missed_is_repeated() -> None:
    with closing(Streams(1, lambda: 0)) as streams:
        deltas = Deltas("a", "b", "c", held=True)
        streams.begin(stream := Stream(deltas))
        stream.close()
        deltas.go.set()
        assert texts(streams, stream) == ["a"]


def test_a_step_does_not_wait_long_for_a_runtime_that_is_slow() -> None:
    with closing(Streams(1, lambda: 0)) as streams:
        deltas = Deltas("a", held=True)
        streams.begin(stream := Stream(deltas))
        streams.gather(Seconds(0.0))
        streams.gather(Seconds(0.001))
        assert not stream.pending
        deltas.go.set()
        assert texts(streams, stream) == ["a"]


def test_a_step_waits_for_a_runtime_that_is_silent_so_that_the_host_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_llm_streams, "SILENCE", Seconds(-1.0))
    with closing(Streams(1, lambda: 0)) as streams:
        deltas = Deltas("a", held=True)
        streams.begin(stream := Stream(deltas))
        later = threading.Timer(0.05, deltas.go.set)
        later.start()
        streams.gather(Seconds(0.001))
        assert stream.pending
        later.join()
