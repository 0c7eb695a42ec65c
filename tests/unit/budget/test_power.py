"""The governor's decisions: what it never does, what it does when, and what comes back."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.budget.power import REFUSES_AFTER, UNMETERED_AFTER, UP_PER_S, govern
from agent.budget.state import FRESH, GovernorState, Memory, PowerState, Rules, Rung, Seen
from agent.budget.verdict import under_control
from agent.budget.watts import IDLE, Work, begin
from agent.platform.readings import DeviceReadings
from agent.units import Milliwatts, Ratio, Seconds
from tests.unit.budget.values import device

DT = Seconds(0.1)
RULES = Rules(Milliwatts(12_000.0), refuse_unmetered=False, max_running=1, model="big")


class Machine:
    """5 W without the engine, `rise` more with it; a meter without delay and an engine that is always busy."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.base, self.rise = 5000.0, {"big": 10_000.0, "small": 3000.0}
        self.memory: Memory = FRESH
        self.device: DeviceReadings | None = None
        self.metered = True
        self.running = 1
        self.state, _ = govern(rules, FRESH, Seen(None, "", None, IDLE, 0), Seconds(0.0))

    def budget(self, watts: float | None) -> None:
        self.rules = replace(self.rules, budget=None if watts is None else Milliwatts(watts * 1000))

    @property
    def total(self) -> float:
        """The power now."""
        model = self.state.limits.model or "big"
        return self.base + self.running * self.state.limits.duty * self.rise[model]

    def run(self, seconds: float) -> GovernorState:
        for _ in range(round(seconds / DT)):
            total = Milliwatts(self.total) if self.metered else None
            work = Work(Ratio(0.0), Ratio(self.running * self.state.limits.duty))
            seen = Seen(total, "gone", self.device, work, self.running)
            self.state, self.memory = govern(self.rules, self.memory, seen, DT)
        return self.state


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.running = 0
    machine.run(3)
    machine.running = 1
    machine.run(20)
    return machine


def test_it_settles_at_the_budget(machine: Machine) -> None:
    assert machine.total == pytest.approx(12_000, rel=0.02)
    assert machine.state.limits.duty == pytest.approx(0.7, abs=0.03)
    assert machine.state.state is PowerState.LIMITED
    assert machine.state.reason == f"12 W are enough for {machine.state.limits.duty:.0%} of full speed"


def test_a_budget_with_room_limits_nothing(machine: Machine) -> None:
    machine.budget(20)
    state = machine.run(10)
    assert (state.state, state.limits.duty) == (PowerState.WITHIN, 1.0)
    machine.budget(None)
    assert machine.run(1).reason == "there is no power budget"


def test_a_smaller_budget_acts_at_the_next_sample(machine: Machine) -> None:
    machine.budget(8)
    assert machine.run(0.1).limits.duty == pytest.approx(0.3, abs=0.05)


def test_a_larger_one_at_a_limited_speed(machine: Machine) -> None:
    before = machine.state.limits.duty
    machine.budget(30)
    assert machine.run(0.1).limits.duty == pytest.approx(before + UP_PER_S * DT)
    assert machine.run(2).limits.duty == 1.0


def test_a_budget_below_the_base_pauses_and_then_stops(machine: Machine) -> None:
    machine.budget(4)
    state = machine.run(1)
    assert state.limits.duty == 0.0
    assert state.limits.model == "big", "it may be over soon"
    state = machine.run(7)
    assert state.state is PowerState.OVER
    assert state.over_for > 5
    assert (state.limits.duty, state.limits.max_running, state.limits.model) == (0.0, 0, None)
    assert state.reason == "the machine draws 5.0 W without the engine; a budget of 4 W leaves too little for it"


def test_and_comes_back_after_a_while(machine: Machine) -> None:
    machine.budget(4)
    machine.run(10)
    machine.budget(12)
    assert machine.run(8).limits.model is None, "not for a moment"
    state = machine.run(25)
    assert state.limits.model == "big"
    assert machine.total == pytest.approx(12_000, rel=0.03)


