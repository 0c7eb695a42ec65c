"""A whole update, for real: signed, served, fetched, staged, tried and proved; by the launcher, on a broker.

`python -m tests.fleet.rehearsal` rehearses a good release, bad ones, power cuts amid updates and an update under load,
and prints a table. The repository is made by the code behind `jetson-agent fleet`; the agent is this tree's, as a wheel
that pip installs; the service manager is `supervised.py`. Files outlive a kill here whether they were flushed or not.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial

from tests.fleet.rehearsals import BAD, Line, Rehearsal, rehearsing
from tests.fleet.rehearsed_releases import CRASHES, Draft


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="good,bad,kills,load", help="which: %(default)s")
    parser.add_argument("--kills", type=int, default=40, help="power cuts at random moments")
    parser.add_argument("--prompts", type=int, default=2000, help="in flight across an update, and across a rollback")
    parser.add_argument("--bad", default="", help="only those bad releases that are called so")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--whole-venv", action="store_true", help="environments as on a device, pip installed in each")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    lines: list[Line] = []
    with rehearsing(whole_venv=options.whole_venv) as rehearsal:
        for part in _parts(rehearsal, options):
            line = part()
            lines.append(line)
            print(f"{'ok  ' if line.held else 'FAIL'} {line.what}: {line.seen}", flush=True)
    print("\n| rehearsed | seen |\n| --- | --- |")
    for line in lines:
        print(f"| {line.what}{'' if line.held else ' (FAILED)'} | {line.seen} |")
    return 0 if all(line.held for line in lines) else 1


def _parts(rehearsal: Rehearsal, options: argparse.Namespace) -> Iterator[Callable[[], Line]]:
    parts = options.parts.split(",")
    if "good" in parts:
        yield rehearsal.good_update
        yield rehearsal.good_update
    if "bad" in parts:
        for bad in BAD:
            if options.bad in bad.what:
                yield partial(rehearsal.bad_release, bad)
    if "kills" in parts:
        yield lambda: rehearsal.power_cuts(options.kills, random.Random(options.seed))  # noqa: S311 - repeatable
    if "load" in parts:
        yield lambda: rehearsal.under_load(options.prompts, None, "committed")
        yield lambda: rehearsal.under_load(options.prompts, Draft((CRASHES,)), "rolled_back")
    yield rehearsal.whole_journal


if __name__ == "__main__":
    sys.exit(main())
