"""What is kept, in which order it goes, and what a death or a full disk leaves."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.spool import Spool
from agent.units import Bytes

KIB = 1024
LIMIT = Bytes(64 * KIB)


def payload(number: int, size: int = 1000) -> bytes:
    """About as large on the disk: noise does not compress."""
    return b"%06d" % number + random.Random(number).randbytes(size)  # noqa: S311 - no secret


def drain(spool: Spool) -> list[int]:
    """The numbers of all that waits, each marked as sent."""
    found = []
    while (message := spool.oldest()) is not None:
        found.append(int(message.payload[:6]))
        spool.mark_sent(message)
    return found


def on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes (errno EFBIG)."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_oldest_first_and_each_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(20):
        spool.append(payload(number))
    assert spool.stats.messages == 20
    assert drain(spool) == list(range(20))
    assert (spool.stats.messages, spool.stats.size, spool.stats.dropped) == (0, 0, 0)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_something_is_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", LIMIT)
    assert spool.oldest() is None
    assert not (tmp_path / "spool").exists()


def test_the_oldest_go_when_there_is_no_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(500):
        spool.append(payload(number))
        assert on_disk(tmp_path) <= LIMIT
    kept = drain(spool)
    assert kept == list(range(500 - len(kept), 500))
    assert len(kept) > 45
    assert spool.stats.dropped == 500 - len(kept)


def test_a_message_larger_than_its_share_is_dropped(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.append(payload(1, size=5 * KIB))
    assert (spool.stats.messages, spool.stats.dropped) == (0, 1)


def test_a_new_process_goes_on_where_the_old_one_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(10):
        spool.append(payload(number))
    for _ in range(4):
        message = spool.oldest()
        assert message is not None
        spool.mark_sent(message)
    again = Spool(tmp_path, LIMIT)
    again.append(payload(10))
    assert drain(again) == [4, 5, 6, 7, 8, 9, 10]


def test_a_smaller_limit_holds_at_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(60):
        spool.append(payload(number))
    Spool(tmp_path, Bytes(16 * KIB))
    assert on_disk(tmp_path) <= 16 * KIB


def test_one_that_went_for_want_of_room_while_it_was_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.append(payload(0))
    message = spool.oldest()
    assert message is not None
    for number in range(1, 200):
        spool.append(payload(number))
    spool.mark_sent(message)
    assert 0 not in drain(spool)


@given(cut=st.integers(1, 3000))
def test_half_a_record_ends_the_file_and_is_written_over(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool, ends = Spool(folder, LIMIT), list[int]()
    for number in range(3):
        spool.append(payload(number))
        ends.append(spool.stats.size)
    (file,) = folder.iterdir()
    os.truncate(file, ends[-1] - cut)
    again = Spool(folder, LIMIT)
    again.append(payload(7))
    assert drain(again) == [*(number for number, end in enumerate(ends) if end <= ends[-1] - cut), 7]


def test_what_is_damaged_amid_is_left_out(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    for number in range(3):
        spool.append(payload(number))
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    assert drain(spool) == [0, 2]
    assert spool.stats.dropped == 1


def test_a_full_disk_costs_only_what_comes_while_it_is_full(tmp_path: Path) -> None:
    spool = Spool(tmp_path, LIMIT)
    spool.append(payload(0))
    with full_disk(1500):
        spool.append(payload(1))
        spool.append(payload(2))
    assert spool.stats.dropped == 2
    spool.append(payload(3))
    assert drain(Spool(tmp_path, LIMIT)) == [0, 3]


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spool").write_text("a file")
    spool = Spool(tmp_path / "spool", LIMIT)
    for number in range(3):
        spool.append(payload(number))
    assert spool.stats.dropped == 3
    assert caplog.messages == ["spool_failed"]


KILLED = """
import sys
from pathlib import Path
from agent.spool import Spool
from tests.unit.spool.test_spool import LIMIT, payload
spool, number = Spool(Path(sys.argv[1]), LIMIT), 0
while True:
    spool.append(payload(number))
    if number % 3 == 0:
        spool.mark_sent(spool.oldest())
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [1, 20, 150])
def test_killed_at_any_moment(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout]
    kept = drain(Spool(tmp_path, LIMIT))
    assert kept == list(range(kept[0], kept[-1] + 1)) if kept else True
    assert not kept or kept[-1] >= said[-1]
    assert on_disk(tmp_path) == 0


class AgainstAList(RuleBasedStateMachine):
    """A spool that is never full is a queue, whatever is appended, sent, and started anew."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jetson-agent-spool-"))
        self.spool = Spool(self.folder, Bytes(1024 * KIB))
        self.waiting: list[bytes] = []

    @rule(content=st.binary(max_size=2000))
    def append(self, content: bytes) -> None:
        self.spool.append(content)
        self.waiting.append(content)

    @precondition(lambda self: self.waiting)
    @rule()
    def send(self) -> None:
        message = self.spool.oldest()
        assert message is not None
        assert message.payload == self.waiting.pop(0)
        self.spool.mark_sent(message)

    @rule()
    def start_anew(self) -> None:
        self.spool = Spool(self.folder, Bytes(1024 * KIB))

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @invariant()
    def as_many(self) -> None:
        assert self.spool.stats.messages == len(self.waiting)


TestAgainstAList = AgainstAList.TestCase
