"""How tight memory is while the agent runs, with hysteresis. Pure.

A model is loaded so that the reserve stays free. Half of it gone means that others have grown into it; it is calm again
when most of it has been there for a while.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.budget.memory import MemoryNow
from agent.units import Bytes, Seconds

_LOW = 0.5
_CRITICAL = 0.125
_CALM = 0.75
"""Shares of the reserve."""
_WAITING = 0.2
_WAITING_CALM = 0.1
"""Shares of the time in which some task waits for memory. They count only where the reserve is touched: a task that
waits for its own page of a file does so on a machine with gigabytes free, too."""
CALM_FOR = Seconds(5.0)


class Level(StrEnum):
    """How tight it is."""

    CALM = "calm"
    LOW = "low"
    """No more prompts are started, and an idle model is unloaded."""
    CRITICAL = "critical"
    """The kernel is about to kill something: the model goes at once."""


@dataclass(frozen=True, slots=True)
class PressureState:
    """What is remembered from one reading to the next.

    Attributes:
        since: Of this level, on the boot clock.
        relaxed_since: Since when it has looked calm, while the level is not.
    """

    level: Level
    since: Seconds
    relaxed_since: Seconds | None = None


def next_pressure(state: PressureState, now: MemoryNow, reserve: Bytes, at: Seconds) -> PressureState:
    """The state after a reading."""
    level = _level(now, reserve)
    if state.level is Level.CALM:
        return state if level is Level.CALM else PressureState(level, at)
    if level is Level.CRITICAL and state.level is Level.LOW:
        return PressureState(level, state.since)
    if not _is_relaxed(now, reserve):
        return PressureState(state.level, state.since)
    relaxed_since = at if state.relaxed_since is None else state.relaxed_since
    if at - relaxed_since >= CALM_FOR:
        return PressureState(Level.CALM, at)
    return PressureState(state.level, state.since, relaxed_since)


def _level(now: MemoryNow, reserve: Bytes) -> Level:
    if now.available < reserve * _CRITICAL:
        return Level.CRITICAL
    waits = now.waiting is not None and now.waiting > _WAITING and now.available < reserve
    return Level.LOW if waits or now.available < reserve * _LOW else Level.CALM


def _is_relaxed(now: MemoryNow, reserve: Bytes) -> bool:
    waits = now.waiting is not None and now.waiting > _WAITING_CALM and now.available < reserve
    return now.available >= reserve * _CALM and not waits
