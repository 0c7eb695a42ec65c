"""Says which wheels a lock file asks for that are not there, on each machine and Python that a release is for. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name
from packaging.version import Version

from agent.fleet_admin.errors import FleetError

_BOTH = ("aarch64", "x86_64")
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
_EXACT = re.compile(r"cp3(\d+)$")
_OPTION = re.compile(r"(^-|\s--).*$")


@dataclass(frozen=True, slots=True)
class Wheel:
    """What a wheel's name says.

    Attributes:
        name: The distribution's, canonical.
        version: Its version.
        tags: The interpreters and platforms that it is for.
    """

    name: str
    version: Version
    tags: frozenset[Tag]


def missing(lock: str, wheels: Sequence[Wheel], machines: tuple[str, ...], here: int) -> tuple[str, ...]:
    """What pip on a device would look for in vain, for a person. https://peps.python.org/pep-0425/ and 508.

    Args:
        lock: The lock file's text.
        wheels: All that there are.
        machines: What the compiled ones are for, as `uname -m` says; none: all machines.
        here: The minor version of the Python 3 that is taken where no wheel is for a single one.

    Raises:
        FleetError: A line of the lock file is no requirement.
    """
    asked = tuple(_requirements(lock))
    found = {
        f"{asking.name}{asking.specifier} for Python 3.{minor} on {machine}": None
        for machine in machines or _BOTH
        for minor in _minors(wheels, machine, here)
        for asking in asked
        if _is_asked(asking, machine, minor) and not _is_there(asking, wheels, machine, minor)
    }
    return tuple(found)


def _requirements(lock: str) -> Iterator[Requirement]:
    for line in _COMMENT.sub("", lock).replace("\\\n", " ").splitlines():
        text = _OPTION.sub("", line).strip()
        if text:
            try:
                yield Requirement(text)
            except InvalidRequirement as error:
                raise FleetError(f"the lock file has {text!r}: {error}") from error


def _minors(wheels: Sequence[Wheel], machine: str, here: int) -> list[int]:
    """The Pythons that a machine has: compiled wheels, but for those with a stable ABI, are for one each."""
    exact = [
        (tag.platform, int(python[1]))
        for wheel in wheels
        for tag in wheel.tags
        if tag.interpreter == tag.abi and (python := _EXACT.match(tag.interpreter)) is not None
    ]
    own = {minor for platform, minor in exact if platform.endswith(f"_{machine}")}
    return sorted(own or {minor for _, minor in exact} or {here})


def _is_asked(asking: Requirement, machine: str, minor: int) -> bool:
    return asking.marker is None or asking.marker.evaluate(
        {
            "implementation_name": "cpython",
            "implementation_version": f"3.{minor}.0",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"3.{minor}.0",
            "python_version": f"3.{minor}",
            "sys_platform": "linux",
        }
    )


def _is_there(asking: Requirement, wheels: Sequence[Wheel], machine: str, minor: int) -> bool:
    name = canonicalize_name(asking.name)
    named = [wheel for wheel in wheels if wheel.name == name]
    # Never empty: that would mean the platforms of the machine that this runs on.
    theirs = {tag.platform for wheel in named for tag in wheel.tags if tag.platform.endswith(f"_{machine}")}
    platforms = sorted({f"linux_{machine}", *theirs})
    abi = f"cp3{minor}"
    fits = {*cpython_tags((3, minor), [abi], platforms), *compatible_tags((3, minor), abi, platforms)}
    return any(
        asking.specifier.contains(wheel.version, prereleases=True) and not fits.isdisjoint(wheel.tags)
        for wheel in named
    )
