"""Takes a model off the disk.

Invariant: of a model that is a link to another place, the link goes, and what it leads to stays.
"""

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StopError
from agent.models.catalog import Entry
from agent.models.work_folder import hold, pull_folder
from agent.units import Bytes

_REMOVED = ".removed-"
"""How the name of a folder begins that is on its way out; no model is looked for there."""


class RemoveError(StopError):
    """It is not removed; the message says why."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone.

    Attributes:
        size: Bytes that are free again, of other models' earlier removals too; none of what a link led to.
        pinned: The manifest that stays, so that the same bytes come again.
    """

    size: Bytes
    pinned: Path | None


def remove(name: str, entry: Entry | None, own: Path, named_by: tuple[str, ...]) -> Removed:
    """Remove a model, what an unfinished download has left of it, and what removals that were cut off have left.

    Args:
        name: The model.
        entry: What is known of it.
        own: The folder of the operator's models.
        named_by: The keys of the configuration that name it.

    Raises:
        RemoveError: It is not here, comes with the agent, or is configured.
        PullError: It is being downloaded.
    """
    folder = None if entry is None or not entry.own else entry.folder
    aside = own / f"{_REMOVED}{name}"
    here = [path for path in (aside, folder, pull_folder(own, name)) if path is not None and os.path.lexists(path)]
    if not here:
        if entry is not None and entry.folder is not None:
            raise RemoveError(f"{name} comes with the agent, and goes only with it: {entry.folder}")
        raise RemoveError(f"{name} is not on this machine: there is nothing to remove")
    if folder is not None and named_by:
        raise RemoveError(
            f"{name} is in use: the configuration names it as {', '.join(named_by)}. Name another one there, restart "
            "the agent, then remove it"
        )
    with hold(own, name) if pull_folder(own, name) in here else contextlib.nullcontext():
        try:
            sizes = {path: _size(path) for path in (*own.glob(f"{_REMOVED}*"), *here)}
            for path in here:
                path.rename(aside)  # first: a model that is half gone must not be found
                _take_away(aside)
        except OSError as error:
            raise RemoveError(
                f"{error.filename}: {error.strerror}. Run this as a user who may write to {own}"
            ) from error
        sweep(own)
    pinned = own / f"{name}.yaml"
    size = sum(size for path, size in sizes.items() if not os.path.lexists(path))
    return Removed(Bytes(size), pinned if pinned.exists() else None)


def sweep(own: Path) -> None:
    """Remove what removals have left that were cut off, as far as this user may."""
    for path in own.glob(f"{_REMOVED}*"):
        with contextlib.suppress(OSError):
            _take_away(path, ignore_errors=True)


def _take_away(path: Path, *, ignore_errors: bool = False) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors)


def _size(path: Path) -> int:
    if path.is_symlink():
        return 0
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
