"""Reads a folder of wheels and the lock file that goes with it, and says what pip on a device would refuse."""

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.lock_file import Wheel, missing
from agent.models.digest import sha256
from agent.plain_file import read_text

_AGENT = canonicalize_name("jetson-agent")
_FORM = "agent/journal/schema.py"
"""In the agent's wheel: assigns the major version of the journal's form to `MAJOR`."""
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_MACHINE = re.compile(r"linux.*?_(aarch64|x86_64)$")
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Wheelhouse:
    """A folder of wheels.

    Attributes:
        wheels: Its files, by name.
        version: The agent's.
        architectures: The machines that its compiled wheels are for; none: all.
        journal: The major version of the journal's form that the agent reads and writes.
    """

    wheels: tuple[Path, ...]
    version: str
    architectures: tuple[str, ...]
    journal: int


def read_wheelhouse(folder: Path, lock: Path) -> Wheelhouse:
    """What is in it.

    Raises:
        FleetError: No wheels, not exactly one of the agent, one that the lock file does not name, none of what it
            names, or an agent that does not say which form its journal has.
    """
    wheels = tuple(sorted(folder.glob("*.whl")))
    if not wheels:
        raise FleetError(f"{folder}: has no wheels; pip download and pip wheel make them: docs/fleet.md")
    try:
        locked = read_text(lock)
    except (OSError, ValueError) as error:
        raise FleetError(f"{lock}: {error.strerror if isinstance(error, OSError) else error}") from error
    known = frozenset(_HASH.findall(locked))
    agents: list[tuple[str, Path]] = []
    read: list[Wheel] = []
    machines: set[str] = set()
    for wheel in wheels:
        try:
            name, released, _, tags = parse_wheel_filename(wheel.name)
        except InvalidWheelFilename as error:
            raise FleetError(f"{wheel}: {error}") from error
        machines |= _machines(tag.platform for tag in tags)
        read.append(Wheel(name, released, tags))
        if name == _AGENT:
            agents.append((str(released), wheel))
        elif sha256(wheel) not in known:
            raise FleetError(f"{wheel.name} is not in {lock}: pip on a device would refuse it")
    if len(agents) != 1:
        raise FleetError(f"{folder}: has {len(agents)} wheels of jetson-agent, and should have one")
    version, agent = agents[0]
    architectures = tuple(sorted(machines))
    if absent := missing(locked, read, architectures, sys.version_info.minor):
        told = ", ".join((*absent[:_MOST_TOLD], *(("and more",) if len(absent) > _MOST_TOLD else ())))
        raise FleetError(
            f"{folder}: has no wheel of what {lock} names: {told}. pip on a device would refuse the release; "
            "pip download has to run with the devices' Python: docs/fleet.md"
        )
    return Wheelhouse(wheels, version, architectures, _journal_of(agent))


def _journal_of(agent: Path) -> int:
    """Read from the wheel's source, of which nothing is run. ADR 42: devices hold it to their own."""
    try:
        with ZipFile(agent) as wheel:
            source = ast.parse(wheel.read(_FORM))
    except (OSError, BadZipFile, KeyError, SyntaxError, ValueError) as error:
        raise FleetError(f"{agent}: {_FORM} cannot be read from it: {error}") from error
    for line in source.body:
        match line:
            case (
                ast.Assign(targets=[ast.Name("MAJOR")], value=ast.Constant(int(major)))
                | ast.AnnAssign(target=ast.Name("MAJOR"), value=ast.Constant(int(major)))
            ):
                return major
    raise FleetError(f"{agent}: {_FORM} in it does not say which form its journal has (MAJOR)")


def _machines(platforms: Iterable[str]) -> set[str]:
    return {found[1] for platform in platforms if (found := _MACHINE.search(platform))}
