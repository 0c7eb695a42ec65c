"""How well the governor keeps a budget, on every board of the simulator (`tests/plant`): not on a real board.

`python -m tests.bench.governor` takes some minutes. Per board and budget:

- `worst 10 s`: the highest mean over any ten seconds, against the budget (at most +3 %);
- `above +5 %`: the longest time above that, as means over 0.2 s, after settling (at most 1 s);
- `settles`: the slowest of: from idle, budget -20 % and back, 8 % drawn by something else and gone (at most 5 s);
- `tokens`: against the best constant duty, found by search, at the same mean watts (at least 95 %);
- `duty sd`: the standard deviation of the duty when nothing changes.

Then joules a token for one, two and four requests at the same budget.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.plant.boards import PLANT_BOARDS
from tests.plant.measures import longest_excursion_s, mean_w, settling_s, spread, worst_mean_w
from tests.plant.rig import Load, Rig

SHARES = (0.6, 0.75, 0.95)
STEADY_FROM = 12.0
STEADY_TO = 60.0
_IDLE = 2.0
_OTHER = 0.08
_BATCHES = (1, 2, 4)
_ROUNDS = 10


@dataclass(frozen=True)
class Steady:
    """A run in which nothing changes."""

    worst: float
    mean: float
    above_s: float
    duty: float
    duty_sd: float
    tokens_per_s: float
    joules_per_token: float


def uncapped_w(name: str, folder: Path) -> float:
    """What a board draws under load without a budget."""
    with Rig(name, folder / "uncapped", duty=1.0) as rig:
        rig.run(30.0)
    return mean_w(rig.world.bins, STEADY_FROM, 30.0)


def steady(rig: Rig, budget_w: float, until: float = STEADY_TO) -> Steady:
    """Run, and look at what comes after settling."""
    with rig:
        rig.run(until)
    bins, begin = rig.world.bins, STEADY_FROM
    tokens = sum(begin <= time < until for time in rig.engine.token_times)
    duties = [duty for time, duty in zip(rig.trace.times, rig.trace.duties, strict=True) if time >= begin]
    mean = mean_w(bins, begin, until)
    return Steady(
        worst=worst_mean_w(bins, begin, 10.0) / budget_w,
        mean=mean / budget_w,
        above_s=longest_excursion_s(bins, begin, 1.05 * budget_w),
        duty=sum(duties) / len(duties),
        duty_sd=spread(duties),
        tokens_per_s=tokens / (until - begin),
        joules_per_token=mean * (until - begin) / tokens if tokens else float("inf"),
    )


def settles_s(name: str, folder: Path, budget_w: float) -> float:
    """The slowest of five steps."""
    with Rig(name, folder, budget=budget_w) as rig:
        rig.at(25.0, lambda: rig.draw(_OTHER * budget_w))
        rig.at(40.0, lambda: rig.draw(0.0))
        rig.at(55.0, lambda: rig.governor.set_budget(0.8 * budget_w))
        rig.at(70.0, lambda: rig.governor.set_budget(None))
        rig.run(85.0, idle=_IDLE)
    bins = rig.world.bins
    return max(
        settling_s(bins, _IDLE, 25.0, budget_w),
        settling_s(bins, 25.0, 40.0, budget_w),
        settling_s(bins, 40.0, 55.0, budget_w, up=True),
        settling_s(bins, 55.0, 70.0, 0.8 * budget_w),
        settling_s(bins, 70.0, 85.0, budget_w, up=True),
    )


def best_constant(name: str, folder: Path, watts: float, until: float = STEADY_TO) -> Steady:
    """The constant duty that draws the same, found by halving."""
    low, high = 0.0, 1.0
    for number in range(_ROUNDS):
        duty = (low + high) / 2
        found = steady(Rig(name, folder / f"constant {number}", duty=duty), watts, until)
        low, high = (duty, high) if found.mean < 1 else (low, duty)
    return found


def rows(name: str, folder: Path) -> Iterator[tuple[str, bool]]:
    """A line for each budget, and whether it is kept as it should be."""
    full = uncapped_w(name, folder)
    for share in SHARES:
        budget = share * full
        governed = steady(Rig(name, folder / f"steady {share}", budget=budget), budget)
        settles = settles_s(name, folder / f"steps {share}", budget)
        constant = best_constant(name, folder / f"search {share}", governed.mean * budget)
        tokens = governed.tokens_per_s / constant.tokens_per_s
        good = governed.worst <= 1.03 and governed.above_s <= 1 and settles <= 5 and tokens >= 0.95
        yield (
            (
                f"| {name} | {share:.0%} | {budget:.2f} | {governed.mean:.3f} | {governed.worst - 1:+.1%} "
                f"| {governed.above_s:.2f} s | {settles:.1f} s | {tokens:.1%} | {governed.duty:.2f} "
                f"| {governed.duty_sd:.3f} | {'yes' if good else 'NO'} |"
            ),
            good,
        )


def batches(name: str, folder: Path) -> str:
    """Joules a token by the number of requests, at 75 % of what one alone draws at full duty."""
    budget = 0.75 * uncapped_w(name, folder)
    cells = []
    for batch in _BATCHES:
        load = Load(at_once=batch)
        rig = Rig(name, folder / f"batch {batch}", budget=budget, load=load, max_batch=max(_BATCHES))
        found = steady(rig, budget)
        cells.append(f"{found.joules_per_token:.2f} J, {found.tokens_per_s:.1f}/s, duty {found.duty:.2f}")
    return f"| {name} | {budget:.2f} | {' | '.join(cells)} |"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boards", nargs="*", default=list(PLANT_BOARDS), help="default: all")
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="jetson-agent-plant-") as folder:
        print(
            "| board | budget, of uncapped | W | mean | worst 10 s | above +5 % | settles | tokens | duty | sd | kept |"
        )
        print("| --- " * 11 + "|")
        for name in arguments.boards:
            for row, is_good in rows(name, Path(folder) / name):
                print(row, flush=True)
                good = good and is_good
        print("\n| board | W | one request | two | four |")
        print("| --- " * 5 + "|")
        for name in arguments.boards:
            print(batches(name, Path(folder) / name / "batches"), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
