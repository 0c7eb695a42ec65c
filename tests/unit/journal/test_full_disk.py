"""A full disk: the write is refused, nothing is half done, and it works again when there is room."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from agent.errors import StorageFullError
from agent.journal import Journal
from agent.prompt import OutMessage, PromptId, ReplyTo
from tests.unit.journal.values import Time, answer, append, arrival, open_journal, prompt, refusal, refuse, sent


class Disk(Protocol):
    """A disk that can be filled."""

    folder: Path

    def full(self) -> None:
        """From now on nothing grows, but for files that are smaller than the largest, where that is so."""

    def full_for_all(self) -> None:
        """From now on nothing grows."""

    def free(self) -> None:
        """There is room again."""


class _LimitedFiles:
    """The kernel refuses to let this process's files grow (RLIMIT_FSIZE, errno EFBIG). Python ignores SIGXFSZ."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(self) -> None:
        sizes = [file.stat().st_size for file in self.folder.iterdir()]
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes, default=0), self._limits[1]))

    def full_for_all(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._limits[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)


class _SmallDisk:
    """A file system of its own, filled to the last byte (errno ENOSPC)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def full(self) -> None:
        with suppress(OSError), self._filler.open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(1024))

    def full_for_all(self) -> None:
        self.full()

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def _mounted(folder: Path) -> Iterator[Disk]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "journal-test", folder], check=True)
    try:
        yield _SmallDisk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(params=["RLIMIT_FSIZE", "tmpfs"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "tmpfs":
        if os.geteuid() != 0:
            pytest.skip("mounting a small file system needs root; RLIMIT_FSIZE shows the same without")
        with _mounted(folder) as mounted:
            yield mounted
        return
    limited = _LimitedFiles(folder)
    try:
        yield limited
    finally:
        limited.free()


def _fill(journal: Journal, time: Time) -> list[PromptId]:
    """Prompts that were taken until one was not."""
    taken: list[PromptId] = []
    while len(taken) < 1000:
        content = prompt(f"p{len(taken)}", time, text="x" * 9000)
        try:
            append(journal, [arrival(content)])
        except StorageFullError:
            return taken
        taken.append(content.id)
    raise AssertionError("the disk is not full")


def test_what_was_taken_is_there_and_what_was_not_is_not(disk: Disk, time: Time) -> None:
    path = disk.folder / "journal.db"
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("before", time, text="x" * 20_000))])
        disk.full()
        taken = _fill(journal, time)
        assert journal.stats().queued == 1 + len(taken), "reading goes on"
        assert journal.outbox(limit=10) == []
    disk.free()
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert [pending.id for pending in journal.recover()] == ["before", *taken]


def test_the_same_call_succeeds_when_there_is_room(disk: Disk, time: Time) -> None:
    with open_journal(disk.folder / "journal.db", time) as journal:
        first = prompt("first", time)
        append(journal, [arrival(first)])
        disk.full()
        taken = _fill(journal, time)
        with pytest.raises(StorageFullError):
            append(journal, [arrival(prompt("more", time, text="x" * 50_000))])
        with pytest.raises(StorageFullError):
            journal.enqueue(OutMessage("event", bytes(50_000)))
        with pytest.raises(StorageFullError):
            journal.finish(first.id, answer(first, bytes(50_000)).payload)
        assert journal.outbox(limit=10) == [], "no reply without its finish"
        disk.free()
        assert journal.finish(first.id, answer(first, bytes(50_000)).payload)
        assert len(append(journal, [arrival(prompt("more", time, text="x" * 50_000))])) == 1
        journal.enqueue(OutMessage("event", b"e"))
        for prompt_id in taken:
            claimed = journal.claim(prompt_id)
            assert claimed is not None
            assert claimed.claims == 1
            journal.finish(prompt_id, answer(claimed.prompt).payload)
        assert len(sent(journal)) == len(taken) + 2
        journal.prune()


def test_a_new_journal_on_a_full_disk(disk: Disk, time: Time) -> None:
    path = disk.folder / "journal.db"
    disk.full()
    with pytest.raises(StorageFullError, match=r"journal\.db"):
        open_journal(path, time)
    disk.free()
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert len(append(journal, [arrival(prompt("p", time))])) == 1


def test_a_journal_is_not_taken_for_damaged_because_the_disk_is_full(disk: Disk, time: Time) -> None:
    path = disk.folder / "journal.db"
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time))])
        journal.claim(PromptId("p"))
    disk.full()
    with suppress(StorageFullError), open_journal(path, time) as journal:
        journal.recover()
    disk.free()
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert [pending.id for pending in journal.recover()] == ["p"]


def test_what_was_running_waits_also_when_the_disk_is_full_at_the_start(disk: Disk, time: Time) -> None:
    path = disk.folder / "journal.db"
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt(name, time, timeout=60.0)) for name in ("ran", "waited")])
        journal.claim(PromptId("ran"))
    disk.full_for_all()
    time.reboot(off=10.0)
    with open_journal(path, time) as journal:
        pending = journal.recover()
        assert [(one.id, one.received) for one in pending] == [(name, time.now - 10.0) for name in ("ran", "waited")]
        with pytest.raises(StorageFullError):
            journal.claim(PromptId("ran"))
        disk.free()
        for one in pending:
            claimed = journal.claim(one.id)
            assert claimed is not None
            assert (claimed.claims, claimed.prompt.received) == (2 if one.id == "ran" else 1, one.received)
        assert journal.claim(PromptId("ran")) is None, "it is queued again once, not with each claim"


def test_on_a_full_disk_what_is_known_gets_no_second_reply(disk: Disk, time: Time) -> None:
    with open_journal(disk.folder / "journal.db", time) as journal:
        waits, done, refused = (prompt(name, time) for name in ("waits", "done", "refused"))
        append(journal, [arrival(waits), arrival(done), refusal("refused", retryable=True)])
        journal.finish(done.id, b"yes" * 20_000)
        sent(journal)
        disk.full()
        _fill(journal, time)
        assert append(journal, [arrival(waits, redelivered=True)]) == [], "nothing is written"
        assert journal.answer(arrival(waits, redelivered=True), refuse=refuse) is None
        with pytest.raises(StorageFullError):
            append(journal, [arrival(done, redelivered=True)])
        assert journal.answer(arrival(done, redelivered=True), refuse=refuse) == answer(done, b"yes" * 20_000)
        elsewhere = ReplyTo("else/where")
        for new, words in (
            (arrival(prompt("new", time)), b"STORAGE_FULL"),
            (arrival(replace(waits, reply_to=elsewhere)), b"STORAGE_FULL"),
            (arrival(waits, digest="other"), b"ID_TAKEN"),
            (arrival(refused), b"STORAGE_FULL"),
            (arrival(refused, redelivered=True), b"refused"),
            (refusal("wrong", retryable=False, payload=b"wrong"), b"wrong"),
        ):
            said = journal.answer(new, refuse=refuse)
            assert said is not None
            assert (said.topic, said.correlation, said.payload) == (new.reply_to.topic, new.reply_to.correlation, words)
        assert journal.outbox(limit=10) == []
