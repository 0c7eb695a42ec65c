"""How long the link waits before it tries again."""

from agent.link.backoff import backoff
from agent.link.problem import Problem


def test_the_limit_doubles_up_to_half_a_minute() -> None:
    assert [backoff(Problem.UNREACHABLE, failures, lambda: 1.0) for failures in range(8)] == [
        1.0,
        2.0,
        4.0,
        8.0,
        16.0,
        30.0,
        30.0,
        30.0,
    ]


def test_any_time_up_to_the_limit() -> None:
    assert backoff(Problem.UNREACHABLE, 3, lambda: 0.0) == 0.0
    assert backoff(Problem.UNREACHABLE, 3, lambda: 0.25) == 2.0


def test_after_years_offline() -> None:
    assert backoff(Problem.UNREACHABLE, 10**9, lambda: 1.0) == 30.0


def test_two_devices_with_one_id_leave_each_other_a_minute() -> None:
    assert backoff(Problem.SESSION_TAKEN_OVER, 0, lambda: 0.0) == 60.0
    assert backoff(Problem.SESSION_TAKEN_OVER, 0, lambda: 1.0) == 120.0
