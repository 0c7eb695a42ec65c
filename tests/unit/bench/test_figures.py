"""From rounds to figures: tables of what is known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.bench.cells import Cell
from agent.bench.figures import all_figures, figures_of, joules, pairs_of, percentile
from agent.bench.measured import Spread
from agent.units import Milliwatts, Seconds
from tests.unit.bench.values import CELL, a_round, a_subject, answer


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.95, 7.0),
        ([1.0, 3.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 1.0, 5.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 0.95, 4.8),
    ],
)
def test_percentiles(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_are_in_order_and_within(values: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    slack = 1e-9 * max(values)
    assert min(values) <= percentile(values, low) <= percentile(values, high) + slack
    assert percentile(values, high) <= max(values) + slack


def test_tokens_per_second_are_all_tokens_over_the_whole_time() -> None:
    # Two requests, one after the other: 22 tokens, of which the last was there after 4 s.
    run = a_round(answer(1.0, 2.0), answer(3.0, 4.0))
    assert run.tokens_per_s == pytest.approx(22 / 4)


def test_rounds_come_to_a_median_and_a_spread() -> None:
    rounds = [a_round(answer(finished=finished), number=number) for number, finished in enumerate((2.0, 4.0, 11.0))]
    figures = figures_of(rounds, a_subject())
    assert figures.tokens_per_s == Spread(11 / 4, 11 / 11, 11 / 2)
    assert figures.rounds == 3


def test_the_first_token_of_every_request_counts() -> None:
    figures = figures_of([a_round(answer(1.0, 2.0), answer(3.0, 4.0))], a_subject())
    assert figures.first_token.p50 == pytest.approx(2.0)
    assert figures.between_tokens is not None
    assert figures.between_tokens.p99 == pytest.approx(0.1)


def test_the_share_of_the_limit() -> None:
    # Ten steps a second, each of a megabyte of weights and the rows of 105.5 tokens; the copy moves 100 MB/s.
    figures = figures_of([a_round()], a_subject())
    assert figures.sequence_tokens_per_s == pytest.approx(10.0)
    assert figures.share_of_limit == pytest.approx((1_000_000 + 100 * 105.5) * 10 / 100e6)


def test_a_batch_reads_the_weights_once_and_each_cache() -> None:
    run = replace(a_round(cell=Cell(4, 100, 11)), running=4)
    share = figures_of([run], a_subject()).share_of_limit
    assert share == pytest.approx((1_000_000 + 4 * 100 * 105.5) * 10 / 100e6)


@pytest.mark.parametrize("subject", [a_subject(touched=None), a_subject(rate=None)])
def test_no_share_without_both(subject: object) -> None:
    assert figures_of([a_round()], subject).share_of_limit is None  # type: ignore[arg-type]


def test_one_token_has_no_speed_of_decoding() -> None:
    figures = figures_of([a_round(answer(tokens=1))], a_subject())
    assert figures.sequence_tokens_per_s is None
    assert figures.share_of_limit is None
    assert figures.between_tokens is None


def test_joules_per_token_are_of_the_rounds_that_were_measured() -> None:
    rounds = [a_round(energy=22.0), a_round(energy=None), a_round(energy=44.0)]
    assert figures_of(rounds, a_subject()).joules_per_token == pytest.approx(66 / 22)
    assert figures_of([a_round()], a_subject()).joules_per_token is None


def test_what_was_not_as_it_should_be_is_counted() -> None:
    run = a_round(answer(tokens=5), answer(prompt=99), answer(cached=64))
    figures = figures_of([run], a_subject())
    assert (figures.ended_early, figures.wrong_prompts, figures.cached_tokens) == (1, 1, 64)


def test_the_mean_power_over_the_time() -> None:
    samples = [(Seconds(at / 10), Milliwatts(10_000 + 1000 * (at % 2))) for at in range(100)]
    assert joules(samples, Seconds(2.0), Seconds(3.95)) == pytest.approx(10.5 * 1.95)
    assert joules(samples, Seconds(2.0), Seconds(2.3)) is None
    assert joules([], Seconds(2.0), Seconds(4.0)) is None


def test_figures_are_in_the_order_in_which_cells_and_subjects_came() -> None:
    small = Cell(1, 8, 11)
    rounds = [a_round(cell=CELL), a_round(cell=small, subject="b"), a_round(cell=small), a_round(subject="b")]
    found = all_figures(rounds, (a_subject("a"), a_subject("b")))
    assert [(each.cell, each.subject) for each in found] == [(CELL, "a"), (CELL, "b"), (small, "a"), (small, "b")]


def test_pairs_are_of_the_same_round() -> None:
    rounds = [
        a_round(answer(1.0, 2.0), number=0),
        a_round(answer(0.5, 1.0), subject="b", number=0),
        a_round(answer(1.0, 2.0), subject="b", number=1),
        a_round(answer(1.0, 2.0), number=1),
        a_round(answer(1.0, 9.0), number=2),
    ]
    (pair,) = pairs_of(rounds, "a", "b")
    assert pair.rounds == 2
    assert pair.tokens_per_s == Spread(1.5, 1.0, 2.0)
    assert pair.first_token == Spread(0.75, 0.5, 1.0)
    assert pairs_of([a_round()], "a", "b") == ()
