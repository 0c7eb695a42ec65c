"""The governor on a real meter: an NVIDIA card through NVML, a model decoding, one budget after the other.

    python -m tests.device.power_loop --model DIR

`DIR` is a model for onnxruntime-genai with CUDA (`tests.bench.random_model --execution-provider cuda`). What runs is
the project's own: engine, pacing loop, sensors and governor; only the process boundary is left out. For each budget, a
share of the uncapped draw above idle, it settles and then measures. Exit code 1 when a mean is above its budget by more
than 3 %. Needs onnxruntime-genai-cuda, nvidia-ml-py and,
for the CUDA libraries, torch; neither pydantic nor paho.
"""

import argparse
import contextlib
import importlib
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, pstdev, quantiles

from agent.clock import Clock
from agent.engine.child import load as load_engine
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine
from agent.governor import Doing, Governor, PowerPlan
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors, find_nvml
from agent.scheduler import Limits
from agent.units import Seconds
from tests.device.engine_thread import EngineThread

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
_TICK = Seconds(0.05)
_UNCAPPED_SHARE = 0.1
_IDLE_SHARE = 0.06
_SETTLE_SHARE = 8 / 33
"""Of the time of one budget."""
_ALLOWED = 1.03


@dataclass(frozen=True)
class Row:
    """What was measured over a span; the budget in watts."""

    watts: Sequence[float]
    duties: Sequence[float]
    seconds: float
    tokens: int
    budget: float = math.inf

    @property
    def mean(self) -> float:
        """Watts."""
        return fmean(self.watts)

    @property
    def is_kept(self) -> bool:
        """Whether the mean is at most 3 % above the budget."""
        return self.mean <= _ALLOWED * self.budget

    def cells(self) -> str:
        """Mean, 95th percentile, tokens/s, J/token, duty and its standard deviation."""
        p95 = quantiles(self.watts, n=20)[18]
        per_token = f"{self.mean * self.seconds / self.tokens:.3f}" if self.tokens else "-"
        duty = f"{fmean(self.duties):.3f} | {pstdev(self.duties):.3f}"
        return f"{self.mean:.1f} | {p95:.1f} | {self.tokens / self.seconds:.1f} | {per_token} | {duty}"


class Run:
    """A governor, its sensors and an engine.

    Args:
        engine: Started.
        sampler: Entered.
    """

    def __init__(self, engine: EngineThread, sampler: Sampler) -> None:
        self._engine = engine
        self._sampler = sampler
        self._duty = 1.0
        self.governor = Governor(
            PowerPlan(None, (), refuse_unmetered=False, model="model"),
            clock=Clock.of_this_machine(),
            sampled=sampler.look,
            doing=self._doing,
            apply=self._obey,
            emit=lambda event: print(f"    {event}"),
        )

    def span(self, seconds: float) -> Row:
        """Govern for so long, and measure."""
        watts: list[float] = []
        duties: list[float] = []
        began, tokens, seen = time.monotonic(), self._engine.tokens, -math.inf
        while time.monotonic() - began < seconds:
            self._engine.check()
            self.governor.tick()
            power = self._sampler.look().power
            if power is not None and power.total.value is not None and power.at > seen:
                seen = power.at
                watts.append(power.total.value / 1000)
                duties.append(self._duty)
            time.sleep(_TICK)
        if not watts:
            raise SystemExit(f"the power cannot be measured: {self.governor.state.reason}")
        return Row(watts, duties, time.monotonic() - began, self._engine.tokens - tokens)

    def _doing(self) -> Doing:
        engine = self._engine
        return Doing(Seconds(engine.prefill), Seconds(engine.decode), engine.running, 1)

    def _obey(self, limits: Limits) -> None:
        self._duty = limits.duty
        self._engine.pace(limits.duty)


def measure(engine: EngineThread, sampler: Sampler, seconds: float) -> list[Row]:
    """Print the table; a row for each budget, after the one without."""
    with engine.started(), sampler:
        run = Run(engine, sampler)
        run.span(seconds * _IDLE_SHARE / 2)
        idle = run.span(seconds * _IDLE_SHARE / 2)
        engine.ask()
        run.span(seconds * _UNCAPPED_SHARE / 2)
        rows = [run.span(seconds * _UNCAPPED_SHARE / 2)]
        power = sampler.look().power
        print(f"meter: {', '.join(rail.name for rail in power.chosen.rails) if power else 'none'}; ", end="")
        print(f"idle, with the model loaded: {idle.mean:.1f} W")
        print("| budget W | share of the rise | mean W | 95 % W | tokens/s | J/token | duty | sd | kept |")
        print("| --- " * 9 + "|")
        print(f"| none | 100% | {rows[0].cells()} | - |", flush=True)
        left = seconds * (1 - _IDLE_SHARE - _UNCAPPED_SHARE) / len(SHARES)
        for share in SHARES:
            budget = idle.mean + share * (rows[0].mean - idle.mean)
            run.governor.set_budget(budget)
            run.span(left * _SETTLE_SHARE)
            rows.append(replace(run.span(left * (1 - _SETTLE_SHARE)), budget=budget))
            print(f"| {budget:.1f} | {share:.0%} | {rows[-1].cells()} | {_word(rows[-1])} |", flush=True)
    return rows


def _word(row: Row) -> str:
    return "yes" if row.is_kept else "NO"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--minutes", type=float, default=3.5, help="without the loading")
    parser.add_argument("--max-tokens", type=int, default=1000, help="of each answer")
    parser.add_argument("--prompt", default="Count to a thousand.")
    arguments = parser.parse_args()
    with contextlib.suppress(ImportError):
        importlib.import_module("torch")  # brings the CUDA libraries that onnxruntime looks for
    nvml = find_nvml()
    print(f"cards: {', '.join(card.name for card in nvml.cards()) or nvml.problem}")

    def load() -> Engine:
        return load_engine(EngineSpec("model", arguments.model, "agent.engine.ort_genai:load"))

    engine = EngineThread(load, arguments.prompt, arguments.max_tokens)
    rows = measure(engine, Sampler(lambda: Sensors(nvml=nvml)), arguments.minutes * 60)
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
