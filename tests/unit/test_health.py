"""When the watchdog is fed, when it is not, and what systemd is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

import pytest

from agent.clock import Clock
from agent.health import Health, Signs, Standing, hung_part, status_text
from agent.systemd import Systemd
from agent.units import Seconds
from tests.notify_socket import NotifySocket

IDLE = Standing(connected=True, model="edge-tiny", running=0, queued=0, limits="there is no power budget")
WATCHDOG = Seconds(0.04)


class Body:
    """An agent's parts, as far as they show signs of life."""

    def __init__(self) -> None:
        self.now = Seconds(100.0)
        self.link_moves_by = Seconds(1000.0)
        self.standing = IDLE
        self.journal_goes_on = asyncio.Event()
        self.journal_goes_on.set()
        self.calls = 0
        self.called = asyncio.Event()

    async def ask_journal(self) -> None:
        self.calls += 1
        self.called.set()
        await self.journal_goes_on.wait()


class Ward:
    """Health of a body, and what it says."""

    def __init__(self, manager: NotifySocket, systemd: Systemd) -> None:
        self.body = Body()
        self.manager = manager
        self.health = Health(
            systemd,
            ask_journal=self.body.ask_journal,
            link_moves_by=lambda: self.body.link_moves_by,
            standing=lambda: self.body.standing,
            clock=Clock(boot_id="boot", now=lambda: self.body.now),
        )

    async def next(self) -> list[str]:
        """The first message from now on, of those that come by themselves."""
        self.manager.heard()
        return await self.manager.hear()


@asynccontextmanager
async def watched(watchdog: Seconds | None = WATCHDOG) -> AsyncIterator[Ward]:
    with NotifySocket() as manager, closing(Systemd(manager.address, watchdog)) as systemd:
        ward = Ward(manager, systemd)
        running = asyncio.create_task(ward.health.run())
        try:
            yield ward
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("signs", "hung"),
    [
        (Signs(Seconds(95.0), Seconds(101.0)), None),
        (Signs(Seconds(90.0), Seconds(100.0)), None),
        (Signs(Seconds(89.9), Seconds(101.0)), "journal"),
        (Signs(Seconds(100.0), Seconds(99.9)), "link"),
        (Signs(Seconds(0.0), Seconds(0.0)), "journal"),
    ],
)
def test_who_hangs(signs: Signs, hung: str | None) -> None:
    assert hung_part(signs, Seconds(100.0), Seconds(10.0)) == hung


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (IDLE, "serving; edge-tiny; 0 running, 0 waiting; there is no power budget"),
        (
            Standing(connected=False, model=None, running=0, queued=7, limits="full speed fits into 12 W"),
            "no connection to the broker; no model loaded; 0 running, 7 waiting; full speed fits into 12 W",
        ),
        (
            replace(IDLE, running=1, draining=True, limits="too hot:\n 99 °C"),
            "draining; edge-tiny; 1 running, 0 waiting; too hot: 99 °C",
        ),
    ],
)
def test_the_status_is_one_line(standing: Standing, text: str) -> None:
    assert status_text(standing) == text


async def test_ready_comes_first_and_feeds() -> None:
    async with watched() as ward:
        assert await ward.manager.hear() == ["READY=1", f"STATUS={status_text(IDLE)}", "WATCHDOG=1"]
        assert await ward.next() == [f"STATUS={status_text(IDLE)}", "WATCHDOG=1"]


async def test_a_journal_that_does_not_answer_is_not_fed_for_and_not_asked_again() -> None:
    async with watched() as ward:
        assert "WATCHDOG=1" in await ward.next()
        ward.body.journal_goes_on.clear()
        ward.body.called.clear()
        async with asyncio.timeout(5):
            await ward.body.called.wait()
        asked = ward.body.calls
        ward.body.now = Seconds(ward.body.now + 1)
        assert "WATCHDOG=1" not in await ward.next()
        assert "WATCHDOG=1" not in await ward.next()
        assert ward.body.calls == asked
        ward.body.journal_goes_on.set()
        async with asyncio.timeout(5):
            while "WATCHDOG=1" not in await ward.next():
                pass


async def test_a_link_that_does_not_go_on_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with watched() as ward:
        ward.body.link_moves_by = Seconds(99.0)
        assert "WATCHDOG=1" not in await ward.next()
        assert "WATCHDOG=1" not in await ward.next()
    assert [(record.message, record.hung) for record in caplog.records] == [("watchdog_not_fed", "link")]  # type: ignore[attr-defined]


async def test_no_broker_is_no_hang() -> None:
    async with watched() as ward:
        await ward.manager.hear()
        ward.body.standing = replace(IDLE, connected=False)
        message = await ward.next()
        assert "WATCHDOG=1" in message
        assert message[0].startswith("STATUS=no connection to the broker")


async def test_without_a_watchdog_the_journal_is_left_alone() -> None:
    async with watched(None) as ward:
        assert await ward.manager.hear() == ["READY=1", f"STATUS={status_text(IDLE)}"]
        assert ward.body.calls == 0


async def test_stopping_says_how_long_it_may_take() -> None:
    async with watched() as ward:
        await ward.next()
        ward.manager.heard()
        ward.health.stopping(Seconds(20.0))
        (message,) = ward.manager.heard()
        assert message[:3] == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000", f"STATUS=stopping; {status_text(IDLE)}"]
        assert (await ward.next())[0] == f"STATUS=stopping; {status_text(IDLE)}"


async def test_without_systemd_it_ends_at_once() -> None:
    with NotifySocket() as manager, closing(Systemd(None, Seconds(60.0))) as nobody:
        ward = Ward(manager, nobody)
        async with asyncio.timeout(5):
            await ward.health.run()
        ward.health.stopping(Seconds(1.0))
        assert ward.body.calls == 0
