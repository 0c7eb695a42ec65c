"""What is measured: cells of input and output length and batch. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CELL = re.compile(r"\s*(\d{1,7})\|(\d{1,7})\s*")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Requests that are sent at the same moment.

    Attributes:
        batch: How many.
        input_tokens: Of each prompt, the chat template's included.
        output_tokens: Of each answer.
    """

    batch: int
    input_tokens: int
    output_tokens: int

    def __str__(self) -> str:
        """As people write it: `2000|100`, and the batch."""
        return f"{self.lengths}, batch {self.batch}"

    @property
    def lengths(self) -> str:
        """Without the batch."""
        return f"{self.input_tokens}|{self.output_tokens}"

    @property
    def context(self) -> int:
        """Tokens of one prompt and its answer."""
        return self.input_tokens + self.output_tokens

    @property
    def tokens(self) -> int:
        """Of all prompts and answers."""
        return self.batch * self.context


def parse_cells(lengths: str, batches: str) -> tuple[Cell, ...]:
    """Every length with every batch, in the order in which they are written.

    Args:
        lengths: `100|100,2000|100`
        batches: `1,4`

    Raises:
        ValueError: That is not what they say.
    """
    pairs = [_parse_lengths(part) for part in lengths.split(",")]
    return tuple(dict.fromkeys(Cell(batch, *pair) for batch in _parse_batches(batches.split(",")) for pair in pairs))


def _parse_lengths(text: str) -> tuple[int, int]:
    match = _CELL.fullmatch(text)
    if match is None or not int(match[1]) or not int(match[2]):
        raise ValueError(
            f"{text!r} is no cell: input and output tokens are written as 100|100, in quotes for the shell"
        )
    return int(match[1]), int(match[2])


def _parse_batches(texts: Iterable[str]) -> tuple[int, ...]:
    batches = tuple(int(text) for text in texts if text.strip().isdecimal())
    if len(batches) != len(list(texts)) or not all(1 <= batch <= 256 for batch in batches):  # noqa: PLR2004 - enough
        raise ValueError("a batch is a number from 1 to 256, and several are written as 1,4")
    return batches
