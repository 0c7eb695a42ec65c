"""What the figures say of runs that are made up."""

import pytest

from tests.plant.measures import filling_s, highest_w, settling_s
from tests.plant.world import BIN_S

WATTS = 10.0


def power(*spans: tuple[float, float]) -> list[float]:
    """Shares of the budget, each for so many seconds."""
    return [share * WATTS for share, seconds in spans for _ in range(round(seconds / BIN_S))]


@pytest.mark.parametrize(
    ("old", "then", "takes"),
    [
        (0.92, ((0.92, 15),), 15.0),  # what else was drawn has gone, and nobody does anything
        (0.8, ((0.9, 15),), 15.0),  # half of the room
        (0.8, ((0.99, 15),), 0.0),
        (0.8, ((0.8, 3), (1.0, 12)), 2.6),
        (0.2, ((0.2, 6), (1.0, 9)), 5.6),
    ],
)
def test_room_is_filled_when_nine_tenths_of_what_is_new_are_used(
    old: float, then: tuple[tuple[float, float], ...], takes: float
) -> None:
    bins = power((old, 40), *then)
    assert filling_s(bins, 40.0, 55.0, old * WATTS, WATTS) == pytest.approx(takes, abs=BIN_S)


def test_what_four_seconds_make_up_for_is_told_by_the_highest_second() -> None:
    bins = power((1.0, 25), (3.0, 0.35), (0.86, 14.65))
    assert settling_s(bins, 25.0, 40.0, WATTS) == 0.0
    assert highest_w(bins, 25.0, 40.0) == pytest.approx((3.0 * 0.35 + 0.86 * 0.65) * WATTS)


def test_what_is_above_for_longer_has_not_settled() -> None:
    bins = power((1.0, 25), (1.2, 8), (0.9, 7))
    assert settling_s(bins, 25.0, 40.0, WATTS) == pytest.approx(6.0, abs=BIN_S)