def test_the_order_is_pace_then_one_at_a_time_then_the_smaller_model_then_nothing() -> None:
    machine = Machine(replace(RULES, max_running=4, fallback="small"))
    machine.running = 0
    machine.run(3)
    machine.running = 1
    machine.run(10)
    seen: list[tuple[Rung, int, str | None]] = []
    machine.budget(5.1)
    for _ in range(200):
        state = machine.run(0.1)
        now = (machine.memory.rung, state.limits.max_running, state.limits.model)
        seen += [now] if not seen or seen[-1] != now else []
    assert seen == [
        (Rung.PACE, 4, "big"),
        (Rung.ONE_AT_A_TIME, 1, "big"),
        (Rung.FALLBACK, 4, "small"),
        (Rung.STOP, 0, None),
    ]
    machine.budget(14)
    assert machine.run(90).limits.model == "big"
    assert machine.memory.rung is Rung.PACE


def test_the_rung_of_a_smaller_model_that_is_not_there_any_more_runs_the_wanted_one() -> None:
    learnt = begin(Milliwatts(5000.0), Milliwatts(3000.0))
    memory = replace(FRESH, rung=Rung.FALLBACK, duty=0.5, learnt=learnt)
    state = under_control(RULES, Milliwatts(9000.0), memory, learnt)
    assert state.limits.model == "big"
    assert state.reason == "9 W are enough for 50% of full speed"


def test_heat_acts_also_without_a_budget() -> None:
    machine = Machine(replace(RULES, budget=None))
    machine.device = device(celsius=94.5)
    state = machine.run(1)
    assert state.limits.duty == pytest.approx(0.5)
    assert state.state is PowerState.LIMITED
    assert "tj-thermal" in state.reason


def test_heat_and_budget_the_lower_counts(machine: Machine) -> None:
    machine.device = device(celsius=96.6)
    assert machine.run(1).limits.duty == pytest.approx(0.2)
    assert "tj-thermal" in machine.state.reason


def test_a_meter_that_dies_is_a_state_and_recovers(machine: Machine) -> None:
    before = machine.state.limits.duty
    machine.metered = False
    assert machine.run(1.5).limits.duty <= before, "held, not raised"
    state = machine.run(1)
    assert (state.state, state.reason) == (PowerState.UNMETERED, "the power cannot be measured: gone")
    assert machine.run(3).limits.duty == 1.0, "power.on_unmetered: allow"
    machine.metered = True
    assert machine.run(0.1).limits.duty == pytest.approx(before, abs=0.05), "at once, by what was learnt"
    assert machine.run(5).state is PowerState.LIMITED


def test_a_long_gap_teaches_no_more_than_a_short_one(machine: Machine) -> None:
    machine.base += 4000
    machine.run(1.5)  # in the middle of learning that something else draws
    memories = []
    for gap in (5, 3600):
        memory = replace(machine.memory, blind_for=Seconds(float(gap)), duty=1.0)
        _, after = govern(
            machine.rules, memory, Seen(Milliwatts(19_000.0), "", None, Work(Ratio(0.0), Ratio(1.0)), 1), DT
        )
        memories.append(replace(after, blind_for=Seconds(0.0)))
    assert memories[0] == memories[1]
    machine.memory = memories[1]
    machine.run(5)
    assert machine.total == pytest.approx(12_000, rel=0.04)


def test_a_meter_that_dies_can_stop_everything() -> None:
    machine = Machine(replace(RULES, refuse_unmetered=True))
    machine.metered = False
    state = machine.run(0.1)
    assert (state.limits.duty, state.limits.max_running, state.limits.model) == (0.0, 0, None)
    machine.metered = True
    assert machine.run(10).limits.model == "big"
    machine.metered = False
    assert machine.run(3).limits.duty == 0.0
    machine.budget(None)
    assert machine.run(3).limits.model == "big", "without a budget there is nothing to measure for"


def test_what_waits_is_refused_when_nothing_could_run_for_minutes(machine: Machine) -> None:
    machine.budget(4)
    machine.run(REFUSES_AFTER - 5)
    assert not machine.state.limits.refuses
    assert machine.run(10).limits.refuses
    machine.budget(12)
    assert not machine.run(25).limits.refuses


