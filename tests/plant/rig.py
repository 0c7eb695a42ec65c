"""A board, an engine on it, and the real parts that keep it in its budget; in simulated time."""

import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from agent.clock import Clock
from agent.engine.child import Loop
from agent.engine.pipe import Admit, Cancel, Pace, ToAgent
from agent.engine.protocol import Finished, GenerationRequest, Progress
from agent.events import Event
from agent.governor import Doing, Governor, PowerPlan
from agent.platform.readings import DeviceReadings, PowerReadings, Sampled
from agent.platform.sampler import JITTER, POWER_EVERY
from agent.platform.sensors import Sensors
from agent.prompt import Message, PromptId, Role, Sampling
from agent.scheduler import Limits
from agent.units import Milliwatts, Ratio, Seconds, UnixSeconds
from tests.boards import BOARDS, BoardTree
from tests.plant.boards import PLANT_BOARDS
from tests.plant.engine import PlantEngine
from tests.plant.pipe import PlantPipe
from tests.plant.sysfs import PlantSysfs
from tests.plant.world import World

_DEVICE_EVERY = 10
"""Power samples for each sample of the rest."""
_LEAVE_S = 10.0
"""What runs on a model that is not wanted any more has so long, as with the real host."""
SWITCH_S = _LEAVE_S + 5.0
"""From when another model is wanted until it is loaded."""


@dataclass(frozen=True)
class Load:
    """What is asked of the engine.

    Attributes:
        at_once: Requests that are there at any time.
        prompt_tokens: Of each.
        answer_tokens: Likewise.
    """

    at_once: int = 1
    prompt_tokens: int = 128
    answer_tokens: int = 200


