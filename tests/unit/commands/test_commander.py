"""Commands on a real journal: answered, once each, whatever comes again or dies."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.commands import (
    CheckForUpdate,
    Command,
    CommandId,
    CommandState,
    Drain,
    Handlers,
    LoadModel,
    Restart,
    SetBudget,
    Tell,
)
from agent.commands.commander import Commander
from agent.errors import ErrorCode, RejectedError, RetryError
from agent.journal import Journal, JournalThread
from agent.units import Bytes, Seconds

ID = CommandId("c1")
ALL = (SetBudget(12.0), LoadModel("m"), Drain(on=True))


class Device:
    """Does what it is told, and remembers it."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.error: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def act(self, what: object) -> str:
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        self.done.append(what)
        return f"done: {what}"

    async def update(self, tell: Tell, force: bool) -> str:  # noqa: FBT001 - as in `Handlers`
        await tell("halfway")
        return await self.act("forced" if force else "update")

    async def restart(self) -> str:
        return await self.act("restart")

    @property
    def handlers(self) -> Handlers:
        return Handlers(
            set_budget=self.act,
            load_model=self.act,
            drain=self.act,
            snapshot=self.act,
            update=self.update,
            restart=self.restart,
        )


class Bench:
    """A commander on a journal."""

    def __init__(self, journal: JournalThread, handlers: Handlers) -> None:
        self.journal = journal
        self.commander = Commander(journal, handlers, topic="R/command", wake_publisher=lambda: None)

    async def answers(self, count: int) -> list[tuple[str, str, str]]:
        """Topic, state and detail of all answers, when there are so many."""
        async with asyncio.timeout(10):
            while len(items := await self.journal.run(Journal.outbox, limit=100)) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(items) == count
        payloads = [json.loads(item.message.payload) for item in items]
        return [
            (item.message.topic, payload["state"], payload["detail"])
            for item, payload in zip(items, payloads, strict=True)
        ]


@asynccontextmanager
async def bench_in(folder: Path, handlers: Handlers, *, running: bool = True) -> AsyncIterator[Bench]:
    clock = Clock.of_this_machine()
    opened = JournalThread.open(folder / "journal.db", clock=clock, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal, asyncio.TaskGroup() as tasks:
        bench = Bench(journal, handlers)
        await bench.commander.recover()
        task = tasks.create_task(bench.commander.run()) if running else None
        yield bench
        if task is not None:
            task.cancel()


@pytest.mark.parametrize("command", ALL)
async def test_accepted_then_succeeded(tmp_path: Path, command: Command) -> None:
    device = Device()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, command, "digest")
        answers = await bench.answers(2)
    assert [state for _, state, _ in answers] == ["accepted", "succeeded"]
    assert {topic for topic, _, _ in answers} == {"R/command/c1"}
    assert answers[1][2] == f"done: {device.done[0]}"


@pytest.mark.parametrize(
    ("error", "state", "detail"),
    [
        (RejectedError(ErrorCode.DOES_NOT_FIT, "too large"), "rejected", "does_not_fit: too large"),
        (RetryError("went wrong"), "failed", "went wrong"),
    ],
)
async def test_what_goes_wrong_is_told(tmp_path: Path, error: Exception, state: str, detail: str) -> None:
    device = Device()
    device.error = error
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
        assert (await bench.answers(2))[1] == ("R/command/c1", state, detail)


async def test_what_takes_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.commands.commander._QUICK", Seconds(0.01))
    device = Device()
    device.go_on.clear()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
        await bench.answers(2)
        await bench.commander.take(CommandId("c2"), Drain(on=False), "digest")  # is not held up
        await bench.answers(4)
        device.go_on.set()
        states = [state for _, state, _ in await bench.answers(6)]
    assert states == ["accepted", "in_progress", "accepted", "in_progress", "succeeded", "succeeded"]


async def test_the_same_again_is_answered_and_not_done_again(tmp_path: Path) -> None:
    device = Device()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
        await bench.answers(2)
        await bench.commander.take(ID, LoadModel("m"), "digest")
        first, second, again = await bench.answers(3)
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
        *_, after_a_restart = await bench.answers(4)
    assert first[1] == "accepted"
    assert second == again == after_a_restart
    assert len(device.done) == 1


async def test_an_id_that_is_anothers_is_rejected_and_leaves_the_other_alone(tmp_path: Path) -> None:
    device = Device()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
        await bench.answers(2)
        await bench.commander.take(ID, LoadModel("other"), "another digest")
        assert (await bench.answers(3))[2][1:] == ("rejected", "the id is another command's: use a new one")
        await bench.commander.take(ID, LoadModel("m"), "digest")
        assert (await bench.answers(4))[3][1] == "succeeded"
    assert device.done == ["m"]


