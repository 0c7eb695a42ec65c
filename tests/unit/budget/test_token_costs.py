"""The proportion of prefill to decode, from spans in which both are mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.token_costs import TokenCosts
from agent.engine.protocol import Tokens
from agent.units import Joules


def test_a_tenth_before_anything_is_known() -> None:
    assert TokenCosts().weight(Tokens(prefill=10, decode=1)) == 2.0


@given(st.floats(0.001, 1.0), st.floats(0.001, 1.0))
def test_it_is_learnt(prefill: float, decode: float) -> None:
    costs = TokenCosts()
    for tokens in (Tokens(64, 0), Tokens(32, 2), Tokens(0, 3), Tokens(16, 3)) * 5:
        costs.saw(tokens, Joules(prefill * tokens.prefill + decode * tokens.decode))
    assert costs.prefill_weight == pytest.approx(prefill / decode, rel=1e-3)


def test_spans_that_do_not_tell_them_apart_teach_nothing() -> None:
    costs = TokenCosts()
    for _ in range(50):
        costs.saw(Tokens(10, 1), Joules(3.0))
        costs.saw(Tokens(20, 2), Joules(6.0))
    assert costs.prefill_weight == 0.1


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 50), st.floats(0.0, 100.0)), max_size=50))
def test_whatever_is_measured_a_weight_stays_sensible(spans: list[tuple[int, int, float]]) -> None:
    costs = TokenCosts()
    for prefill, decode, joules in spans:
        costs.saw(Tokens(prefill, decode), Joules(joules))
    assert 0.001 <= costs.prefill_weight <= 1000