def test_also_without_a_meter_and_by_heat() -> None:
    blind = Machine(replace(RULES, refuse_unmetered=True))
    blind.metered = False
    assert blind.run(REFUSES_AFTER + 1).limits.refuses
    hot = Machine(replace(RULES, budget=None))
    hot.device = device(celsius=98.5)
    assert hot.run(REFUSES_AFTER + 1).limits.refuses
    hot.device = device(1.0, celsius=94.5)
    assert not hot.run(1).limits.refuses


_SAMPLES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(0, 50_000)),
        st.floats(0, 1.5),
        st.floats(0, 1.5),
        st.integers(0, 4),
        st.floats(0, 120),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=60,
)


def _played(
    samples: list[tuple[float | None, float, float, int, float, int]], rules: Rules
) -> list[tuple[GovernorState, Memory]]:
    memory, played, count = FRESH, [], 0
    for second, (total, prefill, decode, running, celsius, new) in enumerate(samples):
        count += new
        seen = Seen(
            None if total is None else Milliwatts(total),
            "gone",
            device(second, celsius=celsius, events={"oc1": count}),
            Work(Ratio(prefill), Ratio(decode)),
            running,
        )
        state, memory = govern(rules, memory, seen, Seconds(0.5))
        played.append((state, memory))
    return played


@given(_SAMPLES, st.one_of(st.none(), st.floats(1000, 60_000)), st.booleans())
def test_it_is_never_above_its_limits(
    samples: list[tuple[float | None, float, float, int, float, int]],
    budget: float | None,
    refuse: bool,  # noqa: FBT001 - drawn
) -> None:
    rules = Rules(None if budget is None else Milliwatts(budget), refuse, 4, "big", "small")
    duty = 1.0
    for state, memory in _played(samples, rules):
        limits = state.limits
        assert 0 <= limits.duty <= memory.strain.ceiling.duty
        assert limits.duty <= duty + UP_PER_S * 0.5 + 1e-9
        assert 0 <= limits.max_running <= 4
        assert limits.model in ("big", "small", None)
        assert (limits.model is None) == (limits.max_running == 0)
        assert state.reason
        if refuse and budget is not None and memory.blind_for >= UNMETERED_AFTER:
            assert (limits.duty, limits.model) == (0.0, None)
        if state.state is PowerState.OVER and memory.learnt is not None and budget is not None:
            assert memory.smoothed > budget
        duty = limits.duty


@given(_SAMPLES, st.floats(1000, 60_000), st.floats(1000, 60_000))
def test_less_budget_never_means_more_duty(
    samples: list[tuple[float | None, float, float, int, float, int]], one: float, other: float
) -> None:
    *_, (_, memory) = _played(samples, Rules(Milliwatts(20_000.0), refuse_unmetered=True, max_running=1, model="big"))
    seen = Seen(Milliwatts(15_000.0), "", None, Work(Ratio(0.0), Ratio(memory.duty)), 1)
    duties = [
        govern(Rules(Milliwatts(budget), refuse_unmetered=True, max_running=1, model="big"), memory, seen, DT)[
            0
        ].limits.duty
        for budget in sorted((one, other))
    ]
    assert duties[0] <= duties[1] + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.floats(0.55, 1.4), st.floats(0, 10), st.integers(1, 5))
def test_it_recovers_from_a_dead_sensor(share: float, dead_s: float, times: int) -> None:
    machine = Machine(replace(RULES, budget=Milliwatts(15_000.0 * share)))
    machine.running = 0
    machine.run(2)
    machine.running = 1
    machine.run(10)
    for _ in range(times):
        machine.metered = False
        machine.run(dead_s)
        machine.metered = True
        machine.run(1)
    machine.run(10)
    assert machine.state.state is not PowerState.UNMETERED
    assert machine.total <= 15_000 * share * 1.03
    assert machine.total >= min(15_000, 15_000 * share) * 0.95
