"""A model on an OpenAI-compatible server. To the worker it is an engine: requests in, deltas and one outcome out.

Network only, so it lives in the agent's own process: the engine's process is for what can take the agent with it.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agent.clock import Clock
from agent.engine.openai_attempt import Attempt
from agent.engine.openai_connection import OpenAIConnection
from agent.engine.openai_format import Chunk, encode_request
from agent.engine.protocol import GenerationRequest, Outcome, Refused
from agent.engine.retries import MOST_TRIES, pause
from agent.errors import ErrorCode, RejectedError, UpstreamAwayError, UpstreamFailedError
from agent.prompt import Delta, FinishReason, Place, PromptId
from agent.units import Seconds

_RETRY_AFTER = Seconds(30.0)
"""What a sender is told when the server itself does not say when it will be back."""

_FOR_USAGE = Seconds(2.0)
"""What comes after the whole answer, the count of its tokens and the end of the stream, is not waited for longer."""

_random = random.SystemRandom()
_log = logging.getLogger(__name__)


class WhenAway(Enum):
    """What becomes of a prompt while the server is away."""

    LOCAL = "local"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """What is asked for, and how.

    Attributes:
        model: The name that prompts use.
        name_there: What the server calls it.
        max_batch: Requests at once.
        when_away: What becomes of a prompt while the server is away.
        timeout: A server that says nothing for so long amid a request is away.
        vision: Whether images may be sent to it.
    """

    model: str
    name_there: str
    max_batch: int
    when_away: WhenAway
    timeout: Seconds
    vision: bool = False


class OpenAIEngine:
    """Has a server answer requests.

    Args:
        model: What it asks for.
        connection: To the server; the caller closes it.
        clock: The time.
        jitter: A random number from 0 to 1.
    """

    place: Final = Place.UPSTREAM

    def __init__(
        self,
        model: UpstreamModel,
        connection: OpenAIConnection,
        *,
        clock: Clock,
        jitter: Callable[[], float] = _random.random,
    ) -> None:
        self._model = model
        self._connection = connection
        self._clock = clock
        self._jitter = jitter
        self._running: dict[PromptId, _Limit] = {}

    @property
    def model(self) -> str:
        """The name that prompts use."""
        return self._model.model

    @property
    def capabilities(self) -> UpstreamModel:
        """Always there: whether the server is, is found out with each request."""
        return self._model

    def cancel(self, request_id: PromptId) -> None:
        """End a request: its outcome comes with `FinishReason.CANCELLED`. An unknown id is ignored."""
        if request_id in self._running:
            self._running[request_id].cancel()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        """Run a request; its deltas in order, then its one outcome.

        A try that fails amid the answer is made anew from its begin, and so are its deltas.

        Raises:
            UpstreamAwayError: The server is away, and the device's own model is to answer.
        """
        limit = self._running[request.id] = _Limit(self._until(request.deadline))
        attempt = Attempt(self._clock, request, self.model)
        try:
            async with aclosing(self._attempts(request, attempt)) as events:
                while (event := await limit.next_of(events)) is not None:
                    yield event
                    if not isinstance(event, Delta):
                        return
            for last in attempt.end(limit.reason):
                yield last
        finally:
            del self._running[request.id]

    async def _attempts(self, request: GenerationRequest, attempt: Attempt) -> AsyncGenerator[Delta | Refused, None]:
        """Try until the answer is whole, or there will be none."""
        is_local = self._model.when_away is WhenAway.LOCAL
        deadline = self._until(request.deadline)
        # Where the device itself can answer in time, half of the time is left to it.
        last_call = deadline if deadline is None or not is_local else (_now() + deadline) / 2
        failures = failures_there = 0
        while True:
            attempt.begin()
            try:
                async with aclosing(self._attempt(request, attempt, last_call)) as events:
                    async for event in events:
                        yield event
            except RejectedError as refusal:
                yield Refused(request.id, refusal.code, refusal.message)
            except UpstreamAwayError as away:
                failures += 1
                failures_there += isinstance(away, UpstreamFailedError)
                attempt.away = str(away)
                _log.warning("upstream_away", extra={"model": self.model, "reason": str(away), "tries": failures})
                wait = pause(
                    failures,
                    retry_after=away.retry_after_s,
                    time_left=None if last_call is None else Seconds(last_call - _now()),
                    waits=self._model.when_away is WhenAway.WAIT and failures_there < MOST_TRIES,
                    jitter=self._jitter,
                )
                if wait is not None:
                    await asyncio.sleep(wait)
                    continue
                if is_local and not any(message.images for message in request.messages):
                    raise
                why = f"the server of {self.model} is away: {away}"
                if is_local:
                    why += ". The device's own model is not asked instead, as the prompt has images (when_away: local)"
                yield Refused(request.id, ErrorCode.ENGINE_FAILED, why, away.retry_after_s or _RETRY_AFTER)
            return

    async def _attempt(
        self, request: GenerationRequest, attempt: Attempt, last_call: float | None
    ) -> AsyncGenerator[Delta, None]:
        """Ask once."""
        body = encode_request(request, self._model.name_there)
        whole_until: float | None = None
        async with aclosing(self._connection.ask(body)) as chunks:
            while not attempt.answer.stopped:
                if whole_until is None and attempt.ended is not None:
                    whole_until = _now() + min(_FOR_USAGE, self._model.timeout)
                until = _now() + self._model.timeout if whole_until is None else whole_until
                if last_call is not None and attempt.first_token_at is None:
                    until = min(until, last_call)
                try:
                    chunk = await _next(chunks, until)
                except UpstreamAwayError:
                    if attempt.ended is None:
                        raise
                    break  # the answer is whole
                if chunk is None:
                    break
                if (delta := attempt.push(chunk)) is not None:
                    yield delta
        if attempt.ended is None:
            raise UpstreamFailedError("it broke off amid the answer")

    def _until(self, deadline: Seconds | None) -> float | None:
        """A deadline on the loop's clock."""
        return None if deadline is None else _now() + (deadline - self._clock.now())


async def _next(chunks: AsyncGenerator[Chunk, None], until: float) -> Chunk | None:
    """What the server says next, until then on the loop's clock; None: that was all.

    Raises:
        UpstreamAwayError: Nothing comes, or nothing of use.
    """
    try:
        async with asyncio.timeout_at(until):
            return await anext(chunks, None)
    except TimeoutError:
        raise UpstreamAwayError("it said nothing for too long") from None


class _Limit:
    """When a request ends at the latest: its deadline, or as soon as it is cancelled."""

    def __init__(self, until: float | None) -> None:
        self._until = until
        self._timeout: asyncio.Timeout | None = None
        self.reason = FinishReason.DEADLINE

    async def next_of(self, events: AsyncGenerator[Delta | Refused, None]) -> Delta | Refused | None:
        """The next of these; None: that was all, or the request ends before it."""
        try:
            async with asyncio.timeout_at(self._until) as self._timeout:
                return await anext(events, None)
        except TimeoutError:
            return None
        finally:
            self._timeout = None

    def cancel(self) -> None:
        """End it now."""
        self.reason, self._until = FinishReason.CANCELLED, _now()
        if self._timeout is not None and not self._timeout.expired():  # what ends already cannot be told to end
            self._timeout.reschedule(self._until)


def _now() -> float:
    return asyncio.get_running_loop().time()
