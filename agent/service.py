"""The agent as a process: from its configuration to its exit code."""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
from typing import TypeVar

from agent import __version__
from agent.app import Agent
from agent.clock import Clock
from agent.config import Config
from agent.counted_start import CountedStart
from agent.errors import StopError, StorageFullError
from agent.journal import JournalThread
from agent.restarting import RESTART, Restarting
from agent.systemd import Systemd
from agent.units import Bytes

_ErrorT = TypeVar("_ErrorT", bound=BaseException)
_log = logging.getLogger(__name__)


def run(config: Config, *, source: str) -> int:
    """Serve until SIGTERM or SIGINT, then stop in order; a second signal ends the process at once.

    Args:
        config: What to serve.
        source: Where that comes from, in words.

    Returns:
        The process's exit code: 0, or `RESTART` when it is to be started anew.

    Raises:
        StopError: The agent cannot start or go on; it has the exit code.
    """
    faulthandler.enable()  # where everything stands when systemd's watchdog ends the process, without a core dump
    try:
        return asyncio.run(_serve(config, source))
    except* StopError as group:
        raise _first_leaf(group) from None
    except* StorageFullError as group:
        raise StopError(f"no room in {config.state_dir}: {_first_leaf(group)}. Free some, then start again") from None


async def _serve(config: Config, source: str) -> int:
    clock = Clock.of_this_machine()
    stop = _stop_signal()
    prompts = f"{config.topic_prefix}/prompt"
    _log.info("starting", extra={"version": __version__, "configuration": source, "prompts": prompts})
    opened = JournalThread.open(
        config.state_dir / "journal.db",
        clock=clock,
        keep=config.journal.keep,
        max_size=Bytes(config.journal.max_size),
    )
    # Taken from the environment before the engine's process could inherit it.
    with contextlib.closing(Systemd.of(os.environ)) as systemd:
        async with opened as journal:
            restarting = Restarting()
            start = CountedStart.of(os.environ)
            await _run(Agent(config, journal, clock, systemd, restarting), stop, restarting, config, start)
    _log.info("stopped")
    return RESTART if restarting.is_asked else 0


async def _run(agent: Agent, stop: asyncio.Event, restarting: Restarting, config: Config, start: CountedStart) -> None:
    await agent.recover()
    async with agent.started():
        has_served = not stop.is_set()  # else systemd ends it, which has waited too long
        await asyncio.to_thread(start.serves)
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(restarting.asked())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        _log.info("stopping", extra={"timeout_s": config.stop_timeout})
        await agent.drain()
    if has_served:
        start.ended_in_order()


def _stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. Either signal a second time does what it does by default: end the process.

    That loses nothing: what runs is in the journal, and the engine's process ends with the agent.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def requested() -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(signum)
            signal.signal(signum, signal.SIG_DFL)
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, requested)
    return stop


def _first_leaf(group: BaseExceptionGroup[_ErrorT]) -> _ErrorT:
    first = group.exceptions[0]
    return _first_leaf(first) if isinstance(first, BaseExceptionGroup) else first
