"""How well the governor keeps a budget, on every board of the simulator (`tests/plant`): not on a real board.

`python -m tests.bench.governor` takes some minutes. Per board and budget:

- `mean`: of the watts, against the budget (at least 95 %);
- `worst 10 s`: the highest mean over any ten seconds, against the budget (at most +3 %);
- `above +5 %`: the longest time above that, as means over 0.2 s, after settling (at most 1 s);
- `settles`: the slowest of: from idle, budget -20 % and back, 8 % drawn by something else and gone (at most 5 s). Down,
  until the mean of the next four seconds is within +5 %; up, until it has used 90 % of the new room;
- `after steps`: the highest mean of one second after any of these, against the budget: what settling passes over;
- `tokens`: against the best constant duty, found by search, at the same mean watts (at least 95 %);
- `sd`: the standard deviation of the duty when nothing changes (at most 0.06).

Then joules a token for one, two and four requests at the same budget: fewer for more.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.plant.boards import PLANT_BOARDS
from tests.plant.measures import (
    filling_s,
    highest_w,
    longest_excursion_s,
    mean_w,
    settling_s,
    spread,
    worst_mean_w,
)
from tests.plant.rig import Load, Rig

SHARES = (0.6, 0.75, 0.95)
STEADY_FROM = 12.0
STEADY_TO = 60.0
MOST_SD = 0.06
"""Of the duty, where nothing changes."""
_IDLE = 2.0
_OTHER = 0.08
_TAKEN = 0.99
"""Of a budget, where all of its room is taken: on average the governor stays so far below."""
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


@dataclass(frozen=True)
class Steps:
    """A run with five steps: what the slowest took, and the highest second after any, as a share of the budget."""

    settles_s: float
    highest: float


def steps(name: str, folder: Path, budget_w: float) -> Steps:
    """Run, and look at each step."""
    less_w, other_w = 0.8 * budget_w, _OTHER * budget_w
    with Rig(name, folder, budget=budget_w) as rig:
        rig.at(25.0, lambda: rig.draw(other_w))
        rig.at(40.0, lambda: rig.draw(0.0))
        rig.at(55.0, lambda: rig.governor.set_budget(less_w))
        rig.at(70.0, lambda: rig.governor.set_budget(None))
        rig.run(85.0, idle=_IDLE)
    bins, all_w = rig.world.bins, _TAKEN * budget_w
    first_spans = ((_IDLE, 25.0, budget_w), (25.0, 40.0, budget_w), (40.0, 55.0, budget_w))
    spans = (*first_spans, (55.0, 70.0, less_w), (70.0, 85.0, budget_w))
    slowest = max(
        *(settling_s(bins, *span) for span in spans),
        filling_s(bins, _IDLE, 25.0, mean_w(bins, 0.0, _IDLE), all_w),
        filling_s(bins, 40.0, 55.0, mean_w(bins, 30.0, 40.0) - other_w, all_w),
        filling_s(bins, 70.0, 85.0, mean_w(bins, 60.0, 70.0), all_w),
    )
    return Steps(slowest, max(highest_w(bins, begin, end) / limit for begin, end, limit in spans))


def best_constant(name: str, folder: Path, watts: float, until: float = STEADY_TO) -> Steady:
    """The constant duty that draws the same, found by halving."""
    low, high = 0.0, 1.0
    for number in range(_ROUNDS):
        duty = (low + high) / 2
        found = steady(Rig(name, folder / f"constant {number}", duty=duty), watts, until)
        low, high = (duty, high) if found.mean < 1 else (low, duty)
    return found


def is_kept(governed: Steady, stepped: Steps, tokens: float) -> bool:
    """Whether a budget is kept as it should be; `tokens` as a share of the best constant duty's."""
    return (
        governed.mean >= 0.95
        and governed.worst <= 1.03
        and governed.above_s <= 1
        and governed.duty_sd <= MOST_SD
        and stepped.settles_s <= 5
        and tokens >= 0.95
    )


def rows(name: str, folder: Path) -> Iterator[tuple[str, bool]]:
    """A line for each budget, and whether it is kept as it should be."""
    full = uncapped_w(name, folder)
    for share in SHARES:
        budget = share * full
        governed = steady(Rig(name, folder / f"steady {share}", budget=budget), budget)
        stepped = steps(name, folder / f"steps {share}", budget)
        constant = best_constant(name, folder / f"search {share}", governed.mean * budget)
        tokens = governed.tokens_per_s / constant.tokens_per_s
        good = is_kept(governed, stepped, tokens)
        yield (
            (
                f"| {name} | {share:.0%} | {budget:.2f} | {governed.mean:.3f} | {governed.worst - 1:+.1%} "
                f"| {governed.above_s:.2f} s | {stepped.settles_s:.1f} s | {stepped.highest - 1:+.0%} "
                f"| {tokens:.1%} | {governed.duty:.2f} | {governed.duty_sd:.3f} | {'yes' if good else 'NO'} |"
            ),
            good,
        )


def batches(name: str, folder: Path) -> tuple[str, bool]:
    """Joules a token by the number of requests, at 75 % of what one alone draws at full duty.

    Returns:
        A line, and whether more requests take fewer joules a token, and keep the budget.
    """
    budget = 0.75 * uncapped_w(name, folder)
    runs = []
    for batch in _BATCHES:
        load = Load(at_once=batch)
        rig = Rig(name, folder / f"batch {batch}", budget=budget, load=load, max_batch=max(_BATCHES))
        runs.append(steady(rig, budget))
    cells = [f"{run.joules_per_token:.2f} J, {run.tokens_per_s:.1f}/s, duty {run.duty:.2f}" for run in runs]
    good = all(run.worst <= 1.03 for run in runs) and all(
        more.joules_per_token < fewer.joules_per_token for fewer, more in pairwise(runs)
    )
    return f"| {name} | {budget:.2f} | {' | '.join(cells)} | {'yes' if good else 'NO'} |", good


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boards", nargs="*", default=list(PLANT_BOARDS), help="default: all")
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="jetson-agent-plant-") as folder:
        heads = "mean | worst 10 s | above +5 % | settles | after steps | tokens | duty | sd | kept"
        print(f"| board | budget, of uncapped | W | {heads} |")
        print("| --- " * 12 + "|")
        for name in arguments.boards:
            for row, is_good in rows(name, Path(folder) / name):
                print(row, flush=True)
                good = good and is_good
        print("\n| board | W | one request | two | four | fewer for more |")
        print("| --- " * 6 + "|")
        for name in arguments.boards:
            row, is_good = batches(name, Path(folder) / name / "batches")
            print(row, flush=True)
            good = good and is_good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