@dataclass
class Trace:
    """What happened, at each sample of the meter."""

    times: list[float] = field(default_factory=list)
    duties: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class Rig:
    """One run. A context manager, because its tree may hold files open.

    Args:
        name: Of the board.
        folder: Where its tree is written.
        budget: Watts; None: no limit.
        load: What is asked.
        max_batch: Requests that the engine advances at once.
        duty: A constant duty, set by nobody but the caller; None: the governor's.
        refuse_unmetered: As the configuration's.
        fallback: A smaller model.
        draws: What models add, relative to the board's; the first one, "plant", too.
        air: Degrees around the board.
        wander: Of the base.
    """

    def __init__(  # noqa: PLR0913 - a rig has many screws
        self,
        name: str,
        folder: Path,
        *,
        budget: float | None = None,
        load: Load | None = None,
        max_batch: int = 1,
        duty: float | None = None,
        refuse_unmetered: bool = False,
        fallback: str | None = None,
        draws: Mapping[str, float] = MappingProxyType({"plant": 1.0}),
        air: float = 25.0,
        wander: float = 0.01,
    ) -> None:
        trips = [zone.trips for zone in BOARDS[name].zones]
        passive = [degrees / 1000 for zone in trips for kind, degrees in zone if kind == "passive"]
        self.world = World(PLANT_BOARDS[name], air=air, throttles_at=min(passive, default=None), wander=wander)
        self.engine = PlantEngine(self.world, max_batch, draws=draws["plant"])
        self.pipe = PlantPipe(self.world, self._hear)
        self.tree = BoardTree(folder, BOARDS[name])
        self.sysfs = PlantSysfs(self.tree, self.world)
        self.trace = Trace()
        self.events: list[Event] = []
        self.used: list[tuple[float, str]] = []
        self.load = load or Load()
        self._draws = draws
        self._names = count()
        self._running: set[PromptId] = set()
        self._is_asked = self._is_loading = False
        self._prefill = self._decode = 0.0
        self._duty = duty
        self._limits = Limits(Ratio(1.0), max_batch, "plant", "")
        self._sensors = Sensors(self.tree.root, now=self.world.now)
        self._power: PowerReadings | None = None
        self._device: DeviceReadings | None = None
        self._ticks = 0
        self._jitter = random.Random(1)  # noqa: S311 - as the sampler's
        self.governor = Governor(
            PowerPlan(None if budget is None else Milliwatts(budget * 1000), (), refuse_unmetered, "plant", fallback),
            clock=Clock("plant", self.world.now, lambda: UnixSeconds(self.world.now())),
            sampled=self._sampled,
            doing=self._doing,
            apply=self._obey,
            emit=self.events.append,
            use_model=self.use,
        )
        self.governor.model_loaded("plant", "plant")
        if duty is not None:
            self.pipe.inbox.append(Pace(Ratio(duty)))
        self.world.at(POWER_EVERY, self._tick)

    def __enter__(self) -> Self:
        """The rig."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go of the tree."""
        self.tree.__exit__(kind, error, traceback)

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Have something happen at a moment."""
        self.world.at(time, do)

    def run(self, seconds: float, *, idle: float = 2.0) -> None:
        """Run from the start: first idle, then under load."""
        self.world.at(idle, self._feed)
        self.world.at(seconds, self.pipe.close)
        with contextlib.suppress(EOFError):
            Loop(self.pipe, self.engine, self.world.now).run()

    def blind(self, *, blind: bool) -> None:
        """Have the meter's files hold garbage, or numbers again."""
        self.sysfs.blind = blind

    def draw(self, watts: float) -> None:
        """Have something else on the board draw so much from now on."""
        self.world.extra_w = watts

    def ask(self, load: Load) -> None:
        """Another load from now on; what runs goes on."""
        self.load = load
        self._feed()

    def use(self, model: str) -> None:
        """Load another model, once what runs has had its time."""
        self.used.append((self.world.now(), model))
        self._is_loading = True
        self.world.at(self.world.now() + _LEAVE_S, lambda: self.pipe.inbox.extend(map(Cancel, self._running)))
        self.world.at(self.world.now() + SWITCH_S, lambda: self._has_loaded(model))

    def _has_loaded(self, model: str) -> None:
        self._is_loading = False
        self.engine.draws = self._draws[model]
        self.governor.model_loaded(model, "plant")
        self._feed()

    def _feed(self) -> None:
        self._is_asked = True
        limits = self._limits
        most = (
            0
            if limits.model is None or self._is_loading
            else min(self.load.at_once, limits.max_running, self.engine.max_batch)
        )
        while len(self._running) < most:
            request = GenerationRequest(
                PromptId(f"r{next(self._names)}"),
                (Message(Role.USER, str(self.load.prompt_tokens)),),
                Sampling(self.load.answer_tokens),
            )
            self._running.add(request.id)
            self.pipe.inbox.append(Admit(request))

    def _hear(self, message: ToAgent) -> None:
        match message:
            case Progress(busy=busy, prefill=prefill):
                self._prefill += prefill
                self._decode += busy - prefill
            case Finished(id=request_id):
                self._running.remove(request_id)
                self._feed()
            case _:
                pass

    def _tick(self) -> None:
        self._ticks += 1
        self.world.at(self.world.now() + POWER_EVERY * self._jitter.uniform(1 - JITTER, 1 + JITTER), self._tick)
        if self._duty is None:
            self.sysfs.write_power()
            self._power = self._sensors.power()
            if self._ticks % _DEVICE_EVERY == 1:
                self.sysfs.write_heat()
                self._device = self._sensors.device()
            self.governor.tick()
        self.trace.times.append(self.world.now())
        self.trace.duties.append(self._limits.duty if self._duty is None else self._duty)
        self.trace.states.append(self.governor.state.state)

    def _sampled(self) -> Sampled:
        return Sampled(self._power, self._device, None, "not sampled yet" if self._power is None else None)

    def _doing(self) -> Doing:
        return Doing(
            Seconds(self._prefill),
            Seconds(self._decode),
            len(self._running),
            self.engine.max_batch,
            is_loading=self._is_loading,
        )

    def _obey(self, limits: Limits) -> None:
        if limits.duty != self._limits.duty:
            self.pipe.inbox.append(Pace(limits.duty))
        could = self._limits
        self._limits = limits
        if self._is_asked and limits.max_running > could.max_running:
            self._feed()
