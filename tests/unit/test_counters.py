"""What is counted, and how durations are summed up."""

import pytest

from agent.counters import FIRST_TOKEN_BOUNDS, LATEST, RECENT, Counters, Distribution
from agent.errors import ErrorCode
from agent.prompt import Failure, PromptId
from tests.snapshots import completion, served


def test_completions_and_errors() -> None:
    counters = served([0.1, 0.2])
    counters.received(2, taken=0, refused=[ErrorCode.QUEUE_FULL, ErrorCode.QUEUE_FULL])
    counters.engine_lost()
    counts = counters.counts()
    assert (counts.received, counts.taken, counts.completed) == (5, 2, 2)
    assert counts.errors == {ErrorCode.TOO_LARGE: 1, ErrorCode.QUEUE_FULL: 2}
    assert (counts.input_tokens, counts.output_tokens, counts.cached_tokens) == (60, 20, 40)
    assert counts.engine_losses == 1


def test_counts_do_not_change_afterwards() -> None:
    counters = served()
    before = counters.counts()
    counters.replied(completion())
    counters.replied(Failure(PromptId("c"), ErrorCode.TOO_LARGE, ""))
    assert (before.completed, before.errors[ErrorCode.TOO_LARGE], before.first_token.count) == (3, 1, 3)


def test_a_request_without_tokens_has_no_times() -> None:
    counters = Counters()
    counters.replied(completion(None, None, output=0))
    counts = counters.counts()
    assert counts.completed == 1
    assert counts.first_token.count == counts.per_token.count == counts.duration.count == 0
    assert counts.first_token.percentile(0.5) is None


def test_time_per_token_is_the_inverse_of_the_speed() -> None:
    counters = Counters()
    counters.replied(completion(speed=40.0))
    assert counters.counts().per_token.recent == (0.025,)


@pytest.mark.parametrize(
    ("count", "p50", "p95", "p99"),
    [(1, 1, 1, 1), (2, 1, 2, 2), (10, 5, 10, 10), (100, 50, 95, 99), (200, 100, 190, 198)],
)
def test_percentiles_are_nearest_rank(count: int, p50: float, p95: float, p99: float) -> None:
    distribution = Distribution((), (count,), 0.0, tuple(float(value) for value in range(1, count + 1)))
    assert [distribution.percentile(share) for share in (0.5, 0.95, 0.99)] == [p50, p95, p99]


def test_a_bucket_contains_its_bound() -> None:
    counters = served([FIRST_TOKEN_BOUNDS[0], 0.0011, 10.0, 11.0])
    distribution = counters.counts().first_token
    assert distribution.buckets[:2] == (1, 1)
    assert distribution.buckets[-2:] == (1, 1)
    assert distribution.total == pytest.approx(21.0021)


def test_the_last_requests_one_by_one() -> None:
    recent = served([0.1] * 9).counts().recent
    assert len(recent) == LATEST
    assert [request.error for request in recent] == [None] * 4 + [ErrorCode.TOO_LARGE]
    assert (recent[0].model, recent[0].completion_tokens, recent[0].joules) == ("edge-tiny", 10, 5.5)


def test_what_is_held_does_not_grow() -> None:
    counters = served([float(number) for number in range(RECENT * 3)])
    distribution = counters.counts().first_token
    assert distribution.count == RECENT * 3
    assert len(distribution.recent) == RECENT
    assert distribution.recent[0] == RECENT * 2
