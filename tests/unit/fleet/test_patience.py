"""A wait that has no end of its own is ended from outside."""

import threading
import time

from agent.fleet.patience import Patience
from agent.units import Seconds


def test_a_wait_without_end_is_ended() -> None:
    cut = threading.Event()
    with Patience(cut.set, Seconds(0.05)) as patience:
        with patience.waiting():
            assert cut.wait(10.0)
        assert patience.is_over


def test_many_short_waits_are_none() -> None:
    cut = threading.Event()
    with Patience(cut.set, Seconds(5.0)) as patience:
        for _ in range(100):
            with patience.waiting():
                pass
        assert not patience.is_over
    assert not cut.is_set()


def test_who_does_not_wait_is_left_alone() -> None:
    cut = threading.Event()
    with Patience(cut.set, Seconds(0.02)):
        time.sleep(0.1)  # some work between two waits
    assert not cut.is_set()


def test_a_wait_is_ended_again_until_it_ends() -> None:
    cuts: list[float] = []
    third = threading.Event()

    def cut() -> None:
        cuts.append(time.monotonic())
        if len(cuts) == 3:
            third.set()

    with Patience(cut, Seconds(0.01)) as patience, patience.waiting():
        assert third.wait(10.0)
