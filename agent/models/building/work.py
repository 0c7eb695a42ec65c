"""The folder in which a build comes together: `<models_dir>/.build-<name>`.

No model is looked for there. Invariant: it is gone when the build has ended, however that was; what a killed build has
left goes at the next one of that name.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from agent.models.building.run_stage import BuildError
from agent.models.building.stages import Places


@contextlib.contextmanager
def held(own: Path, name: str) -> Iterator[Places]:
    """An empty work folder, and other builds of that name kept out.

    Raises:
        BuildError: Another one is at it, or it may not be made.
    """
    folder = own / f".build-{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BuildError(f"{folder}: {error.strerror}. Run this as a user who may write to {own}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise BuildError(f"{name} is being built by another process: wait for it, or end it") from error
    try:
        _empty(folder)
        yield Places(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def appear(model: Path, target: Path) -> None:
    """The model's folder takes its place, at once; one that was there goes.

    Raises:
        OSError: It does not.
    """
    for file in model.iterdir():
        _sync(file)
    _sync(model)
    aside = target.with_name(f".replaced-{target.name}")
    shutil.rmtree(aside, ignore_errors=True)  # an earlier replacement was cut off
    if target.exists():
        target.rename(aside)
    model.rename(target)
    _sync(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
