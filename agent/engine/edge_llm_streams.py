"""The threads that read what TensorRT Edge-LLM generates: its iterators block, and several run at once.

The library generates on threads of its own, into queues without a bound; what waits here is bounded by what was asked
of it, and holds nothing back.
"""

import concurrent.futures
import queue
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from agent.clock import boottime
from agent.engine.edge_llm_answer import Output
from agent.units import Seconds

SILENCE = Seconds(30.0)
"""Without any output for so long, a step waits without end: so the host sees a runtime that hangs."""


class Deltas(Protocol):
    """The library's iterator. `close` may be called while another thread waits in it, and ends that wait."""

    def __iter__(self) -> Iterator[Output]:
        """Generation begins when it is first asked for an output."""
        ...

    def close(self) -> None:
        """End the generation."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """An output, or None: there is no more; when it came."""

    output: Output | None
    at: Seconds


@dataclass(slots=True)
class Stream:
    """One request's.

    Attributes:
        reading: Of the thread; its result: tokens of the prompt that were cached. None before it begins.
        pending: What has come and was not yet taken.
    """

    deltas: Deltas
    reading: concurrent.futures.Future[int] | None = None
    pending: deque[Taken] = field(default_factory=deque)
    closed: bool = False

    def close(self) -> None:
        """End it: before its next token, the runtime stops."""
        self.closed = True
        self.deltas.close()


class Streams:
    """The streams of one model.

    Args:
        most: At once.
        reused: Tokens of prompts that were ever found in the runtime's cache.
    """

    def __init__(self, most: int, reused: Callable[[], int]) -> None:
        self._reused = reused
        self._came: queue.SimpleQueue[tuple[Stream, Taken]] = queue.SimpleQueue()
        self._threads = concurrent.futures.ThreadPoolExecutor(most, "edge-llm")
        self._readings: set[concurrent.futures.Future[int]] = set()
        self._heard_at = boottime()

    def begin(self, stream: Stream) -> None:
        """Have a stream read."""
        self._heard_at = boottime()
        stream.reading = reading = self._threads.submit(self._read, stream)
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)
        reading.add_done_callback(lambda _: self._came.put((stream, Taken(None, boottime()))))

    def gather(self, patience: Seconds) -> None:
        """Sort what has come to its streams; waits so long for something."""
        waits = patience > 0
        try:
            stream, taken = self._came.get(block=waits, timeout=self._within(patience))
            self._heard_at = boottime()
            while True:
                stream.pending.append(taken)
                stream, taken = self._came.get_nowait()
        except queue.Empty:
            return

    def _within(self, patience: Seconds) -> Seconds | None:
        return None if boottime() - self._heard_at > SILENCE else patience

    def wind_down(self) -> None:
        """Wait until nothing generates."""
        concurrent.futures.wait(self._readings)

    def close(self) -> None:
        """End the threads; their streams are closed already."""
        self._threads.shutdown()

    def _read(self, stream: Stream) -> int:
        before = self._reused()
        for output in stream.deltas:
            self._came.put((stream, Taken(output, boottime())))
            if stream.closed:  # a close can come too early for the library to see it
                stream.deltas.close()
        return self._reused() - before
