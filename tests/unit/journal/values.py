"""Prompts, arrivals and a clock for the journal's tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.clock import Clock
from agent.errors import ErrorCode
from agent.journal import Arrival, Journal, Objection, Refusal
from agent.prompt import Message, OutMessage, Pending, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.units import Bytes, Seconds, UnixSeconds

DAY = Seconds(86400.0)
MIB = 1024 * 1024


@dataclass
class Time:
    """A clock that stands still until it is set."""

    boot_id: str = "boot-1"
    now: float = 1000.0
    wall: float = 1_790_000_000.0

    def clock(self) -> Clock:
        return Clock(boot_id=self.boot_id, now=lambda: Seconds(self.now), wall=lambda: UnixSeconds(self.wall))

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def reboot(self, *, off: float) -> None:
        """Another boot, `off` seconds later by the wall clock; its boot clock begins near zero."""
        self.boot_id += "+"
        self.now = 5.0
        self.wall += off


def open_journal(path: Path, time: Time, *, keep: float = DAY, max_size: int = 64 * MIB) -> Journal:
    return Journal.open(path, clock=time.clock(), keep=Seconds(keep), max_size=Bytes(max_size))


def prompt(  # noqa: PLR0913 - what a test sets of a prompt
    prompt_id: str,
    time: Time,
    *,
    text: str = "Is the door open?",
    priority: int = 0,
    timeout: float | None = None,
    reply_to: ReplyTo | None = None,
) -> Prompt:
    return Prompt(
        id=PromptId(prompt_id),
        messages=(Message(Role.USER, text),),
        sampling=Sampling(),
        reply_to=reply_to or ReplyTo(f"edge/d/reply/{prompt_id}"),
        received=Seconds(time.now),
        received_wall=UnixSeconds(time.wall),
        priority=priority,
        timeout=None if timeout is None else Seconds(timeout),
    )


def arrival(content: Prompt, *, key: str | None = None, digest: str = "same", redelivered: bool = False) -> Arrival:
    return Arrival(content.id, content.reply_to, content, key, digest, redelivered)


def refusal(
    prompt_id: str, *, retryable: bool, payload: bytes = b"refused", key: str | None = None, redelivered: bool = False
) -> Arrival:
    reply_to = ReplyTo(f"edge/d/reply/{prompt_id}", b"refused")
    reply = OutMessage(reply_to.topic, payload, correlation=reply_to.correlation)
    return Arrival(
        PromptId(prompt_id), reply_to, Refusal(reply, retryable, ErrorCode.TOO_LARGE), key, "same", redelivered
    )


def refuse(arrival: Arrival, objection: Objection) -> Refusal:
    """In few words."""
    reply = OutMessage(arrival.reply_to.topic, objection.name.encode(), correlation=arrival.reply_to.correlation)
    return Refusal(reply, objection is Objection.QUEUE_FULL, ErrorCode.QUEUE_FULL)


def append(journal: Journal, arrivals: Sequence[Arrival], *, room: int = 10_000) -> list[Pending]:
    """With a queue that has room."""
    return journal.append(arrivals, room=room, refuse=refuse)


def answer(content: Prompt, payload: bytes = b"yes") -> OutMessage:
    return OutMessage(content.reply_to.topic, payload, correlation=content.reply_to.correlation)


def sent(journal: Journal) -> list[OutMessage]:
    """Everything in the outbox, which is empty afterwards."""
    items = journal.outbox(limit=10_000)
    journal.mark_sent([item.seq for item in items])
    return [item.message for item in items]
