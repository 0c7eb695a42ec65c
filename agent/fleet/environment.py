"""The virtual environment of a release: made of its wheels alone, without a network, and tried once."""

import errno
import os
import platform
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from agent.fleet.long_command import CommandError, run_long
from agent.fleet.ports import NoRoomError, StagingError
from agent.units import Bytes, Seconds

_MAKING = Seconds(300.0)
_INSTALLING = Seconds(3600.0)
"""A wheelhouse of some hundred megabytes, on a slow card, behind everything else that the device does."""
_TRYING = Seconds(120.0)
SCRATCH = ".scratch"
"""Beside the environment while it is made; whoever makes it removes it."""
_AGENT = "jetson_agent-"
_COMPILED = 1.4
"""What is unpacked, with the byte code that pip makes of it; generous."""
_NEW_ENVIRONMENT = Bytes(64 << 20)
"""A virtual environment with pip takes 26 MB; blocks of small files and the temporary files of pip the rest."""
_FULL = os.strerror(errno.ENOSPC)
_REFUSED = 1
"""The exit code of pip when it does not take a wheel, and of an agent that does not start. A bug in pip has another."""
_DISK = "due to an OSError"
"""So pip tells, with the same code, what is no word on the wheels."""


def make_environment(place: Path, wheels: Path, lock: Path, *, python: Path | None = None) -> None:
    """Make it with the base interpreter of the running one, install the lock, then the agent; try whether it starts.

    Args:
        place: Where it is to be; not there yet.
        wheels: Folder of the release's wheels, under their names.
        lock: What to install of them, with hashes.
        python: What makes it. None: the interpreter that runs this.

    Raises:
        StagingError: The wheels do not suit this device, or the agent in them does not start.
        NoRoomError: There is no room.
        CommandError: A command was ended, or told of something that may pass.
        OSError: Something of it could not be read or started.
    """
    own = _own_wheel(wheels)
    _check_room(place.parent, wheels)
    scratch = place.parent / SCRATCH
    scratch.mkdir()
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),  # /tmp may be memory
        "LC_ALL": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
    }
    pip: list[str | Path] = [place / "bin" / "python", "-I", "-m", "pip", "--isolated", "install"]
    pip += ["--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-index"]

    def run(command: Sequence[str | Path], within: Seconds, *, judges: bool = True) -> None:
        _run(command, environ, within, place.parent, judges=judges)

    run([python or sys.executable, "-I", "-m", "venv", place], _MAKING, judges=False)  # has nothing of the release
    run([*pip, "--find-links", wheels, "--require-hashes", "--only-binary", ":all:", "-r", lock], _INSTALLING)
    # The lock has all that it needs, and does not name it; its digest was compared when it came.
    run([*pip, "--no-deps", own], _INSTALLING)
    run([place / "bin" / "jetson-agent", "version"], _TRYING)


def _run(
    command: Sequence[str | Path],
    environ: dict[str, str],
    within: Seconds,
    folder: Path,
    *,
    judges: bool,
) -> None:
    """Run a command; `judges`: what it says of itself is a word on the release."""
    try:
        run_long(command, environ, within=within)
    except CommandError as error:
        if _FULL in str(error):
            raise no_room(folder) from error
        if judges and error.exit_code == _REFUSED and _DISK not in str(error):
            raise StagingError(str(error)) from error
        raise


def no_room(folder: Path) -> NoRoomError:
    """What to raise when the disk of a folder is full."""
    return NoRoomError(f"no room for a release in {folder}: {_free(folder)} bytes are free")


def _own_wheel(wheels: Path) -> Path:
    own = [wheel for wheel in wheels.iterdir() if wheel.name.lower().startswith(_AGENT)]
    if len(own) != 1:
        raise StagingError(f"a release has one wheel of the agent, this one has {len(own)}")
    return own[0]


def _check_room(folder: Path, wheels: Path) -> None:
    """Before pip begins: what the wheels say that they unpack to, which pip does not exceed."""
    unpacked = 0
    for wheel in wheels.iterdir():
        if not wheel.stem.endswith(("any", platform.machine())):
            continue  # of another architecture
        try:
            with zipfile.ZipFile(wheel) as archive:
                unpacked += sum(part.file_size for part in archive.infolist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise StagingError(f"{wheel.name} is no wheel: {error}") from error
    needed = int(unpacked * _COMPILED) + _NEW_ENVIRONMENT
    if needed > _free(folder):
        raise NoRoomError(f"a release takes {needed} bytes in {folder}, where {_free(folder)} are free")


def _free(folder: Path) -> Bytes:
    disk = os.statvfs(folder)
    return Bytes(disk.f_bavail * disk.f_frsize)
