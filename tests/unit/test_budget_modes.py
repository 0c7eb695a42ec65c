"""Which power mode suits a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.modes import ModeDraw, named_watts, suitable_mode
from agent.units import Milliwatts

ORIN_NX = [ModeDraw("MAXN_SUPER"), ModeDraw("10W"), ModeDraw("15W"), ModeDraw("25W"), ModeDraw("40W")]
LEARNED = [
    ModeDraw("MAXN_SUPER", Milliwatts(29_400)),
    ModeDraw("10W"),
    ModeDraw("15W"),
    ModeDraw("25W", Milliwatts(16_900)),
    ModeDraw("40W", Milliwatts(27_600)),
]


@pytest.mark.parametrize(
    ("name", "milliwatts"),
    [
        ("15W", 15_000),
        ("MODE_15W_2CORE", 15_000),
        ("120W", 120_000),
        ("MAXN", None),
        ("MAXN_SUPER", None),
        ("MODE_10W_DESKTOP", 10_000),
        ("15Watts", None),
    ],
)
def test_the_watts_of_a_name(name: str, milliwatts: float | None) -> None:
    assert named_watts(name) == milliwatts


@pytest.mark.parametrize(
    ("watts", "current", "modes", "suits"),
    [
        (18, "40W", ORIN_NX, "15W"),  # a name is an upper bound
        (18, "15W", LEARNED, "25W"),  # what is known is more than a name
        (100, "15W", ORIN_NX, "40W"),  # what MAXN takes is not known
        (30, "25W", LEARNED, "MAXN_SUPER"),
        (29, "25W", LEARNED, "40W"),
        (30, "40W", LEARNED, "40W"),  # MAXN takes 7 % more: not worth it
        (5, "25W", LEARNED, "10W"),  # pacing does the rest
        (5, "MAXN", [ModeDraw("MAXN_SUPER"), ModeDraw("MAXN")], "MAXN"),
        (None, "25W", ORIN_NX, "25W"),
        (5, "25W", [], "25W"),
    ],
)
def test_the_mode_that_suits(watts: float | None, current: str, modes: list[ModeDraw], suits: str) -> None:
    budget = None if watts is None else Milliwatts(watts * 1000)
    assert suitable_mode(budget, current, modes) == suits


_MODES = st.lists(
    st.builds(
        ModeDraw,
        st.sampled_from(["MAXN", "7W", "10W", "15W", "25W", "40W"]),
        st.none() | st.floats(1000, 50_000).map(Milliwatts),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda mode: mode.name,
)


@given(_MODES, st.data(), st.floats(1000, 60_000).map(Milliwatts))
def test_within_the_budget_where_one_is_and_no_second_change(
    modes: list[ModeDraw], data: st.DataObject, budget: Milliwatts
) -> None:
    current = data.draw(st.sampled_from(modes)).name
    chosen = suitable_mode(budget, current, modes)
    expected = {mode.name: mode.expected for mode in modes}
    assert expected[chosen] <= budget or expected[chosen] == min(expected.values()) > budget
    assert suitable_mode(budget, chosen, modes) == chosen
