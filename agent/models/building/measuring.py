"""What the measuring programs have in common: their arguments, and the files through which they talk with `build`."""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from agent.models.building.accuracy import Measured
from agent.models.building.questions import Question, parse_questions

_MEASURED: TypeAdapter[Measured] = TypeAdapter(Measured)
_WINDOWS: TypeAdapter[list[list[int]]] = TypeAdapter(list[list[int]])


@dataclass(frozen=True, slots=True)
class Task:
    """What to measure a model with.

    Attributes:
        text: None: no perplexity.
        windows: The text as tokens: the checkpoint's program writes it, the others read it.
        output: Where the figures go; None: nothing is measured.
    """

    text: Path | None
    questions: tuple[Question, ...]
    windows: Path
    output: Path | None

    def read_windows(self) -> list[list[int]]:
        """The text's; none without a text."""
        return [] if self.text is None else _WINDOWS.validate_json(self.windows.read_bytes())

    def write_windows(self, windows: list[list[int]]) -> None:
        """For those that come later."""
        self.windows.write_bytes(_WINDOWS.dump_json(windows))

    def write(self, measured: Measured) -> None:
        """The figures; of a model that is broken they are no numbers, which pydantic would write as null."""
        if self.output is not None:
            self.output.write_text(json.dumps(asdict(measured)), encoding="utf-8")


def read_measured(file: Path) -> Measured:
    """The figures that a program has written."""
    return _MEASURED.validate_json(file.read_bytes())


def new_parser(description: str | None) -> argparse.ArgumentParser:
    """With the arguments that all of them take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", type=Path)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--windows", type=Path, default=Path("windows.json"))
    parser.add_argument("--output", type=Path)
    return parser


def task_of(arguments: argparse.Namespace) -> Task:
    """The task in the arguments."""
    file: Path | None = arguments.questions
    questions = () if file is None else parse_questions(file.read_text(encoding="utf-8"), str(file))
    return Task(arguments.text, questions, arguments.windows, arguments.output)
