"""When an operator is told that looks are shed."""

from collections.abc import Callable

import pytest

from agent.camera.looking.pipe import Rate
from agent.camera.looking.shedding import Shedding, judge
from agent.units import Seconds

HOUR = 3600


def told(share: Callable[[int], float], seconds: int = HOUR) -> list[int]:
    """At which seconds it is told, at five looks a second and a rate each two seconds.

    Args:
        share: Of the looks that are shed, by the second.
        seconds: For so long.
    """
    known, times = Shedding(Seconds(0.0)), []
    for at in range(2, seconds + 1, 2):
        known, rate = judge(known, Rate(5 * (1 - share(at)), 5 * share(at)), Seconds(at))
        if rate is not None:
            times.append(at)
    return times


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (lambda _: 0.0, []),
        (lambda _: 0.05, []),
        (lambda at: 0.1 if at % 4 else 0.0, [30]),  # one look of ten is missed in every other rate
        (lambda at: 1.0 if at == 100 else 0.0, [120]),  # two whole seconds are
        (lambda at: 0.5 if at == 100 else 0.0, []),  # one is
        (lambda _: 0.06, [30]),  # it does not end
        (lambda at: 0.06 if at <= 30 else 0.03, [30]),  # nor is it at its end
        (lambda at: 0.06 if at % 120 <= 60 else 0.0, [30, 630, 1230, 1830, 2430, 3030]),  # comes and goes
        (lambda at: 0.5 if at <= 60 or at > 300 else 0.0, [30, 630]),  # was back too soon to be told then
        (lambda at: 0.5 if at <= 60 or 300 < at < 400 else 0.0, [30]),  # and gone again
        (lambda at: 0.5 if at <= 60 or at > 1000 else 0.0, [30, 1020]),
    ],
)
def test_it_is_told_when_it_lasts_and_not_too_often(share: Callable[[int], float], expected: list[int]) -> None:
    assert told(share) == expected


def test_what_is_told_is_the_rate_of_the_whole_stretch() -> None:
    known, rates = Shedding(Seconds(0.0)), []
    for at, rate in ((10, Rate(5.0, 0.0)), (20, Rate(4.0, 1.0)), (30, Rate(3.0, 2.0))):
        known, said = judge(known, rate, Seconds(at))
        rates.append(said)
    assert rates == [None, None, Rate(4.0, 1.0)]


def test_a_camera_that_is_looked_at_once_a_minute_is_judged_by_its_looks() -> None:
    known = Shedding(Seconds(0.0))
    for at in range(2, 60, 2):
        known, said = judge(known, Rate(0.0, 0.0), Seconds(at))
        assert said is None
    _, said = judge(known, Rate(0.5, 0.5), Seconds(60))
    assert said is not None
