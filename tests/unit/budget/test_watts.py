"""What is learnt of a machine whose watts are known."""

import random

import pytest

from agent.budget.watts import IDLE, Learnt, Work, begin, forget_rise, learn
from agent.units import Milliwatts, Ratio, Seconds

DT = Seconds(0.1)


def work(prefill: float = 0.0, decode: float = 0.0) -> Work:
    return Work(Ratio(prefill), Ratio(decode))


class Machine:
    """5 W, 15 W more while it reads prompts, 10 W more while it generates."""

    def __init__(self) -> None:
        self.base, self.prefill, self.decode, self.noise = 5000.0, 15_000.0, 10_000.0, 0.0
        self._random = random.Random(0)  # noqa: S311 - a simulation
        self.learnt = begin(Milliwatts(self.base), Milliwatts(20_000.0))

    def run(self, seconds: float, done: Work = IDLE, *, is_idle: bool = False) -> Learnt:
        for _ in range(round(seconds / DT)):
            total = self.base + done.prefill * self.prefill + done.decode * self.decode
            total += self._random.gauss(0, self.noise)
            self.learnt = learn(self.learnt, Milliwatts(total), done, DT, is_idle=is_idle)
        return self.learnt


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_an_idle_engine_teaches_the_base(machine: Machine) -> None:
    machine.base = 7000.0
    learnt = machine.run(6, is_idle=True)
    assert learnt.without_engine == pytest.approx(7000, rel=0.01)
    assert learnt.decode.watts == 20_000.0, "nothing is learnt of what does not run"


def test_each_phase_teaches_its_own(machine: Machine) -> None:
    machine.run(5, is_idle=True)
    machine.run(10, work(decode=0.5))
    learnt = machine.run(30, work(prefill=0.5))
    assert learnt.decode.watts == pytest.approx(10_000, rel=0.25)
    assert learnt.prefill.watts == pytest.approx(15_000, rel=0.1)
    assert learnt.rise(work(0.5, 0.5)) == pytest.approx(12_500, rel=0.1)
    assert learnt.rise(IDLE) == max(learnt.prefill.watts, learnt.decode.watts)


def test_something_else_that_draws_is_no_part_of_the_engine(machine: Machine) -> None:
    machine.run(5, is_idle=True)
    before = machine.run(20, work(decode=0.5)).decode.watts
    machine.base += 3000
    learnt = machine.run(5, work(decode=0.5))
    assert learnt.without_engine == pytest.approx(8000, abs=1200), "most of it"
    assert learnt.decode.watts == pytest.approx(before, rel=0.25)
    assert learnt.expected(work(decode=0.5)) == pytest.approx(machine.base + 5000, rel=0.01)


def test_a_meter_that_scatters_is_believed_less(machine: Machine) -> None:
    machine.run(5, is_idle=True)
    machine.run(10, work(decode=0.5))
    quiet = machine.learnt.belief
    machine.noise = 8000.0
    loud = machine.run(60, work(decode=0.5))
    assert quiet == pytest.approx(1.0, abs=0.01)
    assert loud.belief < 0.5
    assert loud.expected(work(decode=0.5)) == pytest.approx(10_000, rel=0.1)


def test_another_model_is_learnt_anew(machine: Machine) -> None:
    machine.run(5, is_idle=True)
    machine.run(30, work(decode=0.5))
    machine.learnt = forget_rise(machine.learnt, Milliwatts(3000.0))
    machine.decode = 4000.0
    assert machine.run(6, work(decode=0.5)).decode.watts == pytest.approx(4000, rel=0.15)


def test_a_step_that_has_not_been_reported_yet_is_not_the_base(machine: Machine) -> None:
    machine.run(5, is_idle=True)
    for _ in range(3):
        machine.learnt = learn(machine.learnt, Milliwatts(20_000.0), IDLE, DT, is_idle=False)
    assert machine.learnt.base == pytest.approx(5000)
