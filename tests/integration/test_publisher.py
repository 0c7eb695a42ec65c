"""The outbox and a broker that does not take everything."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.journal import Journal, JournalThread
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.units import Bytes, Seconds
from tests.integration.links import make_link, running, settings, within
from tests.integration.scripted_broker import PUBLISH, Answer, disconnect, polite, puback, scripted_broker

QUOTA_EXCEEDED, NOT_AUTHORIZED = 0x97, 0x87


def _quota_exceeded(kind: int, body: bytes) -> bytes:
    return puback(body, QUOTA_EXCEEDED) if kind == PUBLISH and b"evil" in body else polite(kind, body)


def _hangs_up(kind: int, body: bytes) -> bytes:
    """As AWS IoT does at a topic that is not allowed."""
    return disconnect(NOT_AUTHORIZED) if kind == PUBLISH and b"evil" in body else polite(kind, body)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnecting takes no long time."""
    monkeypatch.setattr("agent.link.backoff._FIRST_S", 0.01)


def _forgets(kind: int, body: bytes) -> bytes:
    """Never acknowledges it, and is well otherwise."""
    return b"" if kind == PUBLISH and b"evil" in body else polite(kind, body)


async def _left(folder: Path, answer: Answer, topics: Sequence[str]) -> list[str]:
    """What is in the outbox when the publisher has done what it can."""
    clock = Clock.of_this_machine()
    opened = JournalThread.open(folder / "journal.db", clock=clock, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal, scripted_broker(answer) as port:
        for topic in topics:
            await journal.run(Journal.enqueue, OutMessage(topic, b"reply"))
        link = make_link(settings(port))
        publisher = Publisher(journal, link, changed=asyncio.Event(), event_topic="event", emit=lambda _: None)
        async with running(link.run, publisher.run):
            await within(publisher.flushed())
        return [item.message.topic for item in await journal.run(Journal.outbox, limit=100)]


async def test_a_message_that_is_never_acknowledged_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.link.unacknowledged._PATIENCE", Seconds(2.0))
    topics = [f"reply/{number}" for number in range(100)]
    assert await _left(tmp_path, _forgets, ["evil/reply", *topics]) == ["evil/reply"]


@pytest.mark.parametrize("answer", [_quota_exceeded, _hangs_up])
async def test_a_message_that_is_not_taken_is_kept_and_holds_up_nobody(tmp_path: Path, answer: Answer) -> None:
    topics = [f"reply/{number}" for number in range(100)]
    assert await _left(tmp_path, answer, ["evil/reply", *topics]) == ["evil/reply"]
