"""The file that the demo's camera plays: drawn at the first run, kept in the user's folder for caches."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import agent
from agent.demo.until_parent_ends import launcher
from agent.errors import StopError

_SOURCES = Path(agent.__file__).parent / "demo" / "clip"

Waiting = Callable[[str], AbstractContextManager[object]]
"""Shows what is being waited for while a block runs."""


def caches() -> Path:
    """The folder for what can be made again (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetson-agent" / "demo"


def ensure_clip(waiting: Waiting, folder: Path, cache: Path) -> Path:
    """The clip's file; drawn if this version of the clip has not been drawn yet.

    Args:
        waiting: Shows what takes time.
        folder: Of the demo, which goes when it ends: the file is drawn there, and stays there if it cannot be kept.
        cache: Where it is kept.

    Raises:
        StopError: It cannot be drawn.
    """
    kept = cache / f"yard-{_fingerprint()}.mp4"
    if kept.exists():
        return kept
    drawn = folder / "yard.mp4"
    with waiting("camera  drawing the clip that it plays, for the first time"):
        _draw(drawn)
    try:
        return _keep(drawn, kept)
    except OSError:
        return drawn


def _draw(path: Path) -> None:
    """In a process of its own, which has OpenCV."""
    # Ctrl-C in the terminal is for the demo alone.
    result = subprocess.run(  # noqa: S603  # a fixed command line on a file of our own
        [*launcher(), sys.executable, "-m", "agent.demo.clip.write", str(path)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    if result.returncode != 0:
        raise StopError(f"the camera's clip could not be drawn: {result.stderr.strip() or result.returncode}")


def _keep(drawn: Path, kept: Path) -> Path:
    """Instead of those of other versions."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f".{os.getpid()}-{kept.name}")
    try:
        shutil.copyfile(drawn, partial)
        for other in kept.parent.glob("yard-*.mp4"):
            other.unlink()
        partial.rename(kept)
    finally:
        partial.unlink(missing_ok=True)
    return kept


def _fingerprint() -> str:
    """Of the program that draws it."""
    digest = hashlib.sha256()
    for source in sorted(_SOURCES.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
