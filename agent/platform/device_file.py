"""A device's file: whom the system lets open it, and whether this user may."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """A file of a driver.

    Attributes:
        path: On this machine.
        group: Who may open it, by the system's rules; its number where it has no name.
        allowed: Whether this user may.
    """

    path: str
    group: str
    allowed: bool


def device_file(file: Path, path: str) -> DeviceFile:
    """What is so of a file.

    Args:
        file: Where it is found.
        path: What it is called.
    """
    return DeviceFile(path, _name_of_group(file.stat().st_gid), os.access(file, os.R_OK | os.W_OK))


def user_name(user: int) -> str:
    """A user's name; its number where it has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _name_of_group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
