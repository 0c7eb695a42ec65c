"""What the benchmarks that have a bound say of figures on either side of it."""

from types import ModuleType

import pytest

from agent.bench.cells import Cell
from agent.bench.measured import Answer, Round
from agent.units import Seconds
from tests.bench import concurrency, prefix, speculation
from tests.bench.concurrency import Burst, gain
from tests.bench.cpu_path import Run, best
from tests.device.beside import BareRound, Beside

CELL, LONG = Cell(1, 10, 100), Cell(1, 90, 100)


def run(prefill: float, decode: float) -> Run:
    return Run(prefill, decode, 1.0, 1.0)


def test_the_best_way_is_as_fast_as_with_what_it_is_slower_at() -> None:
    llama, answers_fast, reads_fast, even = run(100, 10), run(60, 30), run(150, 9), run(110, 12)
    which, ratio = best([[llama] * 3, [answers_fast] * 3, [reads_fast] * 3, [even] * 3])
    assert (which, round(ratio, 6)) == (3, 1.1)
    which, ratio = best([[llama], [answers_fast], [reads_fast]])
    assert (which, round(ratio, 6)) == (2, 0.9)


def test_a_gain_is_of_the_most_at_once_over_one_whatever_was_asked_for_first() -> None:
    def bursts(at_once: int, tokens_per_s: float) -> list[Burst]:
        return [Burst(2.0, round(2 * tokens_per_s * share), (), (0.1,) * at_once) for share in (0.5, 1.0, 2.0)]

    assert gain({4: bursts(4, 300), 1: bursts(1, 100), 32: bursts(32, 700), 8: bursts(8, 400)}) == pytest.approx(7)


def test_the_cell_counts_in_which_the_agent_loses_most() -> None:
    beside = Beside.__new__(Beside)
    beside.pairs = [
        (
            Round("a", cell, 0, 1, (Answer(Seconds(0.1), Seconds(took), 10, 100, 0, ()),)),
            BareRound(cell, 0, 0, bare, ()),
        )
        for cell, took, bare in ((CELL, 1.0, 1.0), (CELL, 1.1, 1.0), (CELL, 1.0, 1.0), (LONG, 1.25, 1.0))
    ]
    assert beside.worst() == pytest.approx(0.8)


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
