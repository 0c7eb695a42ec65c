"""Takes a model off the disk."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StopError
from agent.models.catalog import Entry
from agent.models.work_folder import pull_folder
from agent.units import Bytes


class RemoveError(StopError):
    """It is not removed; the message says why."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone.

    Attributes:
        size: Bytes that are free again.
        pinned: The manifest that stays, so that the same bytes come again.
    """

    size: Bytes
    pinned: Path | None


def remove(name: str, entry: Entry | None, own: Path, configured: frozenset[str]) -> Removed:
    """Remove a model, and what an unfinished download has left of it.

    Args:
        name: The model.
        entry: What is known of it.
        own: The folder of the operator's models.
        configured: The models that the agent loads by its configuration.

    Raises:
        RemoveError: It is not here, comes with the agent, or is configured.
    """
    folder = None if entry is None or not entry.own else entry.folder
    unfinished = pull_folder(own, name)
    if folder is None and not unfinished.exists():
        if entry is not None and entry.folder is not None:
            raise RemoveError(f"{name} comes with the agent, and goes only with it: {entry.folder}")
        raise RemoveError(f"{name} is not on this machine: there is nothing to remove")
    if folder is not None and name in configured:
        raise RemoveError(
            f"{name} is in use: the configuration names it as model.name or model.fallback. Name another one there, "
            "restart the agent, then remove it"
        )
    try:
        size = sum(_remove(path, own / f".removed-{name}") for path in (folder, unfinished) if path and path.exists())
    except OSError as error:
        raise RemoveError(f"{error.filename}: {error.strerror}. Run this as a user who may write to {own}") from error
    pinned = own / f"{name}.yaml"
    return Removed(Bytes(size), pinned if pinned.exists() else None)


def _remove(path: Path, aside: Path) -> int:
    """The size of what was there. Renamed first: a model that is half gone must not be found."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    if aside.exists():
        shutil.rmtree(aside)  # an earlier removal was cut off
    path.rename(aside)
    shutil.rmtree(aside)
    return size
