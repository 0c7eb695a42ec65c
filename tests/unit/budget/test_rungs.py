"""One request at a time: a batch ends before that rung is judged."""

from dataclasses import dataclass, field

import pytest

from agent.budget.power import govern
from agent.budget.state import FRESH, GovernorState, Memory, Rules, Rung, Seen
from agent.budget.watts import IDLE, Work
from agent.units import Milliwatts, Ratio, Seconds

DT = Seconds(0.1)
BASE = 5000.0
RISE = (0.0, 6000.0, 8000.0, 10_000.0, 12_000.0)
"""By how many run at once."""


@dataclass
class Machine:
    """5 W without the engine, 6 W more for one request, 12 W more for four at once.

    Attributes:
        pause: Looks between the end of a batch and the start of the next request.
        work_s: Busy seconds that a request takes; those of a batch advance together.
        asked: Whether requests wait; there are always more.
        rungs: What was done, in turn.
    """

    pause: int
    work_s: float = 4.0
    asked: bool = False
    memory: Memory = FRESH
    rungs: list[Rung] = field(default_factory=list)
    _left: list[float] = field(default_factory=list)
    _idle: int = 0

    def run(self, seconds: float, budget: float) -> GovernorState:
        rules = Rules(Milliwatts(budget * 1000), refuse_unmetered=False, max_running=4, model="big")
        state, self.memory = govern(rules, self.memory, Seen(None, "", None, IDLE, 0), Seconds(0.0))
        for _ in range(round(seconds / DT)):
            self._idle = 0 if self._left else self._idle + 1
            if self.asked and (self._left or self._idle > self.pause):
                self._left += [self.work_s] * (state.limits.max_running - len(self._left))
            duty, running = state.limits.duty, len(self._left)
            seen = Seen(
                Milliwatts(BASE + duty * RISE[running]),
                "",
                None,
                Work(Ratio(0.0), Ratio(duty if running else 0.0)),
                running,
            )
            self._left = [left - duty * DT for left in self._left if left > duty * DT]
            state, self.memory = govern(rules, self.memory, seen, DT)
            self.rungs += [self.memory.rung] if self.rungs[-1:] != [self.memory.rung] else []
        return state


@pytest.mark.parametrize("pause", [0, 2])
def test_a_batch_ends_before_one_request_alone_is_judged(pause: int) -> None:
    machine = Machine(pause)
    machine.run(3, budget=20)
    machine.asked = True
    machine.run(30, budget=20)
    state = machine.run(400, budget=5.5)
    assert machine.rungs == [Rung.PACE, Rung.ONE_AT_A_TIME]
    assert state.reason == "5.5 W are enough for 8% of full speed, one request at a time"


@pytest.mark.parametrize("pause", [0, 2])
def test_one_request_that_draws_too_much_as_well_is_stopped(pause: int) -> None:
    machine = Machine(pause)
    machine.run(3, budget=20)
    machine.asked = True
    machine.run(30, budget=20)
    machine.run(400, budget=5.2)
    assert machine.rungs == [Rung.PACE, Rung.ONE_AT_A_TIME, Rung.STOP]


def test_a_batch_that_has_no_room_at_all_is_not_waited_for() -> None:
    machine = Machine(0)
    machine.run(3, budget=20)
    machine.asked = True
    machine.run(30, budget=20)
    machine.run(11, budget=4.5)
    assert machine.rungs == [Rung.PACE, Rung.ONE_AT_A_TIME, Rung.STOP]
