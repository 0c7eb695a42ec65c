"""The bare runtime in a process of its own (`bare.py`), asked for one cell after the other."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from agent.bench.cells import Cell
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


class BareLoop:
    """The process.

    Args:
        model: Folder of a model that is not paged.
        has_graphs: Whether one prompt alone has CUDA graphs.
    """

    def __init__(self, model: Path, *, has_graphs: bool = True) -> None:
        self._command = [sys.executable, "-m", "tests.device.bare", "--model", str(model)]
        self._command += [] if has_graphs else ["--no-graphs"]
        self._process: Any = None
        self._wording: Wording | None = None

    def __enter__(self) -> Self:
        """Load the model."""
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._wording = asyncio.run(find_wording(self._count))
        self._ask(["the"] * 2, 1)  # that the model for several is loaded, too
        return self

    def __exit__(self, *_: object) -> None:
        """End its process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def texts(self, cell: Cell, seed: str) -> list[str]:
        """Prompts of a cell's length that begin differently; the same for the same seed."""
        assert self._wording is not None
        return [self._wording.prompt(cell.input_tokens, f"{seed} {index}") for index in range(cell.batch)]

    def run(self, cell: Cell, texts: Sequence[str], *, may_end: bool = False) -> BareRound:
        """Answer them; `may_end` where the agent's answers may end by themselves, too, although none does."""
        found = self._ask(texts, cell.output_tokens, may_end=may_end)
        assert found["prompt_tokens"] == cell.input_tokens
        at = found["tokens_at"]
        gaps = tuple(later - earlier for earlier, later in pairwise(at))
        return BareRound(cell, found["tokenized"], at[0], at[-1], gaps)

    async def _count(self, text: str) -> int:
        return int(self._ask([text], 1)["prompt_tokens"])

    def _ask(self, texts: Sequence[str], tokens: int, *, may_end: bool = False) -> dict[str, Any]:
        print(json.dumps({"texts": texts, "tokens": tokens, "may_end": may_end}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bare runtime ended: {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
