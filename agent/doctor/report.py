"""How findings are shown: 80 columns, with colours on a terminal, plain elsewhere; or as JSON."""

import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from agent import __version__
from agent.doctor.finding import Finding, Mark
from agent.printable import printable

_PLAIN_WIDTH = 80
_COLUMN = 9
_INDENT = " " * 2 * _COLUMN
_STYLES = {Mark.OK: "green", Mark.WARN: "yellow", Mark.PROBLEM: "bold red"}


class Report:
    """Writes to the standard output."""

    def __init__(self) -> None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_WIDTH
        self._console = Console(highlight=False, width=width)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A spinner, where there is a terminal."""
        if self._console.is_terminal:
            with self._console.status("looking"):
                yield
        else:
            yield

    def show(self, findings: Sequence[Finding]) -> None:
        """The findings in the order in which they were made, and how many are bad."""
        area = None
        for finding in findings:
            name = "" if finding.area == area else finding.area
            area = finding.area
            first, *more = self._wrapped(finding.found, "")
            line = Text.assemble(
                (f"{finding.mark:<{_COLUMN}}", _STYLES[finding.mark]), (f"{name:<{_COLUMN}}", "bold"), first
            )
            self._console.print(line, soft_wrap=True)
            for continued in more:
                self._console.print(Text(f"{_INDENT}{continued}"), soft_wrap=True)
            for advice in [] if finding.advice is None else self._wrapped(finding.advice, "-> "):
                self._console.print(Text(f"{_INDENT}{advice}", "cyan"), soft_wrap=True)
        self._console.print()
        self._console.print(Text(_in_short(findings), "bold"))

    def _wrapped(self, text: str, lead: str) -> list[str]:
        """Broken between words; a path or a command that is longer than a line stays whole, to be copied."""
        return [
            line
            for paragraph in printable(text, keep="\n").split("\n")
            for line in textwrap.wrap(
                paragraph,
                self._console.width - len(_INDENT),
                initial_indent=lead,
                subsequent_indent=" " * len(lead),
                break_long_words=False,
                break_on_hyphens=False,
            )
        ]


def as_json(findings: Sequence[Finding]) -> str:
    """For programs."""
    content = {
        "version": __version__,
        "ok": not has_problem(findings),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def has_problem(findings: Sequence[Finding]) -> bool:
    """Whether the agent does not serve prompts like this."""
    return any(finding.mark is Mark.PROBLEM for finding in findings)


def _in_short(findings: Sequence[Finding]) -> str:
    count = Counter(finding.mark for finding in findings)
    words = [
        f"{count[mark]} {mark}{'s' if count[mark] > 1 else ''}" for mark in (Mark.PROBLEM, Mark.WARN) if count[mark]
    ]
    return f"{' and '.join(words).replace('warn', 'warning')}." if words else "Nothing to complain about."
