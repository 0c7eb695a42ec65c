"""Whether a release is for this device, and whether now. Pure."""

import hashlib
from dataclasses import dataclass
from typing import Final

from agent.day_span import is_within
from agent.fleet.settings import DownloadHours
from agent.fleet.values import Desired, Release
from agent.units import MinuteOfDay, Ratio, Seconds

_DAY: Final = 24 * 60
_DIGITS: Final = 8
"""Bytes of the hash that tell a device's place."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a release may ask of a device.

    Attributes:
        id: Its name in the fleet.
        architecture: As `uname -m` says.
        board: The module's name, or the machine's.
        launcher: The version of its launcher.
        journal: The major version of the journal's form that its agent reads.
    """

    id: str
    architecture: str
    board: str
    launcher: int
    journal: int


def misfit(release: Release, device: Device) -> str | None:
    """Why a release cannot run here, for a person; None: it can."""
    requires = release.requires
    if requires.architectures and device.architecture not in requires.architectures:
        return f"it is for {' and '.join(requires.architectures)}, this device is {device.architecture}"
    if requires.boards and not device.board.startswith(requires.boards):
        return f"it is for {', '.join(requires.boards)}, this device is {device.board}"
    if requires.launcher > device.launcher:
        return f"it needs version {requires.launcher} of the launcher, here is {device.launcher}: run the installer"
    if requires.journal != device.journal:
        return f"it has form {requires.journal} of the journal, here is {device.journal}: run the installer"
    return None


def place(device_id: str, cohort: str) -> Ratio:
    """Where a device stands among all, from 0 to below 1: the same at each look, another one for each cohort.

    The first eight bytes, most significant first, of the SHA-256 of the cohort, a zero byte, and the device's id.
    """
    digest = hashlib.sha256(f"{cohort}\0{device_id}".encode()).digest()
    # 53 bits: as many as a double has, so that it never rounds up to 1.
    return Ratio((int.from_bytes(digest[:_DIGITS], "big") >> 11) / 2**53)


def out_of_turn(desired: Desired, device_id: str) -> str | None:
    """Why it is not this device's turn yet, for a person; None: it is."""
    here = place(device_id, desired.cohort)
    if here < desired.share:
        return None
    return f"{desired.release} is for {desired.share:.1%} of the devices so far, this one stands at {here:.1%}"


def held_back(
    hours: DownloadHours | None, minute: MinuteOfDay, lock: str | None, *, is_serviced: bool, urgent: bool
) -> str | None:
    """Why nothing may be changed now, for a person; None: it may.

    Args:
        hours: When it may; None: always.
        minute: The minute of the day.
        lock: What the site's lock says; None: there is none.
        is_serviced: Whether an operator drains the device: switched, it would be drained no longer.
        urgent: Whether the hours do not count; the others do.
    """
    if is_serviced:
        return "an operator drains the device"
    if lock is not None:
        return f"updates.lock: {lock}" if lock else "updates.lock is there"
    if urgent or hours is None or is_within(minute, hours.begins, hours.ends):
        return None
    return f"updates are made from {_clock_time(hours.begins)} to {_clock_time(hours.ends)}"


def spread(hours: DownloadHours | None, minute: MinuteOfDay, *, urgent: bool) -> Seconds:
    """Over how long the devices of a fleet begin that nothing holds back any more: half of what is left of the hours.

    Args:
        hours: When updates may be made; None: always.
        minute: The minute of the day, within the hours.
        urgent: Whether the hours do not count.
    """
    if hours is None or urgent:
        return Seconds(0.0)
    return Seconds(((hours.ends - minute) % _DAY or _DAY) * 60 / 2)


def _clock_time(minute: MinuteOfDay) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
