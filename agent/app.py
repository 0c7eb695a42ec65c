"""Builds and wires everything, starts it in order, stops it in reverse. The only place that knows all parts."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TypeVar

from agent import __version__
from agent.accounting import EnergyAccounting
from agent.alarms import Alarms
from agent.backlog import build_backlog
from agent.candidates import candidates
from agent.clock import Clock
from agent.commands import Handlers
from agent.commands.commander import Commander
from agent.config import Config
from agent.config_file import read_schemas
from agent.counters import Counters
from agent.draining import Draining
from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.errors import NotConnectedError, StopError, StorageFullError
from agent.event_log import EventLog
from agent.events import EngineLost, JournalSetAside, ModelLoaded, ModelUnloaded
from agent.governor import Doing, Governor
from agent.intake import Intake
from agent.journal import Journal, JournalThread
from agent.learnt import LearntModels
from agent.link import Link, PublishRefusedError
from agent.memory_governor import MemoryGovernor
from agent.metrics import MetricsEndpoint
from agent.platform.footprint import footprint
from agent.platform.identity import identify
from agent.platform.memory_now import MemoryGauge
from agent.platform.readings import DeviceReadings, PowerReadings
from agent.platform.sampler import Sampler
from agent.power_plan import power_plan
from agent.presence import Presence
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.scheduler import Limits
from agent.sources.interpret import Interpreter, pool_subscriptions, subscriptions
from agent.sources.mqtt import MqttSource
from agent.telemetry import Telemetry
from agent.units import Bytes, Seconds
from agent.vitals import Parts, Vitals
from agent.worker import Worker

_PRUNE_EVERY = Seconds(30.0)
_FLUSH_SHARE = 0.25
"""Share of the stop timeout that is left for unsent replies after the running prompts have had theirs."""

_GOODBYE = Seconds(1.0)
"""How long the broker may take to acknowledge that the agent has stopped."""

_ValueT = TypeVar("_ValueT")
_ErrorT = TypeVar("_ErrorT", bound=BaseException)
_log = logging.getLogger(__name__)


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT, then stop in order; a second signal ends the process at once.

    Returns:
        The process's exit code.

    Raises:
        StopError: The agent cannot start or go on; it has the exit code.
    """
    try:
        asyncio.run(_serve(config))
    except* StopError as group:
        raise _first_leaf(group) from None
    except* StorageFullError as group:
        raise StopError(f"no room in {config.state_dir}: {_first_leaf(group)}. Free some, then start again") from None
    return 0


async def _serve(config: Config) -> None:
    clock = Clock.of_this_machine()
    stop = _stop_signal()
    _log.info("starting", extra={"version": __version__, "prompts": f"{config.topic_prefix}/prompt"})
    opened = JournalThread.open(
        config.state_dir / "journal.db",
        clock=clock,
        keep=config.journal.keep,
        max_size=Bytes(config.journal.max_size),
    )
    async with opened as journal:
        agent = _Agent(config, journal, clock)
        await agent.recover()
        async with agent.started():
            await stop.wait()
            _log.info("stopping", extra={"timeout_s": config.stop_timeout})
            await agent.drain()
    _log.info("stopped")


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


