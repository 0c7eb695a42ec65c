"""When a capture process is given up, by the numbers of its frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.capture.progress import Progress, advance, has_stalled, was_good
from agent.units import Seconds

STALL = Seconds(5.0)
OPENING = Seconds(15.0)
START = Progress(7, Seconds(100.0))


def test_before_the_first_frame_it_has_time_to_open() -> None:
    assert not has_stalled(advance(START, 7, Seconds(119.9)), Seconds(119.9), STALL, OPENING)
    assert has_stalled(START, Seconds(100.0 + STALL + OPENING), STALL, OPENING)


def test_after_the_first_frame_the_timeout_counts() -> None:
    progress = advance(START, 8, Seconds(101.0))
    assert not has_stalled(progress, Seconds(105.9), STALL, OPENING)
    assert has_stalled(progress, Seconds(106.0), STALL, OPENING)
    assert not has_stalled(advance(progress, 9, Seconds(105.9)), Seconds(106.0), STALL, OPENING)


@pytest.mark.parametrize(("last", "good"), [(101.0, False), (105.9, False), (106.0, True)])
def test_a_process_is_good_once_its_frames_came_for_the_timeout(last: float, *, good: bool) -> None:
    progress = advance(advance(START, 8, Seconds(101.0)), 9, Seconds(last))
    assert was_good(progress, STALL) is good
    assert not was_good(START, STALL)


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans()), max_size=60))
def test_no_stall_goes_unseen_and_none_is_invented(looks: list[tuple[float, bool]]) -> None:
    progress, now, number, risen_at = advance(START, 8, Seconds(100.0)), 100.0, 8, 100.0
    for wait, rises in looks:
        now += wait
        if rises:
            number, risen_at = number + 1, now
        progress = advance(progress, number, Seconds(now))
        assert has_stalled(progress, Seconds(now), STALL, OPENING) is (now - risen_at >= STALL)
