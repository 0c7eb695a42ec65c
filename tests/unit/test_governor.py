"""The governor's loop: whose budget holds, who obeys, and that each sample counts once."""

import asyncio
import calendar
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.budget.schedule import Span
from agent.budget.state import PowerState
from agent.clock import Clock
from agent.config_file import load_config
from agent.events import Event, PowerLimited
from agent.governor import EVERY, IDLE_EVERY, Doing, Governor, PowerPlan
from agent.platform.readings import PowerReadings, Reading, Sampled, Total
from agent.power_plan import power_plan
from agent.scheduler import Limits
from agent.units import Milliwatts, MinuteOfDay, Seconds, UnixSeconds

NIGHT = Span(MinuteOfDay(22 * 60), MinuteOfDay(6 * 60), Milliwatts(8000.0))
NOON = UnixSeconds(calendar.timegm((2026, 11, 25, 12, 0, 0)))


@dataclass
class Bench:
    """A governor of a machine that draws 5 W, and 10 W more with its engine."""

    plan: PowerPlan
    now: float = 100.0
    wall: float = NOON
    samples: bool = True
    busy: float = 0.0
    loading: bool = False
    running: int = 1
    idle: bool = False
    limits: Limits | None = None
    events: list[Event] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build it."""
        self._power: PowerReadings | None = None
        self.governor = Governor(
            self.plan,
            clock=Clock("boot", lambda: Seconds(self.now), lambda: UnixSeconds(self.wall)),
            sampled=lambda: Sampled(self._power, None, None, None if self._power else "not yet"),
            doing=lambda: Doing(Seconds(0.0), Seconds(self.busy), 0 if self.loading else self.running, 1, self.loading),
            apply=self._obey,
            emit=self.events.append,
            use_model=self.models.append,
        )

    def _obey(self, limits: Limits) -> None:
        self.limits = limits

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            duty = 0.0 if self.idle else self.governor.state.limits.duty
            self.now += 0.1
            self.wall += 0.1
            self.busy += 0.1 * duty
            if self.samples:
                total = Milliwatts(5000.0 + 10_000.0 * duty)
                self._power = PowerReadings(Seconds(self.now), Reading(total), Total((), ""), ())
            self.governor.tick()

    def budget(self) -> float | None:
        return self.governor.state.budget

    def is_metered(self) -> bool:
        return self.governor.state.state is not PowerState.UNMETERED


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def plan(budget: float | None = 12.0, *spans: Span, fallback: str | None = None) -> PowerPlan:
    watts = None if budget is None else Milliwatts(budget * 1000)
    return PowerPlan(watts, spans, refuse_unmetered=False, model="big", fallback=fallback)


def test_it_obeys_and_is_obeyed() -> None:
    bench = Bench(plan())
    bench.run(30)
    assert bench.limits is not None
    assert bench.limits == bench.governor.state.limits
    assert bench.limits.duty == pytest.approx(0.7, abs=0.03)
    assert [type(event) for event in bench.events] == [PowerLimited]


def test_the_schedule_holds_by_local_time() -> None:
    bench = Bench(plan(12.0, NIGHT))
    bench.run(0.1)
    assert bench.budget() == 12_000.0
    bench.wall += 11 * 3600
    bench.run(0.1)
    assert bench.budget() == 8000.0
    bench.wall += 8 * 3600
    bench.run(0.1)
    assert bench.budget() == 12_000.0


def test_a_command_counts_more_until_it_is_taken_back() -> None:
    bench = Bench(plan(None, NIGHT))
    bench.governor.set_budget(9.5)
    bench.run(0.1)
    assert bench.budget() == 9500.0
    bench.wall += 11 * 3600
    bench.run(0.1)
    assert bench.budget() == 9500.0
    bench.governor.set_budget(None)
    bench.run(0.1)
    assert bench.budget() == 8000.0


def test_a_sample_counts_once_however_often_it_is_looked_at() -> None:
    bench = Bench(plan())
    bench.run(10)
    bench.samples = False
    bench.run(1.9)
    assert bench.is_metered()
    bench.run(0.3)
    assert not bench.is_metered()
    bench.samples = True
    bench.run(0.2)
    assert bench.is_metered()


def test_a_suspended_machine_has_not_waited() -> None:
    bench = Bench(plan(5.2, fallback="small"))
    bench.run(3)
    bench.samples = False
    bench.now += 3600
    bench.governor.tick()
    assert bench.is_metered(), "the next sample is due"
    assert bench.models == [], "the model was not too much for an hour"


def test_the_fallback_is_called_for_and_the_model_called_back() -> None:
    bench = Bench(plan(5.2, fallback="small"))
    bench.run(15)
    assert bench.models == ["small"]
    bench.governor.set_budget(20)
    bench.run(25)
    assert bench.models == ["small", "big"]


def test_while_a_model_loads_it_waits() -> None:
    bench = Bench(plan(5.2, fallback="small"))
    bench.run(2)
    bench.loading = True
    bench.run(60)
    assert bench.models == []
    bench.loading = False
    bench.run(7)
    assert bench.models == ["small"]


def test_another_model_is_wanted_and_its_watts_are_learnt_anew() -> None:
    bench = Bench(plan(None, fallback="small"), idle=True, running=0)
    bench.run(3)
    bench.idle, bench.running = False, 1
    bench.run(5)
    assert bench.governor.rise is None, "too little was seen"
    bench.run(10)
    assert bench.governor.rise == pytest.approx(10_000, rel=0.08)
    assert bench.governor.without_engine == pytest.approx(5000, rel=0.1)
    bench.governor.want("other", "small")
    assert bench.governor.rise is None
    bench.run(1)
    assert bench.limits is not None
    assert bench.limits.model == "other"
    assert bench.models == [], "who ordered it knows"


def test_a_model_that_replaces_another_one_begins_with_care_at_once() -> None:
    bench = Bench(plan(20.0))
    bench.governor.model_loaded("big", "engine")
    bench.run(10)
    assert bench.limits is not None
    bench.governor.model_loaded("big", "engine")
    assert bench.limits.duty == 1.0, "the same, after the engine was lost"
    for other in (("big", "another engine"), ("other", "another engine")):
        bench.governor.model_loaded(*other)
        assert bench.limits.duty < 0.1
        bench.run(10)
        assert bench.limits.duty == 1.0


def test_without_a_budget_it_does_not() -> None:
    bench = Bench(plan(None))
    bench.governor.model_loaded("big", "engine")
    bench.run(3)
    bench.governor.model_loaded("other", "engine")
    assert bench.limits is not None
    assert bench.limits.duty == 1.0


def test_another_model_without_a_smaller_one_is_not_stopped_where_the_last_one_had_one() -> None:
    bench = Bench(plan(5.2, fallback="small"))
    bench.run(8)
    assert bench.models == ["small"]
    bench.governor.want("small", None)
    bench.run(1)
    assert bench.limits is not None
    assert bench.limits.model == "small"


async def test_between_short_requests_it_looks_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, slept = Bench(plan(None)), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 200:
            raise asyncio.CancelledError
        bench.run(0.1)

    monkeypatch.setattr("agent.governor.asyncio.sleep", sleep)
    bench.run(5)
    bench.running = 0
    with pytest.raises(asyncio.CancelledError):
        await bench.governor.run()
    assert set(slept) == {EVERY}, "it works still, though not at these moments"
    bench.idle = True
    slept.clear()
    with pytest.raises(asyncio.CancelledError):
        await bench.governor.run()
    assert slept[-1] == IDLE_EVERY


async def test_it_runs_until_it_is_cancelled() -> None:
    bench = Bench(plan())
    running = asyncio.create_task(bench.governor.run())
    await asyncio.sleep(0)
    assert bench.limits is not None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_the_plan_of_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(
        "power: {budget_watts: 12.5, on_unmetered: refuse, schedule: [{from: 22:00, to: 06:00, watts: 8}]}"
    )
    assert power_plan(load_config(tmp_path / "agent.yaml", {})) == PowerPlan(
        Milliwatts(12_500.0), (NIGHT,), refuse_unmetered=True, model="edge-tiny"
    )
    assert power_plan(load_config(None, {}, default_path=tmp_path / "none")).budget is None
    environ = {"JETSON_AGENT__POWER__BUDGET_WATTS": "7"}
    assert power_plan(load_config(None, environ, default_path=tmp_path / "none")).budget == 7000.0
