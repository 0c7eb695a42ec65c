"""Signals that do what Ctrl-C does, and that do nothing for a moment."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from agent.children.interrupted import held_off, interrupted_by

STOPS = (signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *STOPS)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPS)
def test_as_ctrl_c(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_by(*STOPS):
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("number", STOPS)
def test_what_asyncio_runs_is_cancelled_and_may_clean_up(number: signal.Signals) -> None:
    ended = []

    async def run() -> None:
        try:
            signal.raise_signal(number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    with pytest.raises(KeyboardInterrupt), interrupted_by(*STOPS):
        asyncio.run(run())
    assert ended == [number]


def test_what_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with interrupted_by(*STOPS):
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_where_ctrl_c_is_ignored_a_stop_is_not() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), interrupted_by(*STOPS):
        signal.raise_signal(signal.SIGTERM)


def test_held_off() -> None:
    with held_off(signal.SIGINT, *STOPS):
        for number in (signal.SIGINT, *STOPS):
            signal.raise_signal(number)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
