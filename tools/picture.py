"""Runs a command in a terminal of 80 columns and draws its final screen as SVG.

`python tools/picture.py docs/demo.svg "make run" jetson-agent demo --once`; the second argument is its title.
"""

import os
import pty
import re
import sys
from io import BytesIO, StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 80
_SAME_STYLE_AGAIN = re.compile("(\x1b\\[2m[^\x1b]*)\x1b\\[0m\x1b\\[2m")
"""Text in one style that came piece by piece."""


def run_in_terminal(command: list[str]) -> str:
    """What the command printed, ANSI codes included."""
    os.environ |= {"COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color"}
    output = BytesIO()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 65536)
        output.write(data)
        return data

    status = pty.spawn(command, read)
    if status:
        raise SystemExit(f"{command[0]} failed")
    return output.getvalue().decode()


def final_screen(printed: str) -> list[str]:
    """The lines that remain: what is written over an earlier line, by a spinner or a live view, replaces it."""
    lines: list[str] = [""]
    row = 0
    while (joined := _SAME_STYLE_AGAIN.sub(r"\1", printed)) != printed:
        printed = joined
    for line in printed.replace("\r\n", "\n").split("\n"):
        while (up := line.find("\x1b[1A")) >= 0:
            row, line = max(0, row - 1), line[:up] + line[up + 4 :]  # noqa: PLW2901 - one code at a time
        visible = line.rsplit("\x1b[2K", 1)[-1].rsplit("\r", 1)[-1]
        while len(lines) <= row:
            lines.append("")
        lines[row] = visible or lines[row] if "\x1b[2K" not in line else visible
        row += 1
    return lines


def main() -> None:
    """The command line."""
    target, title, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    lines = final_screen(run_in_terminal(command))
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for line in lines:
        console.print(Text.from_ansi(line))
    console.save_svg(str(target), title=title)


if __name__ == "__main__":
    main()
