"""When `R/status` is said anew, and what becomes of it when the broker does not take it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from agent.announcer import Announcer
from agent.clock import Clock
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, PublishRefusedError
from agent.presence import Presence
from agent.prompt import OutMessage
from agent.units import Seconds
from tests.unconnected_link import UnconnectedLink

CLOCK = Clock.of_this_machine()


class RefusingLink(UnconnectedLink):
    """Meets each message with the next of its errors, and takes it when there is none left."""

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__(CLOCK)
        self.errors = errors
        self.asked = 0
        self.said: list[dict[str, Any]] = []

    async def publish(self, message: OutMessage) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.said.append(json.loads(message.payload))

    async def say_goodbye(self, message: OutMessage) -> None:
        await self.publish(message)


async def _until(announcer: Announcer, is_done: Callable[[], object]) -> None:
    """Run until then."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(announcer.run())
        while not is_done():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
        running.cancel()


async def test_what_a_busy_broker_does_not_take_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.announcer._BUSY_PAUSE", Seconds(0.01))
    link, presence = RefusingLink([BrokerBusyError("Quota exceeded"), BrokerBusyError("busy")]), Presence("r", CLOCK)
    announcer = Announcer(link, presence)
    presence.draining(on=True)
    announcer.changed()
    await _until(announcer, lambda: link.said)
    assert (link.asked, link.said[0]["draining"]) == (3, True)


@pytest.mark.parametrize("error", [PublishRefusedError("Not authorized"), NotConnectedError("not connected")])
async def test_what_is_refused_for_good_or_said_at_the_next_connect_is_not_said_again(error: Exception) -> None:
    link = RefusingLink([error])
    announcer = Announcer(link, Presence("r", CLOCK))
    announcer.changed()
    await _until(announcer, lambda: link.asked)
    assert link.said == []
    announcer.changed()
    await _until(announcer, lambda: link.said)
    assert link.asked == 2


async def test_a_busy_broker_does_not_hold_up_the_goodbye() -> None:
    link = RefusingLink([BrokerBusyError("Quota exceeded")])
    await Announcer(link, Presence("r", CLOCK)).say_goodbye()
    assert link.asked == 1
