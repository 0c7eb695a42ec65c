"""What counts as idle."""

import pytest

from agent.budget.floor import IdleFloor
from agent.units import Milliwatts, Seconds


def saw(floor: IdleFloor, watts: float, seconds: float, *, idle: bool) -> None:
    for _ in range(round(seconds * 5)):
        floor.saw(Milliwatts(watts * 1000), Seconds(0.2), idle=idle)


def test_nothing_measured_nothing_known() -> None:
    assert IdleFloor().value is None


def test_until_it_was_idle_the_lowest_stands_in() -> None:
    floor = IdleFloor()
    saw(floor, 9.0, 1, idle=False)
    saw(floor, 6.0, 1, idle=False)
    saw(floor, 15.0, 1, idle=False)
    assert floor.value == 6000.0
    saw(floor, 7.0, 0.2, idle=True)
    assert floor.value == 7000.0


def test_work_does_not_raise_it() -> None:
    floor = IdleFloor()
    saw(floor, 5.0, 10, idle=True)
    saw(floor, 25.0, 600, idle=False)
    assert floor.value == 5000.0


def test_it_is_the_mean_of_noise_and_follows_a_change() -> None:
    floor = IdleFloor()
    for number in range(300):
        saw(floor, 5.0 if number % 2 else 6.0, 0.2, idle=True)
    assert floor.value == pytest.approx(5500, rel=0.01)
    saw(floor, 9.0, 120, idle=True)
    assert floor.value == pytest.approx(9000, rel=0.02)
