"""What the demo looks like: 80 columns, with colours and a spinner on a terminal, plain lines elsewhere."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from agent.printable import printable

_PLAIN_WIDTH = 80
_INDENT = "  "


class View:
    """Writes to the standard output."""

    def __init__(self) -> None:
        self._width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_WIDTH
        self._console = Console(highlight=False, width=self._width)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Say what is being waited for, with a spinner where there is a terminal."""
        if self._console.is_terminal:
            with self._console.status(escape(what)):
                yield
        else:
            self.line(f"{what} ...")
            yield

    def line(self, text: str = "", style: str | None = None) -> None:
        """A line; the terminal breaks it, so that what is copied from it has no line breaks."""
        self._console.print(escape(printable(text)), style=style, soft_wrap=True)

    def title(self, text: str) -> None:
        """The start of something new."""
        self.line()
        self.line(text, "bold")

    def paragraph(self, text: str, style: str | None = None, indent: str = _INDENT) -> None:
        """Indented text, broken between words."""
        with self.writing(style, indent) as write:
            write(text)

    @contextmanager
    def writing(self, style: str | None = None, indent: str = _INDENT) -> Iterator[Callable[[str], None]]:
        """A paragraph that appears piece by piece; gives the function that takes the pieces."""
        text = WrappedText(indent, self._width)
        try:
            yield lambda piece: self._put(text.add(printable(piece)), style)
        finally:
            self._put(text.finish(), style)

    def _put(self, text: str, style: str | None) -> None:
        self._console.print(escape(text), style=style, end="", soft_wrap=True)
        self._console.file.flush()


class WrappedText:
    """Breaks text between words while it is still being written: a word is given out when it has ended.

    Args:
        indent: In front of every line.
        width: Columns of a line.
    """

    def __init__(self, indent: str, width: int) -> None:
        self._indent = indent
        self._width = width
        self._column = 0
        self._word = ""

    def add(self, piece: str) -> str:
        """Take a piece; what can be shown of everything so far and was not shown yet."""
        out = []
        for character in piece:
            if not character.isspace():
                self._word += character
                continue
            out.append(self._place_word())
            if character == "\n" and self._column:
                out.append("\n")
                self._column = 0
        return "".join(out)

    def finish(self) -> str:
        """The last word and the end of the line; nothing when there was nothing."""
        out = self._place_word()
        return f"{out}\n" if self._column else ""

    def _place_word(self) -> str:
        word, self._word = self._word, ""
        if not word:
            return ""
        if self._column == 0:
            lead = self._indent
        elif self._column + 1 + len(word) <= self._width:
            lead = " "
        else:
            lead = f"\n{self._indent}"
            self._column = 0
        self._column += len(lead.lstrip("\n")) + len(word)
        return lead + word
