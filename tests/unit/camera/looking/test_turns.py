"""Everyone is looked at as often as configured; when time is short, all lack the same share."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.looking.turns import Turn, after_look, after_nothing, choose, next_due
from agent.camera.values import CameraName
from agent.units import Seconds

DOOR, YARD = CameraName("door"), CameraName("yard")


def run(rates: dict[CameraName, float], cost: Seconds, seconds: float) -> dict[CameraName, Turn]:
    """So many seconds of looks that take `cost` each; every camera always has a new frame."""
    now = Seconds(0.0)
    turns = {name: Turn(Seconds(1 / rate), now, now) for name, rate in rates.items()}
    while now < seconds:
        camera = choose(turns, now)
        if camera is None:
            now = Seconds(now + max(1e-6, next_due(turns, now, Seconds(1.0))))
            continue
        turns[camera] = after_look(turns[camera], now)
        now = Seconds(now + cost)
    return turns


def test_nothing_is_due_before_its_time() -> None:
    turns = {DOOR: Turn(Seconds(1.0), Seconds(3.0), Seconds(2.0))}
    assert choose(turns, Seconds(2.9)) is None
    assert next_due(turns, Seconds(2.5), Seconds(9.0)) == 0.5
    assert next_due(turns, Seconds(2.5), Seconds(0.2)) == 0.2
    assert next_due(turns, Seconds(3.5), Seconds(9.0)) == 0.0
    assert choose(turns, Seconds(3.0)) == DOOR


def test_who_has_waited_most_of_its_periods_goes_first() -> None:
    turns = {
        DOOR: Turn(Seconds(1.0), Seconds(0.5), Seconds(0.0)),
        YARD: Turn(Seconds(0.1), Seconds(0.9), Seconds(0.8)),
    }
    assert choose(turns, Seconds(1.0)) == YARD


def test_a_look_that_is_late_by_periods_sheds_them_and_keeps_the_beat() -> None:
    turn = after_look(Turn(Seconds(0.5), Seconds(10.0), Seconds(9.5)), Seconds(11.2))
    assert turn == Turn(Seconds(0.5), Seconds(11.5), Seconds(11.2), looked=1, shed=2)


def test_a_camera_without_a_new_frame_sheds_nothing() -> None:
    turn = after_nothing(Turn(Seconds(0.8), Seconds(10.0), Seconds(9.2)), Seconds(10.4))
    assert (turn.last, turn.looked, turn.shed) == (9.2, 0, 0)
    assert turn.due == pytest.approx(10.5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.5, 30.0), min_size=1, max_size=8), st.floats(0.0005, 0.3))
def test_rates_are_kept_when_there_is_time_and_lack_the_same_share_when_not(rates: list[float], cost: float) -> None:
    wanted = {CameraName(str(number)): rate for number, rate in enumerate(rates)}
    seconds = max(20.0, 100 * cost * len(rates))
    turns = run(wanted, Seconds(cost), seconds)
    load = sum(rates) * cost
    shares = [turns[name].looked / (rate * seconds) for name, rate in wanted.items()]
    if load < 0.7:
        assert min(shares) > 0.8
    assert sum(turn.looked for turn in turns.values()) * cost <= seconds + cost + 1e-6
    for name, rate in wanted.items():
        owed = max(0.0, (seconds - turns[name].due) * rate)
        assert turns[name].looked + turns[name].shed + owed == pytest.approx(rate * seconds, abs=2 + rate * cost)
    if load > 2.0:
        assert max(shares) < 2.5 * min(shares) + 2 / seconds
        assert all(turn.shed for turn in turns.values())
