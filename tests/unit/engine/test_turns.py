"""Reading and generating share the time, however long the one's steps are."""

import pytest

from agent.engine.turns import Turns
from agent.units import Seconds


def test_alone_nothing_waits() -> None:
    turns = Turns()
    assert [turns.reads(unread=True, generating=False) for _ in range(3)] == [True] * 3
    assert [turns.reads(unread=False, generating=True) for _ in range(3)] == [False] * 3
    assert not turns.reads(unread=False, generating=False)


@pytest.mark.parametrize(("part", "token"), [(2.0, 0.07), (0.05, 0.05), (0.01, 0.1)])
def test_together_each_has_half_the_time(part: float, token: float) -> None:
    turns, time = Turns(), {True: 0.0, False: 0.0}
    while sum(time.values()) < 100:
        reading = turns.reads(unread=True, generating=True)
        took = Seconds(part if reading else token)
        turns.took(took, reading=reading)
        time[reading] += took
        assert abs(time[True] - time[False]) <= max(part, token) + 1e-9
    assert time[True] == pytest.approx(50, abs=max(part, token))


def test_what_was_read_alone_is_not_held_against_a_prompt() -> None:
    turns = Turns()
    for _ in range(10):
        assert turns.reads(unread=True, generating=False)
        turns.took(Seconds(1.0), reading=True)
    turns.reads(unread=False, generating=True)
    turns.took(Seconds(1.0), reading=False)
    assert turns.reads(unread=True, generating=True)
