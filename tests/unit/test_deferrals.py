"""When what was put off is tried again."""

import pytest

from agent.deferrals import Deferrals, Why
from agent.units import Seconds


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> Seconds:
        return Seconds(self.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def deferrals(time: Time) -> Deferrals:
    return Deferrals(time)


def test_the_pause_doubles_up_to_an_hour(deferrals: Deferrals, time: Time) -> None:
    pauses: list[float] = []
    for times in range(1, 10):
        assert deferrals.put_off(7, Why.HANGS_UP) == times
        pause = deferrals.next_due_in()
        assert pause is not None
        pauses.append(pause)
        time.now += pause
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_it_waits_until_it_is_due_and_is_known_until_it_is_settled(deferrals: Deferrals, time: Time) -> None:
    deferrals.put_off(7, Why.HANGS_UP)
    time.now += 59.5
    deferrals.put_off(8, Why.BUSY)
    assert deferrals.waiting() == {7, 8}
    time.now += 0.5
    assert deferrals.waiting() == {8}
    assert deferrals.why(7) is Why.HANGS_UP
    assert deferrals.next_due_in() == Seconds(0)
    deferrals.forget(7)
    assert deferrals.why(7) is None
    assert deferrals.next_due_in() == Seconds(0.5)


def test_without_any_nothing_is_due(deferrals: Deferrals) -> None:
    assert deferrals.next_due_in() is None


def test_another_reason_begins_anew(deferrals: Deferrals) -> None:
    assert deferrals.put_off(7, Why.BUSY) == 1
    assert deferrals.put_off(7, Why.HANGS_UP) == 1
    assert deferrals.put_off(7, Why.HANGS_UP) == 2
    assert deferrals.next_due_in() == Seconds(120)


def test_what_was_settled_begins_anew(deferrals: Deferrals) -> None:
    deferrals.put_off(7, Why.BUSY)
    deferrals.forget(7)
    deferrals.forget(8)
    assert deferrals.put_off(7, Why.BUSY) == 1


def test_weeks_of_putting_off_are_counted_and_the_pause_stays(deferrals: Deferrals) -> None:
    times = [deferrals.put_off(7, Why.HANGS_UP) for _ in range(2000)]
    assert times[-1] == 2000
    assert deferrals.next_due_in() == Seconds(3600)