async def test_what_the_agent_died_amid_has_failed(tmp_path: Path) -> None:
    device = Device()
    async with bench_in(tmp_path, device.handlers, running=False) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
    async with bench_in(tmp_path, device.handlers) as bench:
        answers = await bench.answers(2)
    assert answers[1][1:] == ("failed", "the agent ended before it was done")
    assert not device.done


async def test_a_full_disk_at_the_start_does_not_hold_the_start_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.commands.commander._RETRY", Seconds(0.01))
    async with bench_in(tmp_path, Device().handlers, running=False) as bench:
        await bench.commander.take(ID, LoadModel("m"), "digest")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # no file may grow
    try:
        async with asyncio.timeout(10), bench_in(tmp_path, Device().handlers) as bench:
            await bench.answers(1)
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert (await bench.answers(2))[1][1] == "failed"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_how_far_an_update_is_is_told(tmp_path: Path) -> None:
    device = Device()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, CheckForUpdate(force=True), "digest")
        answers = await bench.answers(3)
    assert [answer[1:] for answer in answers[1:]] == [("in_progress", "halfway"), ("succeeded", "done: forced")]


async def test_an_update_is_answered_by_the_process_after_the_one_that_took_it(tmp_path: Path) -> None:
    device = Device()
    device.go_on.clear()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, CheckForUpdate(force=True), "digest")
        await bench.answers(2)
    device.go_on.set()
    async with bench_in(tmp_path, device.handlers) as bench:
        answers = await bench.answers(4)
    assert answers[-1][1:] == ("succeeded", "done: update"), "it is waited for, and nothing is forced twice"


async def test_a_restart_has_succeeded_when_the_next_process_runs(tmp_path: Path) -> None:
    device = Device()
    device.go_on.clear()
    async with bench_in(tmp_path, device.handlers) as bench:
        await bench.commander.take(ID, Restart(), "digest")
        await bench.answers(1)
    async with bench_in(tmp_path, device.handlers) as bench:
        answers = await bench.answers(2)
    assert answers[1][1] == "succeeded"
    assert not device.done


async def test_not_too_many_at_once(tmp_path: Path) -> None:
    device = Device()
    device.go_on.clear()
    async with bench_in(tmp_path, device.handlers) as bench:
        for number in range(17):
            await bench.commander.take(CommandId(f"c{number}"), SetBudget(None), "digest")
        assert (await bench.answers(17))[16][1] == "rejected"
        device.go_on.set()
        await bench.answers(33)
        await bench.commander.take(CommandId("c16"), SetBudget(None), "digest")
        assert (await bench.answers(35))[34][1] == "succeeded"


async def test_one_that_came_before_is_known_however_many_are_under_way(tmp_path: Path) -> None:
    device = Device()
    device.go_on.clear()
    async with bench_in(tmp_path, device.handlers) as bench:
        for number in range(16):
            await bench.commander.take(CommandId(f"c{number}"), SetBudget(None), "digest")
        await bench.commander.take(CommandId("c0"), SetBudget(None), "digest")
        assert (await bench.answers(17))[16][:2] == ("R/command/c0", "accepted")
        device.go_on.set()
        await bench.answers(33)


async def test_nonsense_is_rejected_and_not_remembered(tmp_path: Path) -> None:
    async with bench_in(tmp_path, Device().handlers) as bench:
        await bench.commander.reject(ID, "what is that")
        await bench.commander.take(ID, SetBudget(7.0), "digest")
        states = [state for _, state, _ in await bench.answers(3)]
    assert states == ["rejected", "accepted", "succeeded"]


async def test_old_commands_are_forgotten_and_unfinished_ones_are_not(tmp_path: Path) -> None:
    async with bench_in(tmp_path, Device().handlers, running=False) as bench:
        await bench.commander.take(CommandId("unfinished"), SetBudget(7.0), "digest")
        for number in range(300):
            message = bench.commander._message(CommandId(f"c{number}"), CommandState.SUCCEEDED, "")
            assert await bench.journal.run(Journal.take_command, f"c{number}", "digest", message, message)
            await bench.journal.run(Journal.answer_command, f"c{number}", message, is_last=True)
        assert await bench.journal.run(Journal.take_command, "c0", "digest", message, message), "forgotten"
        assert not await bench.journal.run(Journal.take_command, "c299", "digest", message, message)
        assert ("unfinished", None) in await bench.journal.run(Journal.unfinished_commands)
