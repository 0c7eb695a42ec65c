"""For how long a camera is left out whose frames end the looking process."""

import pytest

from agent.camera.looking.blame import Blame, one_more
from agent.units import Seconds

HOURS, MINUTES = 3600, 60


@pytest.mark.parametrize(
    ("deaths", "out_for", "is_news"),
    [
        ([0], 0, False),
        ([0, 5], 10 * MINUTES, True),
        ([0, 5 * HOURS], 10 * MINUTES, True),
        ([0, 7 * HOURS], 0, False),  # the first is forgotten
        ([0, 5, 700], 20 * MINUTES, False),
        ([0, 5, 700, 2000], 40 * MINUTES, False),
        ([0, 5, 700, 2000, 5000, 10000, 20000], 4 * HOURS, False),
        ([*range(100)], 4 * HOURS, False),
        ([0, 5, 700, 700 + 7 * HOURS], 0, False),  # it was good for hours
        ([0, 5, 700, 700 + 7 * HOURS, 701 + 7 * HOURS], 10 * MINUTES, True),
    ],
)
def test_after_two_deaths_it_is_left_out_for_a_while_that_doubles(
    deaths: list[float],
    out_for: float,
    is_news: bool,  # noqa: FBT001 - a column
) -> None:
    blame: Blame | None = None
    for at in deaths:
        blame = one_more(blame, Seconds(at))
    assert blame is not None
    assert (blame.out_for, blame.until, blame.is_news) == (out_for, deaths[-1] + out_for, is_news)
