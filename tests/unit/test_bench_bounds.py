"""What the benchmarks that have a bound say of figures on either side of it."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from agent.bench.cells import Cell
from agent.bench.measured import Answer, Round
from agent.units import Seconds
from tests.bench import concurrency, energy, prefix, speculation, unpaced
from tests.bench.concurrency import Burst, gain
from tests.bench.cpu_path import Run, Setting, best
from tests.bench.governor import Steady, Steps, is_kept
from tests.bench.overhead import spread
from tests.device.bare_loop import BareLoop, BareRound
from tests.device.beside import Beside
from tests.device.whole_agent import Paired, by_turns, is_reached

CELL, LONG = Cell(1, 10, 100), Cell(1, 90, 100)


def run(prefill: float, decode: float) -> Run:
    return Run(prefill, decode, 1.0, 1.0)


LLAMA_CPP = Setting("llama.cpp", "llama_cpp", "m.gguf", 128, 32, 64, threads=2)
DEFAULT = Setting("by default", "ort_genai", "m", 128, 32, 64)
AGENT = replace(DEFAULT, name="as the agent", threads=2)
SPINNING, PRUNED = replace(AGENT, name="spinning", spins=True), replace(AGENT, name="pruned", model="p")


def test_the_best_way_is_as_fast_as_with_what_it_is_slower_at() -> None:
    llama, answers_fast, reads_fast, even = run(100, 10), run(60, 30), run(150, 9), run(110, 12)
    ways = [LLAMA_CPP, AGENT, replace(AGENT, name="second"), PRUNED]
    which, ratio = best(ways, [[llama] * 3, [answers_fast] * 3, [reads_fast] * 3, [even] * 3])
    assert (which, round(ratio, 6)) == (PRUNED, 1.1)
    which, ratio = best(ways[:3], [[llama], [answers_fast], [reads_fast]])
    assert (which.name, round(ratio, 6)) == ("second", 0.9)


def test_a_way_in_which_the_agent_does_not_run_is_no_best() -> None:
    fast = run(200, 20)
    which, ratio = best([LLAMA_CPP, DEFAULT, SPINNING, AGENT], [[run(100, 10)], [fast], [fast], [run(97, 15)]])
    assert (which, round(ratio, 6)) == (AGENT, 0.97)


def test_a_gain_is_of_the_most_at_once_over_one_whatever_was_asked_for_first() -> None:
    def bursts(at_once: int, tokens_per_s: float) -> list[Burst]:
        return [Burst(2.0, round(2 * tokens_per_s * share), 64, (), (0.1,) * at_once, ()) for share in (0.5, 1.0, 2.0)]

    assert gain({4: bursts(4, 300), 1: bursts(1, 100), 32: bursts(32, 700), 8: bursts(8, 400)}) == pytest.approx(7)


def test_agent_and_bare_loop_are_first_by_turns() -> None:
    order: list[str] = []

    def agent() -> Burst:
        order.append("agent")
        return Burst(2.0, 100, 10, (), (), ())

    def loops() -> tuple[BareRound, None]:
        order.append("bare")
        return BareRound(CELL, 0, 0, 1.0, ()), None

    assert [by_turns(number, agent, loops).of_bare for number in range(3)] == [0.5] * 3
    assert order == ["agent", "bare", "bare", "agent", "agent", "bare"]


@pytest.mark.parametrize(
    ("values", "said"), [([2.0], "2.0 (n=1)"), ([1.0, 2.0, 4.0], "2.0 (quartiles 1.0 to 4.0, n=3)")]
)
def test_one_value_has_no_quartiles(values: list[float], said: str) -> None:
    assert spread(values, ".1f") == said


def test_the_cell_counts_in_which_the_agent_loses_most() -> None:
    beside = Beside(BareLoop(Path("m")))
    beside.pairs = [
        (
            Round("a", cell, 0, 1, (Answer(Seconds(0.1), Seconds(took), 10, 100, 0, ()),)),
            BareRound(cell, 0, 0, bare, ()),
        )
        for cell, took, bare in ((CELL, 1.0, 1.0), (CELL, 1.1, 1.0), (CELL, 1.0, 1.0), (LONG, 1.25, 1.0))
    ]
    assert beside.worst() == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("agent_s", "without_graphs_s", "bounds", "reached"),
    [
        ([1.0, 1.03, 9.0], 1.3, (0.97, 1.2), True),
        ([1.04, 1.04, 0.1], 1.3, (0.97, None), False),
        ([1.0, 1.0, 1.0], 1.19, (0.97, 1.2), False),
        ([1.0, 1.0, 1.0], None, (0.97, 1.2), False),
        ([9.0, 9.0, 9.0], None, (None, None), True),
    ],
)
def test_a_cell_is_reached_by_the_median_of_its_rounds(
    agent_s: list[float], without_graphs_s: float | None, bounds: tuple[float | None, float | None], *, reached: bool
) -> None:
    def loop(seconds: float) -> BareRound:
        return BareRound(CELL, 0, 0, seconds, ())

    rounds = [
        Paired(
            Burst(seconds, 100, 10, (), (), ()), loop(1.0), None if without_graphs_s is None else loop(without_graphs_s)
        )
        for seconds in agent_s
    ]
    assert is_reached(rounds, *bounds) is reached


@pytest.mark.parametrize(
    ("module", "measured", "arguments", "code"),
    [
        (concurrency, 8.1, ["--least", "8"], 0),
        (concurrency, 7.9, ["--least", "8"], 1),
        (concurrency, 0.2, [], 0),
        (prefix, (True, 8.1), ["--least", "8"], 0),
        (prefix, (True, 7.9), ["--least", "8"], 1),
        (prefix, (False, 9.0), [], 1),
        (speculation, True, ["--same"], 0),
        (speculation, False, ["--same"], 1),
        (speculation, False, [], 0),
    ],
)
def test_the_exit_code_says_whether_what_was_asked_for_was_reached(
    module: ModuleType, measured: object, arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "measure", lambda *_: measured)
    monkeypatch.setattr("sys.argv", ["bench", "--model", "m", *arguments])
    assert module.main() == code


@pytest.mark.parametrize(("of_a_batch", "code"), [(True, 0), (False, 1)])
def test_what_each_of_a_batch_pays_is_judged(
    of_a_batch: bool,  # noqa: FBT001 - of the table
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(energy, "conservation", lambda *_: True)
    monkeypatch.setattr(energy, "batch_of_four", lambda: of_a_batch)
    monkeypatch.setattr("sys.argv", ["energy"])
    assert energy.main() == code


def test_each_of_a_batch_pays_what_it_costs() -> None:
    assert energy.batch_of_four()


@pytest.mark.parametrize(("mean", "code"), [(1.03, 0), (1.04, 1)])
def test_a_mean_above_the_budget_is_told_where_only_requests_can_wait(
    mean: float, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    means = iter([0.9] * 4 + [mean] + [0.9] * 4)
    monkeypatch.setattr(unpaced, "uncapped_w", lambda *_: 10.0)
    monkeypatch.setattr(unpaced, "steady", lambda *_: Steady(1.2, next(means), 3.0, 0.5, 0.1, 10.0, 1.0))
    assert unpaced.main() == code


KEPT = Steady(worst=1.02, mean=0.99, above_s=0.5, duty=0.5, duty_sd=0.02, tokens_per_s=10.0, joules_per_token=1.0)
STEPPED = Steps(settles_s=3.0, highest=1.4)


@pytest.mark.parametrize(
    ("governed", "stepped", "tokens"),
    [
        (replace(KEPT, duty_sd=0.07), STEPPED, 1.0),
        (replace(KEPT, mean=0.9), STEPPED, 1.0),
        (replace(KEPT, worst=1.04), STEPPED, 1.0),
        (replace(KEPT, above_s=1.1), STEPPED, 1.0),
        (KEPT, replace(STEPPED, settles_s=5.1), 1.0),
        (KEPT, STEPPED, 0.94),
    ],
)
def test_a_budget_is_kept_only_if_nothing_is_out_of_bounds(governed: Steady, stepped: Steps, tokens: float) -> None:
    assert is_kept(KEPT, STEPPED, 1.0)
    assert not is_kept(governed, stepped, tokens)
