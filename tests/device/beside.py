"""The bare runtime beside the agent's engine: after each round of the one, the same prompts by the other.

The agent's is always first: `measure` tells of a round when it is over. By turns: `whole_agent`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from agent.bench.cells import Cell
from agent.bench.measured import Round
from tests.device.bare_loop import BareLoop, BareRound


@dataclass(slots=True)
class Beside:
    """An audience of `measure` that runs the bare runtime after each round.

    Attributes:
        bare: The bare runtime.
        pairs: The rounds of both.
    """

    bare: BareLoop
    pairs: list[tuple[Round, BareRound]] = field(default_factory=list)

    def doing(self, what: str) -> None:
        """Nothing."""

    def advance(self, tokens: int) -> None:
        """Nothing."""

    def done(self, run: Round) -> None:
        """The same by the bare runtime; nothing else runs meanwhile."""
        cell = run.cell
        bare = self.bare.run(cell, self.bare.texts(cell, f"{run.number} {cell}"))
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


def _ratios(pairs: Sequence[tuple[Round, BareRound]]) -> list[float]:
    return [run.tokens_per_s / bare.tokens_per_s(with_tokenizing=True) for run, bare in pairs]
