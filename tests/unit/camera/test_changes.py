"""When a scene has become another one."""

import math
import random
from dataclasses import replace

import pytest

from agent.camera.changes import Change, compare
from agent.camera.values import Look
from tests.unit.camera.looks import BEGIN, Seen, look, looks, still


def times(seen: Seen, *, a_second: float = 5.0, moving: tuple[float, float] = (0, 0)) -> list[float]:
    """When there was a change, in seconds after the begin."""
    change, found = Change(), []
    for each in looks(seen, 120, a_second=a_second):
        after = each.at - BEGIN
        before, change = change, compare(change, each, is_moving=moving[0] <= after < moving[1])
        if change.times != before.times:
            found.append(after)
    return found


def stepping(*steps: tuple[float, float], brightness: float = 0.0, dark_at: float = 120, noise: float = 0.0005) -> Seen:
    """`changed` rises by so much at such a time, and the reference follows."""

    def seen(after: float, chance: random.Random) -> Look:
        risen = sum(step * math.exp(-(after - at) / 120) for at, step in steps if after >= at)
        light = brightness if steps[0][0] <= after < dark_at else 0.0
        return replace(look(), changed=max(1e-6, 0.02 + risen + chance.gauss(0, noise)), brightness=119 + light)

    return seen


@pytest.mark.parametrize("rate", [1.0, 5.0])
@pytest.mark.parametrize("step", [0.02, 0.06, 0.4])
def test_once_for_each_change_that_has_come_to_rest(step: float, rate: float) -> None:
    [at] = times(stepping((30, step)), a_second=rate)
    assert 33 < at < 40


def test_there_and_back_are_two() -> None:
    assert len(times(stepping((30, 0.05), (60, -0.05)))) == 2


def test_not_while_something_moves() -> None:
    [at] = times(stepping((30, 0.05)), moving=(30, 50))
    assert 53 < at < 54


@pytest.mark.parametrize(
    "seen",
    [
        still,
        stepping((30, 0.0), noise=0.003),
        stepping((30, 0.008)),
        stepping((30, 0.2), brightness=40.0),
        stepping((30, 0.05), (45, -0.05), brightness=15.0, dark_at=45),
        stepping((30, 0.1), (32, -0.1)),
        lambda after, _: replace(look(), changed=0.001 + after / 1500),
        lambda after, _: replace(look(), changed=0.05 + 0.04 * math.sin(after)),
    ],
)
def test_these_are_none(seen: Seen) -> None:
    assert times(seen) == []


def test_another_picture_in_another_light_is_one() -> None:
    assert len(times(stepping((30, 0.5), brightness=40.0))) == 1


def test_light_alone_makes_another_picture_out_of_a_dark_one() -> None:
    assert times(stepping((30, 0.8), brightness=-100.0)) == []


def test_a_comparison_that_begins_anew_is_none() -> None:
    def renewed(after: float, _chance: random.Random) -> Look:
        return replace(look(), changed=0.3 if after < 30 else 0.0 if after < 30.2 else 0.004)

    assert times(renewed) == []


def test_a_dazzled_picture_is_compared_with_nothing() -> None:
    def dazzled(after: float, chance: random.Random) -> Look:
        at = still(after, chance)
        return replace(at, brightness=245.0, changed=0.4) if 30 <= after < 50 else at

    assert times(dazzled) == []