class _Agent:
    """The parts, wired."""

    def __init__(self, config: Config, journal: JournalThread, clock: Clock) -> None:
        prefix = config.topic_prefix
        outbox_changed = asyncio.Event()
        self._status_changed = asyncio.Event()
        self._config = config
        self._journal = journal
        self._counters = Counters()
        self._presence = Presence(prefix, clock)
        self._events = EventLog(journal, topic=f"{prefix}/event", clock=clock, wake_publisher=outbox_changed.set)
        self._energy = EnergyAccounting(is_loaded=lambda: self._engine.capabilities is not None)
        models = candidates(config)
        self._engine = EngineHost(
            EngineSpec(models[0].model, models[0].model_dir, loader="agent.engine.ort_genai:load"),
            load_timeout=config.engine.load_timeout,
            step_timeout=config.engine.step_timeout,
            on_event=self._engine_event,
            on_progress=self._energy.ran,
        )
        self._link = Link(
            config.broker,
            client_id=f"jetson-agent-{config.device.id}",
            subscriptions=subscriptions(config),
            will=self._presence.lost(),
            birth=self._presence.online,
            max_payload=config.queue.max_payload,
            clock=clock,
        )
        self._publisher = Publisher(
            journal, self._link, changed=outbox_changed, event_topic=f"{prefix}/event", emit=self._events.emit
        )
        self._worker = Worker(
            journal,
            self._engine,
            clock=clock,
            publish_lossy=self._link.publish_lossy,
            wake_publisher=outbox_changed.set,
            counters=self._counters,
            energy=self._energy,
        )
        self._memory = MemoryGovernor(
            config.memory,
            models,
            self._engine,
            self._worker,
            gauge=MemoryGauge().read,
            footprint=footprint,
            learnt=LearntModels(config.state_dir / "memory.json"),
            emit=self._events.emit,
            now=clock.now,
        )
        intake = Intake(
            journal,
            self._worker,
            max_prompts=config.queue.max_prompts,
            wake_publisher=outbox_changed.set,
            counters=self._counters,
        )
        draining = Draining(
            self._worker,
            self._link,
            self._presence,
            pools=pool_subscriptions(config),
            changed=self._status_changed.set,
        )
        self._commander = Commander(
            journal, Handlers(drain=draining.set), topic=f"{prefix}/command", wake_publisher=outbox_changed.set
        )
        self._source = MqttSource(
            self._link,
            intake,
            Interpreter(config, read_schemas(config)),
            cancel=self._worker.cancel,
            commander=self._commander,
            emit=self._events.emit,
        )
        self._alarms = Alarms()
        self._sampler = Sampler(on_power=_in_the_loop(self._power), on_device=_in_the_loop(self._device))
        self._backlog = build_backlog(config, self._link, self._publisher, clock)
        self._governor = Governor(
            power_plan(config),
            clock=clock,
            sampled=self._sampler.look,
            doing=self._doing,
            apply=self._obey,
            emit=self._events.emit,
        )
        parts = Parts(
            worker=self._worker,
            engine=self._engine,
            memory=self._memory,
            governor=self._governor,
            link=self._link,
            journal=journal,
            sampler=self._sampler,
            counters=self._counters,
            energy=self._energy,
            spool=None if self._backlog is None else self._backlog.spool,
        )
        vitals = Vitals(parts, device=config.device.id, machine=identify(), clock=clock)
        keep = None if self._backlog is None else self._backlog.keep
        self._telemetry = Telemetry(config, self._link, snapshot=vitals.snapshot, keep=keep, clock=clock)

    async def recover(self) -> None:
        """Take up what the last run left."""
        pending = await self._journal.run(Journal.recover)
        self._worker.offer(pending)
        await self._commander.recover()
        damaged = await self._journal.run(lambda journal: journal.damaged)
        if damaged is not None:
            self._events.emit(JournalSetAside(path=str(damaged)))
        _log.info("recovered", extra={"queued": len(pending)})

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Everything runs; at the end it is stopped in reverse order of dependence."""
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self._sampler)
            if self._config.telemetry.port is not None:
                stack.enter_context(MetricsEndpoint(self._config.telemetry.port, lambda: self._telemetry.latest))
            if self._backlog is not None:
                stack.enter_context(self._backlog.spool)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())

            def start(coroutine: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
                return tasks.create_task(coroutine, name=name)

            running = [
                start(self._engine.run(), "engine"),
                start(self._memory.run(), "memory"),
                start(self._link.run(), "link"),
                start(self._events.run(), "events"),
                start(self._prune(), "prune"),
                start(self._announce(), "announce"),
                start(self._publisher.run(), "publisher"),
                start(self._worker.run(), "worker"),
                start(self._commander.run(), "commands"),
                start(self._governor.run(), "governor"),
                start(self._telemetry.run(), "telemetry"),
            ]
            if self._backlog is not None:
                running.append(start(self._backlog.run(), "backlog"))
            self._taking = start(self._source.run(), "source")
            yield
            for task in (self._taking, *reversed(running)):
                task.cancel()

    async def drain(self) -> None:
        """Stop taking; finish or put back what runs; send what is unsent; say goodbye. Within the stop timeout."""
        self._taking.cancel()
        flush_timeout = self._config.stop_timeout * _FLUSH_SHARE
        await self._worker.drain(Seconds(self._config.stop_timeout - flush_timeout))
        await self._events.write()
        if not self._link.is_connected:
            _log.warning("stopped_while_disconnected", extra={"unsent": "stays in the journal for the next start"})
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(flush_timeout):
                await self._publisher.flushed()
        # Also with replies unsent: a clean disconnect takes the will back, so that nobody else says it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await self._say(self._presence.stopped())

    async def _say(self, status: OutMessage) -> None:
        """Publish a status, as far as the broker is there and lets us."""
        try:
            await self._link.publish(status)
        except NotConnectedError:
            pass  # the link says it at the next connect
        except PublishRefusedError as error:
            _log.error("status_refused", extra={"topic": status.topic, "reason": str(error)})

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(_PRUNE_EVERY)
            with contextlib.suppress(StorageFullError):  # the next time, then
                await self._journal.run(Journal.prune)

    async def _announce(self) -> None:
        """Say anew what `R/status` says; the link itself says it at each connect."""
        while True:
            await self._status_changed.wait()
            self._status_changed.clear()
            await self._say(self._presence.online())

    def _power(self, power: PowerReadings) -> None:
        self._energy.sampled(power)
        for event in self._alarms.of_power(power):
            self._events.emit(event)

    def _device(self, device: DeviceReadings) -> None:
        for event in self._alarms.of_device(device):
            self._events.emit(event)

    def _doing(self) -> Doing:
        prefill, decode = self._engine.busy
        loaded = self._engine.capabilities
        return Doing(prefill, decode, self._engine.running, 1 if loaded is None else loaded.max_batch)

    def _obey(self, limits: Limits) -> None:
        self._engine.pace(limits.duty)
        self._worker.limit(limits)

    def _engine_event(self, event: EngineEvent) -> None:
        self._events.emit(event)
        self._memory.engine_event(event)
        self._worker.engine_changed()
        if isinstance(event, EngineLost):
            self._counters.engine_lost()
        if isinstance(event, ModelLoaded):
            self._presence.model_loaded(event.model, event.context_length)
            self._status_changed.set()
        if isinstance(event, ModelUnloaded):
            self._presence.model_unloaded()
            self._status_changed.set()


def _in_the_loop(take: Callable[[_ValueT], None]) -> Callable[[_ValueT], None]:
    """The same, for callers in another thread."""
    loop = asyncio.get_running_loop()

    def hand_over(value: _ValueT) -> None:
        loop.call_soon_threadsafe(take, value)

    return hand_over


def _first_leaf(group: BaseExceptionGroup[_ErrorT]) -> _ErrorT:
    first = group.exceptions[0]
    return _first_leaf(first) if isinstance(first, BaseExceptionGroup) else first
