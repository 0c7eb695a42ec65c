"""Builds and wires everything, starts it in order, stops it in reverse. The only place that knows all parts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from functools import partial

from agent.accounting import EnergyAccounting
from agent.announcer import Announcer
from agent.backlog import build_backlog
from agent.batch_choice import BatchChoice
from agent.budget.pressure import Level
from agent.camera.optional import OptionalCameras, Surroundings
from agent.candidates import candidates
from agent.clock import Clock
from agent.commands import Handlers
from agent.commands.commander import Commander
from agent.config import AUTO, Config
from agent.config_file import read_schemas
from agent.counters import Counters
from agent.draining import Draining
from agent.egress import Egress
from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.engine.preference import MachineFacts, why_none
from agent.engine.protocol import Progress
from agent.engine.speculation import Speculation
from agent.engine_choice import EngineChoice
from agent.engine_outcomes import EngineOutcomes
from agent.event_log import EventLog
from agent.events import EngineLost, JournalSetAside, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.fleet import optional as fleet
from agent.governor import Doing, Governor
from agent.health import Health, Standing
from agent.intake import Intake
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.learnt import LearntModels
from agent.link import Link
from agent.link.former import former_filters
from agent.memory_governor import MemoryGovernor
from agent.metrics import MetricsEndpoint
from agent.mode_keeper import ModeKeeper
from agent.model_choice import ModelChoice
from agent.platform.footprint import footprint
from agent.platform.identity import has_nvidia_gpu, identify
from agent.platform.memory_now import MemoryGauge
from agent.platform.nvpmodel import ModeSetter, find_access, tool_for
from agent.platform.sampler import Sampler
from agent.power_plan import power_plan
from agent.presence import Presence
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.restarting import Restarting
from agent.scheduler import Limits
from agent.sensing import Sensing
from agent.sources.interpret import Interpreter, pool_subscriptions, subscriptions
from agent.sources.mqtt import MqttSource
from agent.systemd import Systemd
from agent.telemetry import Telemetry
from agent.units import Seconds
from agent.upstreams import Upstreams, with_local_fallback
from agent.vitals import Parts, Vitals
from agent.worker import Worker

_FLUSH_SHARE = 0.25
"""Share of the stop timeout that is left for unsent replies after the running prompts have had theirs."""

_log = logging.getLogger(__name__)


class Agent:
    """The parts, wired."""

    def __init__(
        self, config: Config, journal: JournalThread, clock: Clock, systemd: Systemd, restarting: Restarting
    ) -> None:
        prefix = config.topic_prefix
        outbox_changed = asyncio.Event()
        self._config = config
        self._journal = journal
        self._counters = Counters()
        self._presence = Presence(prefix, clock)
        self._events = EventLog(journal, topic=f"{prefix}/event", clock=clock, wake_publisher=outbox_changed.set)
        self._energy = EnergyAccounting(is_loaded=lambda: self._engine.capabilities is not None)
        models = candidates(config)
        self._engines = EngineChoice(
            models,
            EngineOutcomes(config.state_dir / "engines.json"),
            machine=MachineFacts(has_gpu=has_nvidia_gpu()),
            load_timeout=config.engine.load_timeout,
            is_auto=config.model.engine == AUTO,
            now=clock.now,
        )
        first = models[0]
        self._engine = EngineHost(
            EngineSpec(
                first.model,
                first.model_dir,
                first.engine.loader,
                engine=first.engine.name,
                speculation=Speculation(config.model.speculation),
            ),
            load_timeout=config.engine.load_timeout,
            step_timeout=config.engine.step_timeout,
            on_event=self._engine_event,
            on_progress=self._ran,
        )
        self._link = Link(
            config.broker,
            client_id=f"jetson-agent-{config.device.id}",
            subscriptions=subscriptions(config),
            former=partial(former_filters, config.state_dir / "subscriptions.json", subscriptions(config)),
            will=self._presence.lost(),
            birth=self._birth,
            max_payload=config.queue.max_payload,
            clock=clock,
        )
        self._announcer = Announcer(self._link, self._presence)
        self._publisher = Publisher(
            journal, self._link, changed=outbox_changed, event_topic=f"{prefix}/event", emit=self._events.emit
        )
        self._cameras = OptionalCameras()
        self._worker = Worker(
            journal,
            self._engine,
            clock=clock,
            publish_lossy=self._link.publish_lossy,
            wake_publisher=outbox_changed.set,
            counters=self._counters,
            energy=self._energy,
            egress=Egress(config.upstreams),
            stands_in_for=tuple(with_local_fallback(config)),
            show=self._cameras.show,
        )
        self._upstreams = Upstreams(
            config,
            journal,
            clock=clock,
            publish_lossy=self._link.publish_lossy,
            wake_publisher=outbox_changed.set,
            counters=self._counters,
            fall_back=self._worker.offer,
            show=self._cameras.show,
        )
        self._lanes = Lanes(self._worker, self._upstreams.workers)
        self._memory = MemoryGovernor(
            config.memory,
            models,
            self._engine,
            self._worker,
            gauge=MemoryGauge().read,
            footprint=footprint,
            learnt=LearntModels(config.state_dir / "memory.json"),
            ways=self._engines.ways,
            does_not_load=self._does_not_load,
            gives_way=self._engines.gives_way,
            batches=BatchChoice(config.state_dir / "batching.json", config.model.max_running),
            emit=self._events.emit,
            on_lacking=lambda why: self._choice.lacks_room(why),  # noqa: PLW0108 - it is built below
            now=clock.now,
        )
        self._sensing = Sensing(self._energy, self._events.emit)
        self._sampler = Sampler(on_power=self._sensing.power, on_device=self._sensing.device)
        self._governor = Governor(
            power_plan(config),
            clock=clock,
            sampled=self._sampler.look,
            doing=self._doing,
            apply=self._obey,
            emit=self._events.emit,
            use_model=lambda model: self._choice.use(model),  # noqa: PLW0108 - it is built below
        )
        self._choice = ModelChoice(config, models, self._memory, engines=self._engines, on_wanted=self._governor.want)
        intake = Intake(
            journal,
            self._lanes,
            max_prompts=config.queue.max_prompts,
            wake_publisher=outbox_changed.set,
            counters=self._counters,
        )
        draining = Draining(
            self._lanes,
            self._link,
            self._presence,
            pools=pool_subscriptions(config),
            changed=self._announcer.changed,
        )
        surroundings = Surroundings(
            journal=journal,
            link=self._link,
            intake=intake,
            lanes=self._lanes,
            counters=self._counters,
            clock=clock,
            loaded=lambda: self._engine.capabilities,
            wake_publisher=outbox_changed.set,
            emit=self._events.emit,
        )
        self._cameras.build(config, surroundings)
        self._updates = fleet.OptionalUpdates()
        self._updates.build(
            config,
            fleet.Surroundings(
                draining=draining,
                presence=self._presence,
                announcer=self._announcer,
                lanes=self._lanes,
                engine=self._engine,
                energy=self._energy,
                counters=self._counters,
                restarting=restarting,
                room=lambda: self._worker.admission.room,
                wake=self._memory.wake,
                clock=clock,
                emit=self._events.emit,
            ),
        )
        self._commander = Commander(
            journal,
            Handlers(
                set_budget=self._set_budget,
                load_model=self._choice.load,
                drain=draining.set,
                snapshot=self._cameras.snapshot,
                update=self._updates.check_now,
                restart=restarting.by_command,
            ),
            topic=f"{prefix}/command",
            wake_publisher=outbox_changed.set,
        )
        self._source = MqttSource(
            self._link,
            intake,
            Interpreter(config, read_schemas(config)),
            cancel=self._lanes.cancel,
            commander=self._commander,
            set_camera=self._cameras.set,
            emit=self._events.emit,
        )
        self._backlog = build_backlog(config, self._link, self._publisher, clock)
        parts = Parts(
            lanes=self._lanes,
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
        self._health = Health(
            systemd,
            ask_journal=journal.answer,
            link_moves_by=lambda: self._link.moves_by,
            standing=self._standing,
            clock=clock,
        )

    async def recover(self) -> None:
        """Take up what the last run left."""
        pending = await self._journal.run(Journal.recover)
        self._lanes.offer(pending)
        await self._commander.recover()
        damaged = await self._journal.run(lambda journal: journal.damaged)
        if damaged is not None:
            self._events.emit(JournalSetAside(path=str(damaged)))
        _log.info("recovered", extra={"queued": len(pending)})

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Everything runs; at the end it is stopped in reverse order of dependence."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._upstreams)
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
                start(self._engines.run(), "engine outcomes"),
                start(self._memory.run(), "memory"),
                start(self._link.run(), "link"),
                start(self._events.run(), "events"),
                start(self._journal.keep_pruned(), "prune"),
                start(self._announcer.run(), "announce"),
                start(self._publisher.run(), "publisher"),
                start(self._lanes.run(), "workers"),
                start(self._commander.run(), "commands"),
                start(self._governor.run(), "governor"),
                start(self._sensing.watch(self._sampler.look), "sensing"),
                start(self._telemetry.run(), "telemetry"),
            ]
            if self._backlog is not None:
                running.append(start(self._backlog.run(), "backlog"))
            if self._config.power.nvpmodel == "manage":
                setter = ModeSetter(tool_for(find_access()), allowed=True)
                running.append(start(ModeKeeper(setter, self._governor).run(), "power mode"))
            running.append(start(self._updates.run(), "updates"))
            running.append(start(self._health.run(), "health"))
            self._taking = [start(self._source.run(), "source"), start(self._cameras.run(), "cameras")]
            yield
            for task in (*self._taking, *reversed(running)):
                task.cancel()

    async def drain(self) -> None:
        """Stop taking; finish or put back what runs; send what is unsent; say goodbye. Within the stop timeout."""
        self._health.stopping(self._config.stop_timeout)
        self._cameras.stopping()
        for task in self._taking:
            task.cancel()
        flush_timeout = self._config.stop_timeout * _FLUSH_SHARE
        await self._lanes.drain(Seconds(self._config.stop_timeout - flush_timeout))
        await self._events.write()
        if not self._link.is_connected:
            _log.warning("stopped_while_disconnected", extra={"unsent": "stays in the journal for the next start"})
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(flush_timeout):
                await self._publisher.flushed()
        # Also with replies unsent: what the broker would say by itself is that the connection broke.
        await self._announcer.say_goodbye()

    def _birth(self) -> OutMessage:
        self._cameras.connected()
        return self._presence.online()

    def _ran(self, model: str, progress: Progress) -> None:
        self._energy.ran(model, progress)
        self._engines.ran(progress)

    def _doing(self) -> Doing:
        prefill, decode = self._engine.busy
        loaded = self._engine.capabilities
        most = 1 if loaded is None else loaded.max_batch
        return Doing(prefill, decode, self._engine.running, most, is_loading=self._engine.is_loading)

    def _standing(self) -> Standing:
        loaded = self._engine.capabilities
        return Standing(
            connected=self._link.is_connected,
            model=None if loaded is None else loaded.model,
            running=self._lanes.running,
            queued=self._lanes.queued,
            limits=self._governor.state.reason,
            draining=self._presence.is_draining,
        )

    def _does_not_load(self, model: str) -> str | None:
        """A release on trial has to load the wanted model: another one's answers would prove it."""
        return None if self._presence.is_on_trial else self._engines.does_not_load(model)

    def _obey(self, limits: Limits) -> None:
        self._engine.pace(limits.duty)
        self._worker.limit(limits)

    async def _set_budget(self, watts: float | None) -> str:
        self._governor.set_budget(watts)
        return "the configured budget holds again" if watts is None else f"the budget is {watts:g} W"

    def _engine_event(self, event: EngineEvent) -> None:
        self._events.emit(event)
        self._engines.engine_event(event, memory_is_calm=self._memory.state.level is Level.CALM)
        self._memory.engine_event(event)
        self._choice.engine_event(event)
        self._worker.engine_changed()
        if isinstance(event, EngineLost):
            self._counters.engine_lost()
        if isinstance(event, ModelLoaded):
            reason = self._engines.why(event.model, event.engine)
            self._presence.model_loaded(event, reason)
            self._announcer.changed()
        if isinstance(event, ModelUnloaded | EngineLost):
            self._presence.model_unloaded()
            self._announcer.changed()
        if isinstance(event, ModelLoadFailed):
            self._presence.not_loaded(why_none(event.model, event.engine, event.reason))
            self._announcer.changed()
