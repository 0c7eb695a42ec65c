"""Where a way back leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.values import Desired, ReleaseName
from agent.fleet_admin.history import release_before
from agent.units import Ratio


def _desired(words: str) -> list[Desired]:
    """`a b:0.1`: all were to take a, then a tenth b."""
    pairs = [word.partition(":") for word in words.split()]
    return [Desired(ReleaseName(name), Ratio(float(share or 1)), name, urgent=False) for name, _, share in pairs]


@pytest.mark.parametrize(
    ("words", "before"),
    [
        ("", None),
        ("a", None),
        ("a:0.1", None),
        ("a b", "a"),
        ("a b:0.1 b:0.5", "a"),
        ("a b:0.1 c:0.1", "a"),
        ("a b c", "b"),
        ("a b a", None),
        ("a b c b", "a"),
        ("a b c b a", None),
        ("a b c b d", "b"),
        ("a b:0.1 b b", "a"),
        ("a:0.5 b", None),
        ("a b a b", "a"),
        ("a b b:0", "a"),
    ],
)
def test_back_is_the_last_that_all_were_to_take(words: str, before: str | None) -> None:
    assert release_before(_desired(words)) == before


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_going_back_again_and_again_ends_and_never_comes_by_twice(names: list[str]) -> None:
    desired = _desired(" ".join(names))
    met = [desired[-1].release]
    while (back := release_before(desired)) is not None:
        assert back not in met
        met.append(back)
        desired = [*desired, Desired(back, Ratio(1.0), back, urgent=False)]
    assert len(met) <= 4
