"""What the commands of the command line have in common."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from agent.config_file import DEFAULT_PATH
from agent.errors import StopError

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help=f"The configuration. Default: {DEFAULT_PATH} if it exists, else defaults.",
    ),
]


def command_help(text: str, *examples: tuple[str, str]) -> str:
    r"""A command's help: what it does, then for each example what it is for and the line to type.

    `\b` keeps the lines of its paragraph apart.
    """
    shown = "\n".join(f"  # {meaning}\n  [bold]{command}[/]" for command, meaning in examples)
    return f"{text}\n\n\b\nExamples:\n{shown}"


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """An error that a person can act on becomes its message and its exit code, without a traceback."""
    try:
        yield
    except StopError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error
