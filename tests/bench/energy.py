"""Whether the requests' joules and the idle joules add up to what the machine took, and how a batch is shared out.

`python -m tests.bench.energy` runs 1,000 requests at random times on a simulated machine (tests/simulated_meter.py)
whose true consumption is known, then one batch of four. Nothing here is measured on hardware.
"""

import argparse
import random
import sys
from statistics import median, quantiles

from tests.simulated_meter import IDLE_W, Load, SimulatedMachine

TARGET = 0.01
"""By how much sums may be off, and one request of a batch, next."""
ONE_TARGET = 0.06


def conservation(count: int, seed: int) -> bool:
    """Print how the sums compare; whether they agree."""
    chance, at, loads = random.Random(seed), 10.0, []  # noqa: S311 - no secret
    for number in range(count):
        at += chance.expovariate(1 / 3.0)
        loads.append(Load(f"r{number}", at, chance.randint(10, 800), chance.randint(1, 200)))
    machine = SimulatedMachine(seed=seed)
    machine.run(loads)
    machine.idle(machine.now + 10.0)
    totals = machine.ledger.totals()
    replied = sum(load.joules or 0.0 for load in loads)
    true_requests = sum(load.true_joules for load in loads)
    unmeasured = sum(load.joules is None for load in loads)
    off = [load.joules / load.true_joules - 1 for load in loads if load.joules is not None]
    cuts = quantiles(map(abs, off), n=20)
    print(f"{count} requests in {machine.now:.0f} s, up to {machine.batch} at once; {unmeasured} without a sample")
    print(f"machine took                {machine.true_joules:10.1f} J")
    print(f"meter, integrated           {totals.total:10.1f} J ({totals.total / machine.true_joules - 1:+.2%})")
    print(f"replies + idle              {replied + totals.idle:10.1f} J ({_off(replied + totals.idle, machine)})")
    print(f"requests, true above idle   {true_requests:10.1f} J")
    print(f"requests, sum of replies    {replied:10.1f} J ({replied / true_requests - 1:+.2%})")
    print(f"one request against its true cost: median {median(map(abs, off)):.1%}, 95th percentile {cuts[-1]:.1%}")
    print(f"idle floor {(totals.floor or 0) / 1000:.3f} W (true {IDLE_W} W)")
    return all(
        abs(ratio - 1) <= TARGET
        for ratio in ((replied + totals.idle) / machine.true_joules, replied / true_requests, replied / totals.requests)
    )


def batch_of_four() -> bool:
    """Print what each of four pays; whether it is what it costs, alike for who is alike, and less than alone."""
    loads = [
        Load("alike", 30.0, prompt=128, answer=200),
        Load("the same", 30.0, prompt=128, answer=200),
        Load("half the answer", 30.0, prompt=128, answer=100),
        Load("long prompt, late", 33.0, prompt=1280, answer=200),
    ]
    alone = Load("the same, alone", 60.0, prompt=128, answer=200)
    machine = SimulatedMachine()
    # What tokens cost is learnt beforehand, as in an agent that has served for a while.
    machine.run([Load(f"w{number}", 1.5 * number, 300, 20) for number in range(15)])
    machine.run(loads)
    machine.run([alone])
    print("\n| request | prompt | answer | joules | true | joules a token of the answer |")
    print("| --- | --- | --- | --- | --- | --- |")
    for load in (*loads, alone):
        joules = load.joules or 0.0
        print(
            f"| {load.name} | {load.prompt} | {load.answer} | {joules:.1f} | {load.true_joules:.1f} "
            f"| {joules / load.answer:.3f} |"
        )
    paid = [load.joules or 0.0 for load in loads]
    return (
        all(abs((load.joules or 0.0) / load.true_joules - 1) <= ONE_TARGET for load in (*loads, alone))
        and abs(sum(paid) / sum(load.true_joules for load in loads) - 1) <= TARGET
        and abs(paid[0] / paid[1] - 1) <= TARGET
        and paid[1] < (alone.joules or 0.0)
    )


def _off(joules: float, machine: SimulatedMachine) -> str:
    return f"{joules / machine.true_joules - 1:+.2%}"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    conserved = conservation(arguments.requests, arguments.seed)
    shared = batch_of_four()
    return 0 if conserved and shared else 1


if __name__ == "__main__":
    sys.exit(main())
