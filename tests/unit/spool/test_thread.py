"""A disk that hangs stops nobody who waits for the spool."""

import asyncio
import threading
from pathlib import Path

import pytest

from agent.spool import Spool, SpoolThread
from agent.units import Bytes, Seconds


class HangingSpool(Spool):
    """Writes when it is let."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Bytes(2**20))
        self.go_on = threading.Event()

    def append(self, payload: bytes) -> None:
        self.go_on.wait(30)
        super().append(payload)


async def test_a_disk_that_hangs_holds_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.spool.thread._APPEND_TIMEOUT", Seconds(0.01))
    spool = HangingSpool(tmp_path / "spool")
    with SpoolThread(spool) as thread:
        try:
            async with asyncio.timeout(10):
                for number in range(4):
                    await thread.append(b"%d" % number)
            assert (thread.stats.messages, thread.stats.dropped) == (0, 3)
        finally:
            spool.go_on.set()
        oldest = await thread.oldest()  # after the one that hung
        assert oldest is not None
        assert oldest.payload == b"0"
        await thread.append(b"4")
        await thread.oldest()
        assert (thread.stats.messages, thread.stats.dropped) == (2, 3)
