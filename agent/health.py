"""Tells systemd that the agent is up, how it stands, and, while its own parts go on, that it has not hung.

The loop proves itself by running this, the journal's thread by answering a call, the link's task by moving on in time.
The engine has no say: one that hangs is killed and replaced by the agent (`engine.step_timeout`). Nor has the broker:
waiting for it is no hang. docs/adr/0038-what-the-watchdog-watches.md says why these.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.clock import Clock
from agent.systemd import Systemd
from agent.units import Seconds

_EVERY = Seconds(2.0)
"""How often systemd is told; more often where its watchdog is shorter."""

_BEATS = 4
"""So many times at least within the watchdog's time."""

_PATIENCE = 0.5
"""The share of the watchdog's time that the journal may take to answer."""

_STOP_MARGIN = Seconds(10.0)
"""What ending the engine and closing the journal may take beyond `stop_timeout`."""

_PER_SECOND = 1_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the agent stands.

    Attributes:
        model: The one that is loaded; None while none is.
        limits: What the power allows now, and why, for a person.
    """

    connected: bool
    model: str | None
    running: int
    queued: int
    limits: str
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """Of life.

    Attributes:
        journal_answered: When the journal's thread last did, on the boot clock.
        link_moves_by: When the link's task will have moved on at the latest, likewise.
    """

    journal_answered: Seconds
    link_moves_by: Seconds


def status_text(standing: Standing) -> str:
    """One line for `systemctl status`."""
    doing = "draining" if standing.draining else "serving" if standing.connected else "no connection to the broker"
    parts = [
        doing,
        "no model loaded" if standing.model is None else standing.model,
        f"{standing.running} running, {standing.queued} waiting",
        standing.limits,
    ]
    return "; ".join(" ".join(part.split()) for part in parts)


def hung_part(signs: Signs, now: Seconds, patience: Seconds) -> str | None:
    """What does not go on any more; None when everything does."""
    if now - signs.journal_answered > patience:
        return "journal"
    if now > signs.link_moves_by:
        return "link"
    return None


class Health:
    """Speaks to systemd for the agent.

    Args:
        systemd: Who is told.
        ask_journal: Calls the journal, and returns when its thread has answered.
        link_moves_by: As in `Signs`.
        standing: How the agent stands.
        clock: The time.
    """

    def __init__(
        self,
        systemd: Systemd,
        *,
        ask_journal: Callable[[], Awaitable[None]],
        link_moves_by: Callable[[], Seconds],
        standing: Callable[[], Standing],
        clock: Clock,
    ) -> None:
        self._systemd = systemd
        self._ask_journal = ask_journal
        self._link_moves_by = link_moves_by
        self._standing = standing
        self._clock = clock
        self._every = _EVERY if systemd.watchdog is None else Seconds(min(_EVERY, systemd.watchdog / _BEATS))
        self._journal_answered = clock.now()
        self._is_stopping = False
        self._hung: str | None = None

    async def run(self) -> None:
        """Say that the agent is up, then how it stands, until cancelled. Without systemd there is nothing to do."""
        if not self._systemd.listens:
            return
        self._journal_answered = self._clock.now()
        self._systemd.tell("READY=1", *self._news())
        async with asyncio.TaskGroup() as tasks:
            if self._systemd.watchdog is not None:
                tasks.create_task(self._listen_to_journal(), name="journal's sign of life")
            while True:
                await asyncio.sleep(self._every)
                self._systemd.tell(*self._news())

    def stopping(self, timeout: Seconds) -> None:
        """Say that the agent stops, which may take so long."""
        self._is_stopping = True
        allowed = round((timeout + _STOP_MARGIN) * _PER_SECOND)
        self._systemd.tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={allowed}", *self._news())

    async def _listen_to_journal(self) -> None:
        """One call at a time: questions to a thread that hangs would pile up."""
        while True:
            await self._ask_journal()
            self._journal_answered = self._clock.now()
            await asyncio.sleep(self._every)

    def _news(self) -> list[str]:
        text = status_text(self._standing())
        news = [f"STATUS={'stopping; ' if self._is_stopping else ''}{text}"]
        if self._systemd.watchdog is not None and self._goes_on(self._systemd.watchdog):
            news.append("WATCHDOG=1")
        return news

    def _goes_on(self, watchdog: Seconds) -> bool:
        signs = Signs(self._journal_answered, self._link_moves_by())
        hung = hung_part(signs, self._clock.now(), Seconds(watchdog * _PATIENCE))
        if hung is not None and hung != self._hung:
            _log.error("watchdog_not_fed", extra={"hung": hung, "hint": "systemd is about to start the agent anew"})
        self._hung = hung
        return hung is None
