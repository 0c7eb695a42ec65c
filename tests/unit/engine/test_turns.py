"""Reading and generating take turns, however long the one's steps are."""

import pytest

from agent.engine.turns import Turns
from agent.units import Seconds


def test_alone_nothing_waits() -> None:
    turns = Turns()
    assert [turns.reads(unread=True, generating=False) for _ in range(3)] == [True] * 3
    assert [turns.reads(unread=False, generating=True) for _ in range(3)] == [False] * 3
    assert not turns.reads(unread=False, generating=False)


@pytest.mark.parametrize(
    ("part", "token", "turn"),
    [
        (2.0, 0.25, [True] + 8 * [False]),
        (2.0, 0.3, [True] + 7 * [False]),
        (0.05, 0.05, [True, False]),
        (0.01, 5.0, [True, False]),  # however long it takes, it is no debt of those that generate
    ],
)
def test_together_a_part_is_followed_by_as_much_generating(part: float, token: float, turn: list[bool]) -> None:
    turns, seen = Turns(), []
    for _ in range(3 * len(turn)):
        seen.append(turns.reads(unread=True, generating=True))
        turns.took(Seconds(part if seen[-1] else token), reading=seen[-1])
    assert seen == 3 * turn


def test_what_was_read_alone_is_not_held_against_a_prompt() -> None:
    turns = Turns()
    for _ in range(10):
        assert turns.reads(unread=True, generating=False)
        turns.took(Seconds(1.0), reading=True)
    turns.reads(unread=False, generating=True)
    turns.took(Seconds(1.0), reading=False)
    assert turns.reads(unread=True, generating=True)
