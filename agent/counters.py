"""What has happened since the agent's start, counted where it happens. Pure: no clock, no I/O.

`Counters` belongs to the event loop. Whoever counts is given it and calls one method; `counts` gives a frozen copy.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agent.errors import ErrorCode
from agent.observed import Dropped
from agent.prompt import Completion, Place, PromptId, Reply
from agent.units import Joules, Seconds

RECENT = 256
"""Percentiles are those of so many requests, the last ones."""

LATEST = 5
"""So many requests are remembered one by one."""

FIRST_TOKEN_BOUNDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
PER_TOKEN_BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
DURATION_BOUNDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Upper bounds of the buckets, in seconds: those that OpenTelemetry's GenAI metrics advise."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a duration is distributed, in seconds.

    Attributes:
        bounds: Upper bounds of the buckets, ascending; one more bucket has no bound.
        buckets: How many fell into each, since the start; one more than `bounds`.
        total: Their sum.
        recent: The last `RECENT` of them, ascending.
    """

    bounds: tuple[float, ...]
    buckets: tuple[int, ...]
    total: float
    recent: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.buckets)

    def percentile(self, share: float) -> float | None:
        """The smallest recent one that `share` of them do not exceed (nearest rank); None without any."""
        if not self.recent:
            return None
        rank = max(1, -(-len(self.recent) * round(share * 1000) // 1000))
        return self.recent[rank - 1]


@dataclass(frozen=True, slots=True)
class RecentRequest:
    """A prompt that was answered.

    Attributes:
        model: The model that answered; None with an error.
        total: From arrival to the end of generation; None with an error.
        tokens_per_s: Speed after the first token; None where there were too few.
        joules: What it has cost; None where that was not measured.
        error: The code of an error reply; None with a completion.
    """

    id: PromptId
    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total: Seconds | None = None
    tokens_per_s: float | None = None
    joules: Joules | None = None
    error: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything counted, at one moment.

    Attributes:
        received: Messages that were prompts, or should have been.
        taken: Those that were new, and queued.
        completed: Prompts that were answered with a completion, cancelled ones included.
        errors: Error replies by code.
        engine_losses: How often the engine's process was lost.
        first_token: From arrival to the first token, where there was one.
        per_token: Mean time between a request's tokens after the first.
        duration: From arrival to the end of generation.
        recent: The last requests that were answered, oldest first.
        observations: What cameras saw and was worth telling: sent as it was, or given to a model.
        dropped: Observations that came to nothing, by why.
    """

    received: int
    taken: int
    completed: int
    errors: Mapping[ErrorCode, int]
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    engine_losses: int
    first_token: Distribution
    per_token: Distribution
    duration: Distribution
    recent: tuple[RecentRequest, ...]
    observations: int
    dropped: Mapping[Dropped, int]


class _Durations:
    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._buckets = [0] * (len(bounds) + 1)
        self._total = 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)

    def add(self, seconds: float) -> None:
        self._buckets[bisect_left(self._bounds, seconds)] += 1
        self._total += seconds
        self._recent.append(seconds)

    def distribution(self) -> Distribution:
        return Distribution(self._bounds, tuple(self._buckets), self._total, tuple(sorted(self._recent)))


class Counters:
    """Counts. Bounded: what it holds does not grow with what it counts."""

    def __init__(self) -> None:
        self._received = 0
        self._taken = 0
        self._completed = 0
        self._errors: Counter[ErrorCode] = Counter()
        self._input_tokens = 0
        self._output_tokens = 0
        self._cached_tokens = 0
        self._engine_losses = 0
        self._observations = 0
        self._dropped: Counter[Dropped] = Counter()
        self._first_token = _Durations(FIRST_TOKEN_BOUNDS)
        self._per_token = _Durations(PER_TOKEN_BOUNDS)
        self._duration = _Durations(DURATION_BOUNDS)
        self._recent_requests: deque[RecentRequest] = deque(maxlen=LATEST)

    def received(self, messages: int, *, taken: int, refused: Sequence[ErrorCode]) -> None:
        """So many messages arrived; so many of them were new prompts, and these were answered with an error."""
        self._received += messages
        self._taken += taken
        self._errors.update(refused)

    def replied(self, reply: Reply) -> None:
        """A prompt has its reply."""
        self._recent_requests.append(_recent(reply))
        if not isinstance(reply, Completion):
            self._errors[reply.code] += 1
            return
        self._completed += 1
        if reply.place is not Place.DEVICE:
            return  # the tokens and times are those of this machine
        self._input_tokens += reply.usage.prompt_tokens
        self._output_tokens += reply.usage.completion_tokens
        self._cached_tokens += reply.usage.cached_tokens
        if reply.usage.completion_tokens:  # else it was cancelled while it waited
            self._duration.add(reply.timing.total)
        if reply.timing.time_to_first_token is not None:
            self._first_token.add(reply.timing.time_to_first_token)
        if reply.timing.decode_tokens_per_s is not None:
            self._per_token.add(1 / reply.timing.decode_tokens_per_s)

    def engine_lost(self) -> None:
        """The engine's process was lost."""
        self._engine_losses += 1

    def observed(self) -> None:
        """A camera's observation is on its way."""
        self._observations += 1

    def dropped(self, why: Dropped, times: int = 1) -> None:
        """So many observations of a camera came to nothing."""
        if times:
            self._dropped[why] += times

    def counts(self) -> Counts:
        """Everything so far."""
        return Counts(
            received=self._received,
            taken=self._taken,
            completed=self._completed,
            errors=MappingProxyType(dict(self._errors)),
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            cached_tokens=self._cached_tokens,
            engine_losses=self._engine_losses,
            first_token=self._first_token.distribution(),
            per_token=self._per_token.distribution(),
            duration=self._duration.distribution(),
            recent=tuple(self._recent_requests),
            observations=self._observations,
            dropped=MappingProxyType(dict(self._dropped)),
        )


def _recent(reply: Reply) -> RecentRequest:
    if not isinstance(reply, Completion):
        return RecentRequest(reply.id, error=reply.code)
    return RecentRequest(
        reply.id,
        reply.model,
        reply.usage.prompt_tokens,
        reply.usage.completion_tokens,
        reply.timing.total,
        reply.timing.decode_tokens_per_s,
        reply.energy.joules,
    )
