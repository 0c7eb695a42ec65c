"""Answers on their way out of TensorRT-LLM.

The library generates by itself, in threads of its own, and tells an event loop. That loop must run all the while: news
for one that stands still is an error in the library's thread (`AsyncQueue` in `tensorrt_llm/llmapi/utils.py`). So it
has a thread here, and what it hears is queued for the one thread that calls the engine.
"""

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NewType

from tensorrt_llm.llmapi import RequestError

from agent.clock import boottime
from agent.prompt import FinishReason
from agent.units import Seconds

StreamId = NewType("StreamId", int)

SILENT_AT_MOST = Seconds(60.0)
"""A library that says nothing for so long hangs: to read the longest prompt takes seconds."""
_REASONS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
_CUT_OFF = "\ufffd"
"""At the very end, the library makes this of the bytes of a character that was not completed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What has been generated since the last piece.

    Attributes:
        id: The stream.
        text: Whole characters; may be empty.
        tokens: Generated since the begin.
        cached: Of the prompt's tokens, those that were in the KV cache already.
        reason: Why it ends with this piece; None: it goes on.
        at: When, on the boot clock.
    """

    id: StreamId
    text: str
    tokens: int
    cached: int
    reason: FinishReason | None
    at: Seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a stream that the library refused or gave up, with its words; others go on."""

    id: StreamId
    message: str


Heard = Piece | Failed


class Streams:
    """The requests that the library runs. Used by one thread.

    Args:
        llm: The loaded `tensorrt_llm.LLM`. Owned: shut down with this.
    """

    def __init__(self, llm: Any) -> None:  # noqa: ANN401 - the library has no types here
        self._llm = llm
        self._ids = itertools.count()
        self._heard: queue.SimpleQueue[Heard | BaseException] = queue.SimpleQueue()
        self._results: dict[StreamId, tuple[Any, asyncio.Task[None]]] = {}
        """Of what runs; the loop's."""
        self._heard_at = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tensorrt-llm", daemon=True)
        self._thread.start()

    def start(self, prompt: Sequence[int], sampling: Any) -> StreamId:  # noqa: ANN401 - a `SamplingParams`
        """Hand a request to the library, which runs it as soon as it has room in its batch."""
        stream = StreamId(next(self._ids))
        asyncio.run_coroutine_threadsafe(self._start(stream, prompt, sampling), self._loop).result()
        self._heard_at = time.monotonic()
        return stream

    def abort(self, stream: StreamId) -> None:
        """End a request: nothing more of it is of interest. One that has ended is ignored."""
        self._loop.call_soon_threadsafe(self._abort, stream)

    def take(self, wait: Seconds) -> list[Heard]:
        """What has been heard, of requests that were aborted too; waits so long for the first of it.

        Raises:
            TimeoutError: The library hangs.
            BaseException: It is broken; its own error.
        """
        taken: list[Heard] = []
        try:
            taken.append(_well(self._heard.get(timeout=wait) if wait > 0 else self._heard.get_nowait()))
            while True:
                taken.append(_well(self._heard.get_nowait()))
        except queue.Empty:
            now = time.monotonic()
            if taken:
                self._heard_at = now
            elif now - self._heard_at > SILENT_AT_MOST:
                raise TimeoutError(f"TensorRT-LLM has said nothing for {now - self._heard_at:.0f} s") from None
            return taken

    def close(self) -> None:
        """End what runs and give the model's memory back."""
        asyncio.run_coroutine_threadsafe(self._abort_all(), self._loop).result()
        self._llm.shutdown()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        del self._llm

    async def _start(self, stream: StreamId, prompt: Sequence[int], sampling: Any) -> None:  # noqa: ANN401
        try:
            result = self._llm.generate_async(list(prompt), sampling, streaming=True)
        except (RequestError, ValueError) as error:  # of this request; others go on
            self._heard.put(Failed(stream, str(error)))
            return
        reading = self._loop.create_task(self._read(stream, result))
        self._results[stream] = result, reading
        reading.add_done_callback(lambda done: self._ended(stream, done))

    async def _read(self, stream: StreamId, result: Any) -> None:  # noqa: ANN401 - a `RequestOutput`
        said = 0
        try:
            async for output in result:
                answer = output.outputs[0]
                reason = _REASONS.get(answer.finish_reason) if output.finished else None
                if output.finished and reason is None:
                    self._heard.put(Failed(stream, f"it ended with finish_reason {answer.finish_reason!r}"))
                    return
                text = answer.text[said:]
                said = len(answer.text)
                if reason is not None:
                    text = text.rstrip(_CUT_OFF)
                tokens, cached = len(answer.token_ids), output.cached_tokens
                self._heard.put(Piece(stream, text, tokens, cached, reason, boottime()))
        except RequestError as error:
            self._heard.put(Failed(stream, str(error)))

    def _ended(self, stream: StreamId, reading: asyncio.Task[None]) -> None:
        del self._results[stream]
        error = None if reading.cancelled() else reading.exception()
        if error is not None:
            self._heard.put(error)

    def _abort(self, stream: StreamId) -> None:
        if stream in self._results:
            result, reading = self._results[stream]
            reading.cancel()
            result.abort()

    async def _abort_all(self) -> None:
        readings = [reading for _, reading in self._results.values()]
        for stream in self._results:
            self._abort(stream)
        await asyncio.gather(*readings, return_exceptions=True)


def _well(heard: Heard | BaseException) -> Heard:
    if isinstance(heard, BaseException):
        raise heard
    return heard
