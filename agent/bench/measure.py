"""Runs the rounds: each cell of a load in turn, of two subjects alternately, again and again; then the next load's.

Every round of a cell is over before the next one begins, and what is over is kept, whatever happens afterwards.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Protocol

from agent.bench.cells import Cell
from agent.bench.contender import Contender, NotRun
from agent.bench.measured import CopyRate, Round, Skipped, Subject
from agent.bench.touched import read_touched
from agent.bench.watching import Bystanders, Meter, PeakMemory
from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.clock import boottime
from agent.engine.batching import BatchSearch
from agent.engine.catalog import TENSORRT_EDGE_LLM
from agent.engine.pipe import EngineSpec
from agent.engine.speculation import Speculation
from agent.units import Seconds

_LEAST_CONTEXT = 256
"""Tokens for which words are tried out."""
_BLOCK = 256
"""Tokens of a KV cache that a request takes at least, and whole: onnxruntime-genai's, the largest of the engines'."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to run.

    Attributes:
        label: Tells it from the other.
        engine: The engine's name.
        loader: As in `EngineSpec`.
        library: The engine's, with its version.
        copy_rate: Of the memory that it runs in.
        prompt_chunk: As in `EngineSpec`.
        max_batch: Requests at once for which it is loaded, at most.
        search: As in `EngineSpec`.
    """

    label: str
    model: str
    model_dir: Path
    engine: str
    loader: str
    library: str
    copy_rate: CopyRate
    prompt_chunk: int = LEAST_CHUNK
    max_batch: int = 1
    search: BatchSearch | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured.

    Attributes:
        candidates: One, or two that alternate.
        load_timeout: Of a model.
        step_timeout: An engine that says nothing for so long is killed.
        speculation: As the agent has it.
    """

    candidates: tuple[Candidate, ...]
    cells: tuple[Cell, ...]
    rounds: int
    load_timeout: Seconds
    step_timeout: Seconds
    speculation: Speculation = Speculation.OFF

    @property
    def tokens(self) -> int:
        """Of all prompts and answers."""
        return sum(cell.tokens for cell in self.cells) * self.rounds * len(self.candidates)

    def loads(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells, those together that are run by one load: for several at once a model is loaded otherwise."""
        loads: dict[tuple[int, ...], list[Cell]] = {}
        for cell in self.cells:
            loads.setdefault(tuple(_at_once(each, cell.batch) for each in self.candidates), []).append(cell)
        return tuple(map(tuple, loads.values()))

    def spec(self, candidate: Candidate, cells: Sequence[Cell]) -> EngineSpec:
        """For its engine: room for the largest cell. What it can beyond that, where it costs nothing, is no matter."""
        context = max(_LEAST_CONTEXT, *(cell.context for cell in cells))
        at_once = _at_once(candidate, max(cell.batch for cell in cells))
        return EngineSpec(
            candidate.model,
            candidate.model_dir,
            candidate.loader,
            max_batch=at_once,
            search=candidate.search,
            cache_tokens=-(-context // _BLOCK) * _BLOCK * at_once,
            speculation=self.speculation,
            prompt_chunk=candidate.prompt_chunk,
        )


def _at_once(candidate: Candidate, batch: int) -> int:
    """Requests for which it is loaded; an engine that was built ahead is for as many as it was built for."""
    return candidate.max_batch if candidate.engine == TENSORRT_EDGE_LLM.name else min(batch, candidate.max_batch)


@dataclass(slots=True)
class Found:
    """What has been measured so far."""

    subjects: list[Subject] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def is_skipped(self, subject: str, cell: Cell) -> bool:
        """Whether it has failed before."""
        return any((each.subject, each.cell) == (subject, cell) for each in self.skipped)


class Audience(Protocol):
    """Who is told how it goes on."""

    def doing(self, what: str) -> None:
        """What is done now."""

    def advance(self, tokens: int) -> None:
        """So many more tokens have gone through a model."""

    def done(self, run: Round) -> None:
        """A round is over."""


async def measure(plan: Plan, meter: Meter, found: Found, audience: Audience) -> None:
    """Run the plan; what comes of it is in `found` as soon as it is there, also when this is cancelled.

    Raises:
        StopError: A model cannot be loaded.
    """
    for cells in plan.loads():
        await _measure(plan, cells, meter, found, audience)


async def _measure(plan: Plan, cells: Sequence[Cell], meter: Meter, found: Found, audience: Audience) -> None:
    """The rounds of one load."""
    async with contextlib.AsyncExitStack() as stack:
        contenders = []
        for candidate in plan.candidates:
            audience.doing(f"{candidate.label}: loading")
            contender = Contender(
                candidate.label,
                plan.spec(candidate, cells),
                load_timeout=plan.load_timeout,
                step_timeout=plan.step_timeout,
                on_tokens=audience.advance,
            )
            capabilities = await stack.enter_async_context(contender.loaded())
            if candidate.label not in {subject.label for subject in found.subjects}:
                found.subjects.append(_subject(candidate))
            contenders.append((contender, capabilities.max_batch))
        for number, cell in product(range(plan.rounds), cells):
            # Who went first the last time goes second now: neither always has the other's heat.
            for contender, max_batch in contenders if number % 2 == 0 else contenders[::-1]:
                if not found.is_skipped(contender.label, cell):
                    audience.doing(f"{contender.label}: {cell}, round {number + 1} of {plan.rounds}")
                    await _round(contender, cell, number, min(cell.batch, max_batch), meter, found, audience)


async def _round(  # noqa: PLR0913, PLR0917 - what the loop above has in its hands
    contender: Contender, cell: Cell, number: int, running: int, meter: Meter, found: Found, audience: Audience
) -> None:
    pid = await contender.pid()
    began, others = boottime(), Bystanders(pid)
    with PeakMemory(pid) as peak:
        answers = await contender.run(cell, seed=f"{number} {cell}")
    if isinstance(answers, NotRun):
        found.skipped.append(Skipped(contender.label, cell, answers.why))
        return
    run = Round(
        subject=contender.label,
        cell=cell,
        number=number,
        running=running,
        answers=answers,
        energy=meter.energy(began, boottime()),
        memory=peak.most,
        gpu_memory=meter.gpu_memory(began),
        others=others.share(),
    )
    found.rounds.append(run)
    audience.done(run)


def _subject(candidate: Candidate) -> Subject:
    return Subject(
        label=candidate.label,
        model=candidate.model,
        engine=candidate.engine,
        library=candidate.library,
        touched=read_touched(candidate.model_dir),
        copy_rate=candidate.copy_rate,
    )
