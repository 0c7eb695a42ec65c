"""The journal's thread: calls in order, none half done, and the event loop never waits for the disk."""

import asyncio
import threading
from pathlib import Path

import pytest

from agent.errors import StopError
from agent.journal import Journal, JournalThread
from agent.prompt import OutMessage
from agent.units import Bytes, Seconds
from tests.unit.journal.values import DAY, MIB, Time, append, arrival, open_journal, prompt

_SIZE = Bytes(64 * MIB)


async def test_arguments_results_and_errors_pass(path: Path, time: Time) -> None:
    async with JournalThread.open(path, clock=time.clock(), keep=DAY, max_size=_SIZE) as journal:
        (pending,) = await journal.run(append, [arrival(prompt("p", time))])
        assert pending.id == "p"
        await journal.run(Journal.enqueue, OutMessage("event", b"e"))
        (item,) = await journal.run(Journal.outbox, limit=5)
        assert item.message.payload == b"e"
        with pytest.raises(TypeError, match="not a sequence"):
            await journal.run(_fail)


def _fail(journal: Journal) -> None:
    raise TypeError(f"{journal} is not a sequence")


async def test_calls_run_in_order_in_one_thread(path: Path, time: Time) -> None:
    seen: list[tuple[int, int]] = []

    def note(_: Journal, number: int) -> None:
        seen.append((number, threading.get_ident()))

    async with JournalThread.open(path, clock=time.clock(), keep=DAY, max_size=_SIZE) as journal:
        await asyncio.gather(*(journal.run(note, number) for number in range(50)))
    assert [number for number, _ in seen] == list(range(50))
    assert len({thread for _, thread in seen} - {threading.get_ident()}) == 1


async def test_a_cancelled_caller_does_not_undo_its_call(path: Path, time: Time) -> None:
    """Neither the call that is under way nor the one that waits behind it."""
    started, go_on = threading.Event(), threading.Event()

    def slow_append(journal: Journal, name: str) -> None:
        started.set()
        assert go_on.wait(10)
        append(journal, [arrival(prompt(name, time))])

    async with JournalThread.open(path, clock=time.clock(), keep=DAY, max_size=_SIZE) as journal:
        callers = [asyncio.create_task(journal.run(slow_append, name)) for name in ("under-way", "behind-it")]
        await asyncio.to_thread(started.wait, 10)
        for caller in callers:
            caller.cancel()
        await asyncio.wait(callers)
        assert all(caller.cancelled() for caller in callers)
        go_on.set()
        assert (await journal.run(Journal.stats)).queued == 2


async def test_leaving_waits_for_what_was_called(path: Path, time: Time) -> None:
    async with JournalThread.open(path, clock=time.clock(), keep=DAY, max_size=_SIZE) as journal:
        calls = [asyncio.create_task(journal.run(append, [arrival(prompt(str(number), time))])) for number in range(20)]
        await asyncio.sleep(0)  # one turn of the loop: every task has made its call
    with open_journal(path, time) as again:
        assert len(again.recover()) == 20
    await asyncio.gather(*calls)


async def test_the_journal_is_closed_when_the_body_fails(path: Path, time: Time) -> None:
    with pytest.raises(KeyError):
        async with JournalThread.open(path, clock=time.clock(), keep=DAY, max_size=_SIZE):
            raise KeyError
    open_journal(path, time).close()


async def test_a_journal_that_cannot_be_opened(tmp_path: Path, time: Time) -> None:
    with pytest.raises(StopError, match="directory"):
        async with JournalThread.open(tmp_path, clock=time.clock(), keep=Seconds(1.0), max_size=_SIZE):
            raise AssertionError("not reached")
