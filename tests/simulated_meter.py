"""A simulated machine with a power meter, a batching engine and requests whose true cost is known.

A step advances every request by a chunk of its prompt or by one token, as `Engine.step` does. What a step takes above
the idle power follows from its tokens; a decode step costs more with more requests in it, but less than twice for two.
The true cost of a request is that of its own prefill and its equal part of the decode steps that it was in. The meter
samples ten times a second, with noise and in steps of 40 mW (an INA3221 at 5 V).
"""

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agent.budget.energy import EnergyLedger
from agent.engine.protocol import Tokens
from agent.engine.work_log import WorkLog
from agent.prompt import PromptId
from agent.units import Joules, Milliwatts, Seconds

SAMPLE_EVERY = 0.1
TELL_EVERY = 0.1
IDLE_W = 6.3
NOISE_W = 0.15
QUANTUM_W = 0.04
CHUNK = 64
PREFILL_J, PREFILL_S = 0.02, 0.0015  # a token
DECODE_J, DECODE_S = (0.20, 0.06), (0.024, 0.002)  # of a step, and for each request in it


@dataclass
class Load:
    """A request to simulate."""

    name: str
    at: float
    prompt: int
    answer: int
    read: int = 0
    said: int = 0
    true_joules: float = 0.0
    joules: Joules | None = None

    def next_tokens(self) -> Tokens:
        """What the next step puts through the model."""
        if self.read < self.prompt:
            return Tokens(prefill=min(CHUNK, self.prompt - self.read))
        return Tokens(decode=1)


@dataclass
class SimulatedMachine:
    """Runs requests, at most `batch` at a time, and feeds a ledger as the agent does."""

    batch: int = 4
    seed: int = 1
    failing: float = 0.0
    """Share of the samples in which the meter says nothing."""
    ledger: EnergyLedger = field(default_factory=EnergyLedger)
    now: float = 0.0
    true_joules: float = 0.0
    """All that the machine has taken."""
    _next_sample: float = 0.0
    _told: float = 0.0
    _log: WorkLog = field(default_factory=WorkLog)

    def __post_init__(self) -> None:
        """The noise is the same each time."""
        self._random = random.Random(self.seed)  # noqa: S311 - no secret

    def idle(self, until: float) -> None:
        """Nothing runs."""
        self._pass(until - self.now, 0.0)
        self.now = max(self.now, until)  # whatever rounding made of it

    def run(self, loads: Sequence[Load]) -> None:
        """Answer all of them, in the order in which they come."""
        waiting, running = deque(sorted(loads, key=lambda load: load.at)), list[Load]()
        while waiting or running:
            if not running:
                self._log.rest()
                self.idle(max(self.now, waiting[0].at))
                self._told = self.now
            while waiting and waiting[0].at <= self.now and len(running) < self.batch:
                running.append(waiting.popleft())
                self.ledger.open(PromptId(running[-1].name))
            done = list(self._step(running))
            running = [load for load in running if load not in done]

    def _step(self, running: Sequence[Load]) -> Iterator[Load]:
        """Advance every request; those that are done."""
        tokens = {load.name: load.next_tokens() for load in running}
        prefill = sum(each.prefill for each in tokens.values())
        decoding = sum(each.decode for each in tokens.values())
        decode_j = DECODE_J[0] + DECODE_J[1] * decoding if decoding else 0.0
        seconds = PREFILL_S * prefill + (DECODE_S[0] + DECODE_S[1] * decoding if decoding else 0.0)
        began = self.now
        self._pass(seconds, (PREFILL_J * prefill + decode_j) / seconds)
        advanced = {PromptId(name): each for name, each in tokens.items()}
        self._log.add(advanced, Seconds(began), Seconds(self.now))
        for load in running:
            each = tokens[load.name]
            load.read, load.said = load.read + each.prefill, load.said + each.decode
            load.true_joules += PREFILL_J * each.prefill + (decode_j / decoding if each.decode else 0.0)
        done = [load for load in running if load.said == load.answer]
        if done or self.now - self._told >= TELL_EVERY:
            self.ledger.ran("simulated", self._log.take(Seconds(self.now)))
            self._told = self.now
        for load in done:
            load.joules = self.ledger.close(PromptId(load.name))
            yield load

    def _pass(self, seconds: float, watts: float) -> None:
        """Time passes at so many watts above the idle power."""
        until = self.now + seconds
        while self._next_sample <= until:
            measured = IDLE_W + watts + self._random.gauss(0.0, NOISE_W)
            milliwatts = Milliwatts(round(measured / QUANTUM_W) * QUANTUM_W * 1000)
            said = None if self.failing and self._random.random() < self.failing else milliwatts
            self.ledger.measured(Seconds(self._next_sample), said, loaded=True)
            self._next_sample += SAMPLE_EVERY
        self.true_joules += (IDLE_W + watts) * seconds
        self.now = until
