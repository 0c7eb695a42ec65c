"""What the commands of the command line have in common."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from agent.config_file import DEFAULT_PATH
from agent.errors import StopError
from agent.printable import printable

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help=f"The configuration. Default: {DEFAULT_PATH} if it exists, else defaults.",
    ),
]


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", text):
        raise typer.BadParameter("a model's name is 1 to 64 of A-Z a-z 0-9 _ . - and begins with no dot")
    return text


NameArgument = Annotated[str, typer.Argument(parser=_name, metavar="NAME", help="The model.")]

INTERRUPTED = 130
"""As shells report a program that Ctrl-C has ended."""


def command_help(text: str, *examples: tuple[str, str]) -> str:
    r"""A command's help: what it does, then for each example what it is for and the line to type.

    `\b` keeps the lines of its paragraph apart.
    """
    shown = "\n".join(f"  # {meaning}\n  [bold]{command}[/]" for command, meaning in examples)
    return f"{text}\n\n\b\nExamples:\n{shown}"


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """An error that a person can act on becomes its message and its exit code, without a traceback.

    The message may quote a server or a file: the terminal is shown its text alone.
    """
    try:
        yield
    except StopError as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(error.exit_code) from error
