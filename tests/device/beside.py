"""The bare runtime beside the agent's engine: after each round of the one, the same prompts by the other."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Self

from agent.bench.cells import Cell
from agent.bench.measured import Round
from agent.bench.prompts import Wording, find_wording


@dataclass(frozen=True, slots=True)
class BareRound:
    """What the bare runtime made of the prompts of a round.

    Attributes:
        tokenized: Seconds from the begin to the last prompt's tokens.
        first: Likewise to the first token.
        finished: Likewise to the last.
        gaps: Seconds between tokens.
    """

    cell: Cell
    tokenized: float
    first: float
    finished: float
    gaps: tuple[float, ...]

    def tokens_per_s(self, *, with_tokenizing: bool) -> float:
        """As of a `Round`."""
        took = self.finished - (0.0 if with_tokenizing else self.tokenized)
        return self.cell.batch * self.cell.output_tokens / took


@dataclass(slots=True)
class Beside:
    """An audience of `measure` that runs the bare runtime after each round.

    Attributes:
        model: Folder of a model that is not paged.
        pairs: The rounds of both.
    """

    model: Path
    pairs: list[tuple[Round, BareRound]] = field(default_factory=list)
    _process: Any = None
    _wording: Wording | None = None

    def __enter__(self) -> Self:
        """Load the model."""
        command = [sys.executable, "-m", "tests.device.bare", "--model", str(self.model)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._wording = asyncio.run(find_wording(self._count))
        self._ask(["the"] * 2, 1)  # that the model for several is loaded, too
        return self

    def __exit__(self, *_: object) -> None:
        """End its process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def doing(self, what: str) -> None:
        """Nothing."""

    def advance(self, tokens: int) -> None:
        """Nothing."""

    def done(self, run: Round) -> None:
        """The same by the bare runtime; nothing else runs meanwhile."""
        assert self._wording is not None
        cell = run.cell
        texts = [self._wording.prompt(cell.input_tokens, f"{run.number} {cell} {index}") for index in range(cell.batch)]
        found = self._ask(texts, cell.output_tokens)
        assert found["prompt_tokens"] == cell.input_tokens
        at = found["tokens_at"]
        gaps = tuple(later - earlier for earlier, later in pairwise(at))
        bare = BareRound(cell, found["tokenized"], at[0], at[-1], gaps)
        self.pairs.append((run, bare))
        both = f"{run.tokens_per_s:.1f} tokens/s; bare {bare.tokens_per_s(with_tokenizing=True):.1f}"
        print(f"{cell}, round {run.number + 1}: {both}", flush=True)

    def table(self) -> str:
        """The cells, and in each the medians of both."""
        cells = dict.fromkeys(run.cell for run, _ in self.pairs)
        rows = [self._row(cell, [pair for pair in self.pairs if pair[0].cell == cell]) for cell in cells]
        heads = (
            "in\\|out",
            "batch",
            "bare, tokens/s",
            "and without tokenizing",
            "first token, ms: agent / bare",
            "between, ms: agent / bare",
            "agent / bare",
            "least and most",
        )
        return "\n".join([f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|", *rows])

    def worst(self) -> float:
        """The agent's tokens/s over the bare runtime's, median of the rounds, in the cell where that is least."""
        cells = dict.fromkeys(run.cell for run, _ in self.pairs)
        return min(median(_ratios([pair for pair in self.pairs if pair[0].cell == cell])) for cell in cells)

    def _row(self, cell: Cell, pairs: Sequence[tuple[Round, BareRound]]) -> str:
        ratios = _ratios(pairs)
        firsts = [1000 * median(answer.first_token for answer in run.answers) for run, _ in pairs]
        between = [1000 * gap for run, _ in pairs for answer in run.answers for gap in answer.gaps]
        bare_between = [1000 * gap for _, bare in pairs for gap in bare.gaps]
        return (
            f"| {cell.lengths} | {cell.batch} "
            f"| {median(bare.tokens_per_s(with_tokenizing=True) for _, bare in pairs):.1f} "
            f"| {median(bare.tokens_per_s(with_tokenizing=False) for _, bare in pairs):.1f} "
            f"| {median(firsts):.1f} / {1000 * median(bare.first for _, bare in pairs):.1f} "
            f"| {median(between):.2f} / {median(bare_between):.2f} "
            f"| {median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f} |"
        )

    async def _count(self, text: str) -> int:
        return int(self._ask([text], 1)["prompt_tokens"])

    def _ask(self, texts: Sequence[str], tokens: int) -> dict[str, Any]:
        print(json.dumps({"texts": texts, "tokens": tokens}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bare runtime ended: {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _ratios(pairs: Sequence[tuple[Round, BareRound]]) -> list[float]:
    return [run.tokens_per_s / bare.tokens_per_s(with_tokenizing=True) for run, bare in pairs]
