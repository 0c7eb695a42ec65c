"""A model that loads: what it draws teaches nothing, and how long it takes is no reason to give it up."""

from dataclasses import dataclass, field

import pytest

from agent.budget.power import govern, with_another_engine
from agent.budget.state import FRESH, Memory, Rules, Rung, Seen
from agent.budget.watts import Work
from agent.units import Milliwatts, Ratio, Seconds

DT = Seconds(0.1)
BASE, LOAD = 5000.0, 2500.0
RISE = {"big": 10_000.0, "small": 2500.0}


@dataclass
class Machine:
    """5 W without the engine, 2.5 W more while it loads; prompts are always there.

    Attributes:
        load_s: How long a model takes to load.
        loaded: What is.
        rungs: What was done, in turn.
    """

    load_s: float
    loaded: str | None = "big"
    wanted: str = "big"
    memory: Memory = FRESH
    rungs: list[Rung] = field(default_factory=list)
    _loads_for: float = 0.0
    _duty: float = 0.0

    def unload(self) -> None:
        """Load what is wanted from the beginning."""
        self.loaded, self._loads_for = None, 0.0

    def run(self, seconds: float, budget: float) -> str:
        rules = Rules(Milliwatts(budget * 1000), refuse_unmetered=False, max_running=1, model="big", fallback="small")
        for _ in range(round(seconds / DT)):
            state, self.memory = govern(rules, self.memory, self._seen(), DT)
            self.rungs += [self.memory.rung] if self.rungs[-1:] != [self.memory.rung] else []
            limits = state.limits
            self._duty = 0.0 if limits.model is None else limits.duty
            if limits.model is not None and limits.model != self.wanted:
                self.wanted = limits.model
                self.unload()
            self._loads_for += DT
            if self._loads_for >= self.load_s and self.loaded != self.wanted:
                self.loaded = self.wanted
                self.memory = with_another_engine(rules.budget, self.memory)
        return state.reason

    def _seen(self) -> Seen:
        if self.loaded is None:
            return Seen(Milliwatts(BASE + LOAD), "", None, Work(Ratio(0.0), Ratio(0.0)), 0, is_loading=True)
        total = Milliwatts(BASE + self._duty * RISE[self.loaded])
        return Seen(total, "", None, Work(Ratio(0.0), Ratio(self._duty)), int(self._duty > 0))


@pytest.mark.parametrize("load_s", [2.0, 8.0, 60.0])
def test_a_smaller_model_is_used_however_long_it_loads(load_s: float) -> None:
    machine = Machine(load_s)
    machine.run(20, budget=20)
    reason = machine.run(120, budget=5.3)
    assert (machine.rungs, machine.loaded) == ([Rung.PACE, Rung.FALLBACK], "small")
    assert reason == "5.3 W are enough for 11% of full speed, with small instead of big"


def test_one_that_never_loads_does_not_keep_the_larger_one_away() -> None:
    machine = Machine(float("inf"))
    machine.run(20, budget=20)
    machine.run(60, budget=5.3)
    assert (machine.rungs, machine.loaded) == ([Rung.PACE, Rung.FALLBACK], None)
    machine.run(11, budget=20)
    assert (machine.rungs[-1], machine.wanted) == (Rung.PACE, "big")


def test_a_smaller_model_that_draws_too_much_as_well_is_given_up_once_it_was_tried() -> None:
    machine = Machine(8.0)
    machine.run(20, budget=20)
    machine.run(15, budget=5.1)
    assert machine.rungs[-1] is Rung.FALLBACK, "it has hardly run yet"
    machine.run(120, budget=5.1)
    assert machine.rungs == [Rung.PACE, Rung.FALLBACK, Rung.STOP]


def test_without_any_room_it_is_not_tried() -> None:
    machine = Machine(8.0)
    machine.run(20, budget=20)
    machine.run(20, budget=4.5)
    assert machine.rungs == [Rung.PACE, Rung.FALLBACK, Rung.STOP]


@pytest.mark.parametrize("idle_s", [0.0, 5.0])
def test_what_a_load_draws_is_no_reason_to_use_the_smaller_model(idle_s: float) -> None:
    machine = Machine(12.0, loaded="small")
    if idle_s:
        machine.run(idle_s, budget=7)
    machine.unload()
    machine.run(300, budget=7)
    assert (machine.rungs, machine.loaded) == ([Rung.PACE], "big")


def test_nor_is_it_taken_for_what_the_machine_draws() -> None:
    machine = Machine(60.0)
    machine.run(20, budget=12)
    assert machine.memory.learnt is not None
    before = machine.memory.learnt.without_engine
    machine.unload()
    machine.run(30, budget=12)
    assert machine.loaded is None
    assert machine.memory.learnt.without_engine == pytest.approx(before, rel=0.01)
