"""In which parts a prompt is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.parts import LEAST_PART, in_parts, in_step

MOST = 64
CONTROL = frozenset({1, 2})
prompts = st.lists(st.integers(0, 40), min_size=1, max_size=400)
"""About one token in twenty is a control token."""


@given(prompts, st.integers(2 * LEAST_PART, 100))
def test_the_parts_are_the_prompt(prompt: list[int], most: int) -> None:
    parts = in_parts(prompt, most, CONTROL)
    assert [token for part in parts for token in part] == prompt
    assert max(map(len, parts)) <= most
    assert len(parts) == 1 or min(map(len, parts)) >= LEAST_PART


@given(prompts, prompts, prompts)
def test_what_follows_moves_no_edge_but_the_last(begin: list[int], rest: list[int], other: list[int]) -> None:
    one, another = in_parts(begin + rest, MOST, CONTROL), in_parts(begin + other, MOST, CONTROL)
    at = 0
    for mine, theirs in zip(one[:-2], another[:-2], strict=False):
        at += len(mine)
        if at >= len(begin):
            break
        assert mine == theirs


@pytest.mark.parametrize(
    ("sizes_of_turns", "expected"),
    [
        ([5], [5]),
        ([64], [64]),
        ([65], [32, 33]),
        ([71], [35, 36]),
        ([72], [64, 8]),
        ([200, 25], [64, 64, 64, 8, 25]),
        ([200, 5], [64, 64, 64, 13]),
        ([197, 20], [64, 64, 64, 25]),
        ([3, 4, 20], [27]),
        ([64, 7], [35, 36]),
        ([20, 30, 40], [20, 30, 40]),
    ],
)
def test_a_part_ends_with_a_turn(sizes_of_turns: list[int], expected: list[int]) -> None:
    prompt = [token for size in sizes_of_turns for token in [1, *[9] * (size - 1)]]
    assert [len(part) for part in in_parts(prompt, MOST, CONTROL)] == expected


@pytest.mark.parametrize(
    ("unread", "chunk", "scheduled", "read"),
    [
        ([], 64, 64, ()),
        ([300], 64, 2048, (64,)),
        ([30], 64, 2048, (30,)),
        ([0, 0], 64, 2048, (0, 0)),
        ([3000, 0, 0], 2048, 2048, (2046, 0, 0)),
        ([1000, 1500, 50], 2048, 2048, (1000, 1048, 0)),
        ([0, 0, 5], 64, 2, (0, 0, 0)),
    ],
)
def test_a_step_generates_first_and_reads_what_is_left(
    unread: list[int], chunk: int, scheduled: int, read: tuple[int, ...]
) -> None:
    assert in_step(unread, chunk, scheduled) == read
