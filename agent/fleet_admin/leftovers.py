"""Finds and clears what commands that were cut off have left: files that were being written."""

import fcntl
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from agent.fleet_admin.errors import FleetError

INCOMING = ".incoming-"
"""Begins the name of a content that is being copied. Who copies holds a lock on it: no other command waits for that."""

_WRITTEN = re.compile(r"\..+\.(json|pem)\.new")
"""The temporary names of `durable_file`, of the kinds of files that a fleet's folder has."""


def leftovers(folder: Path) -> Iterator[Path]:
    """All below a folder, also what a command that runs is writing."""
    for file in sorted(folder.rglob(".*")):
        if file.name.startswith(INCOMING) or _WRITTEN.fullmatch(file.name):
            yield file


def clear(files: Iterable[Path]) -> None:
    """Remove such files, but not contents that are being copied. No command may be writing the others.

    Raises:
        FleetError: One cannot be removed.
    """
    for file in files:
        try:
            with file.open("rb") as content:
                if file.name.startswith(INCOMING):
                    fcntl.flock(content, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue  # somebody copies it, or is done with it
        except OSError as error:
            raise FleetError(f"{file}: cannot be removed: {error.strerror}") from error
