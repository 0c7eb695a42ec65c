"""How many requests at once are taken to pay: tables, and measurements that are played."""

import random
from collections.abc import Callable

import pytest

from agent.engine.batching import BatchSearch, Rate, Trial, decide, find_rates, worth_it
from agent.units import Seconds


def rates(*tokens_per_s: float) -> tuple[Rate, ...]:
    """At 1, 2, 4, 8 … at once."""
    return tuple(Rate(2**place, rate) for place, rate in enumerate(tokens_per_s))


@pytest.mark.parametrize(
    ("measured", "most", "batch"),
    [
        (rates(), 8, 1),
        (rates(15), 8, 1),
        (rates(15, 15), 8, 1),
        (rates(15, 17.2), 8, 1),  # less than 15 %
        (rates(15, 17.3), 8, 2),
        (rates(100, 180, 300, 310), 8, 4),
        (rates(100, 180, 300, 310), 3, 2),
        (rates(100, 180, 300), 1, 1),
        (rates(394, 640, 1031, 775, 1872), 64, 16),  # a dip at a size that was new to the runtime
        (tuple(reversed(rates(100, 180, 300))), 8, 4),
    ],
)
def test_the_smallest_number_beyond_which_more_do_not_pay(measured: tuple[Rate, ...], most: int, batch: int) -> None:
    assert worth_it(measured, most) == batch


def machine(gain: Callable[[int], float], noise: float = 0.0, seed: int = 0) -> Callable[[int], Seconds]:
    """Steps of 10 ms at one request; at more, all together are `gain` times as fast. Noise only ever takes time."""
    luck = random.Random(seed)  # noqa: S311 - a measurement that is played
    return lambda batch: Seconds(0.01 * batch / gain(batch) * (1 + luck.expovariate(1) * noise))


def none(_batch: int) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("gain", "most", "batch"),
    [
        (none, 64, 1),
        (lambda batch: batch, 64, 64),
        (lambda batch: batch, 10, 8),
        (lambda batch: min(batch, 4), 64, 4),
        (lambda batch: batch**0.1, 64, 1),
        (lambda batch: batch**0.5, 16, 16),
    ],
)
def test_a_quiet_machine_is_seen_as_it_is(gain: Callable[[int], float], most: int, batch: int) -> None:
    measured = find_rates(machine(gain), most)
    assert worth_it(measured, most) == batch
    assert measured[0].tokens_per_s == pytest.approx(100)
    assert measured[-1].tokens_per_s == pytest.approx(100 * gain(measured[-1].batch))


def test_a_busy_machine_shows_no_gain_that_is_not_there() -> None:
    taken = [worth_it(find_rates(machine(none, 0.5, seed), 64), 64) for seed in range(200)]
    assert taken.count(1) > 190
    gains = [worth_it(find_rates(machine(lambda batch: min(batch, 4), 0.1, seed), 64), 64) for seed in range(200)]
    assert gains.count(4) > 190


def test_a_slow_machine_is_not_kept_for_long() -> None:
    spent = 0.0

    def step(batch: int) -> Seconds:
        nonlocal spent
        spent += 0.2
        return Seconds(0.2) if batch < 64 else Seconds(9.0)

    find_rates(step, 64)
    assert spent < 6
    spent = 0.0
    find_rates(lambda batch: step(1) if batch == 1 else Seconds(step(1) * 2), 64)
    assert spent < 2, "what does not pay is seen at once"


ON_A_CARD = {1: 379.0, 2: 700.0, 4: 1121.0, 8: 1614.0, 16: 1800.0, 32: 4138.0, 64: 4120.0}
"""Tokens per second of a 3B on an H200, but for 2 and 16: with 16, another kernel begins, which pays with 32."""


def test_a_number_that_does_not_pay_hides_none_that_does() -> None:
    def on_a_card(batch: int) -> float:
        return ON_A_CARD[batch] / ON_A_CARD[1]

    measured = find_rates(machine(on_a_card), 64, looks_past=True)
    assert [rate.batch for rate in measured] == [*ON_A_CARD]
    assert worth_it(measured, 64) == 32
    assert worth_it(find_rates(machine(on_a_card), 64), 64) == 8
    assert worth_it(find_rates(machine(on_a_card), 16, looks_past=True), 16) == 8


@pytest.mark.parametrize(("looks_past", "tried"), [(False, [1, 2]), (True, [1, 2, 4])])
def test_no_more_than_one_number_is_looked_past(looks_past: bool, tried: list[int]) -> None:  # noqa: FBT001
    measured = find_rates(machine(none), 64, looks_past=looks_past)
    assert [rate.batch for rate in measured] == tried
    assert worth_it(measured, 64) == 1


FOUND = Trial("here", 8, rates(100, 180, 190))


@pytest.mark.parametrize(
    ("most", "known", "measures"),
    [
        (8, None, True),
        (8, FOUND, False),
        (64, FOUND, False),  # more did not pay
        (64, Trial("here", 8, rates(100, 180, 300, 500)), True),  # more might
        (4, Trial("here", 8, rates(100, 180, 300, 500)), False),
        (8, Trial("there", 8, rates(100, 180, 190)), True),
    ],
)
def test_what_is_known_is_not_measured_again(most: int, known: Trial | None, measures: bool) -> None:  # noqa: FBT001
    asked: list[int] = []

    def step(batch: int) -> Seconds:
        asked.append(batch)
        return Seconds(0.01 * batch)

    batch, trial = decide(most, BatchSearch(known), made_on="here", step=step)
    assert bool(asked) is measures
    assert trial is not None
    assert batch == worth_it(trial.rates, most)
    assert (trial == known) is not measures


def test_a_gain_by_chance_is_not_believed() -> None:
    """A step that seems fast for the length of one trial."""
    steps = 0

    def step(batch: int) -> Seconds:
        nonlocal steps
        steps += 1
        return Seconds(0.01 if steps < 20 else 0.01 * batch)

    batch, trial = decide(2, BatchSearch(), made_on="here", step=step)
    assert batch == 1
    assert trial is not None
    assert worth_it(trial.rates, 2) == 1


@pytest.mark.parametrize(("most", "search"), [(4, None), (1, BatchSearch()), (1, None)])
def test_where_nothing_is_to_be_found_out_nothing_is_measured(most: int, search: BatchSearch | None) -> None:
    def step(_batch: int) -> Seconds:
        raise AssertionError

    assert decide(most, search, made_on="here", step=step) == (most, None)
