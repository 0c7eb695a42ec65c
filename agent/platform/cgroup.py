"""The memory limit of the control group that this process is in, and of those above it.

In the kernel's Documentation: admin-guide/cgroup-v1/memory.rst and admin-guide/cgroup-v2.rst, "memory.stat".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.platform.files import text_or_none
from agent.units import Bytes

_UNLIMITED = 1 << 60
"""Version 1 says so with the largest whole number of pages."""


@dataclass(frozen=True, slots=True)
class CgroupMemory:
    """A limit and what is left of it, the files that the kernel would drop included."""

    limit: Bytes
    available: Bytes


@dataclass(frozen=True, slots=True)
class _Version:
    """What the files of a version are called, and the entries of `memory.stat` that can be reclaimed."""

    limits: tuple[str, ...]
    usage: str
    reclaimable: tuple[str, ...]


_V1 = _Version(("memory.limit_in_bytes",), "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
_V2 = _Version(("memory.max", "memory.high"), "memory.current", ("inactive_file", "active_file", "slab_reclaimable"))


class CgroupLimits:
    """Reads the limits.

    Args:
        root: Where the machine's file system is mounted.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._groups = list(_groups(root))

    def read(self) -> CgroupMemory | None:
        """The group that leaves the least; None when none is limited."""
        limited = [found for version, folder in self._groups if (found := _read(version, folder)) is not None]
        return min(limited, key=lambda it: it.available) if limited else None


def _groups(root: Path) -> Iterator[tuple[_Version, Path]]:
    """Our group and those above it, in each hierarchy that has memory."""
    mounts = (text_or_none(root / "proc/self/mountinfo") or "").splitlines()
    for line in (text_or_none(root / "proc/self/cgroup") or "").splitlines():
        number, controllers, path = line.split(":", 2)
        version = _V2 if number == "0" and not controllers else _V1 if "memory" in controllers.split(",") else None
        place = None if version is None else _mounted(mounts, version)
        if version is None or place is None:
            continue
        mount_root, mount_point = place
        top = root / mount_point.relative_to("/")
        # In a container the path may be the host's, and the mount our own group's: then the mount is all there is.
        inside = PurePosixPath(path)
        below = inside.relative_to(mount_root) if inside.is_relative_to(mount_root) else PurePosixPath()
        folder = top / below if (top / below).is_dir() else top
        yield version, folder
        while folder != top:
            folder = folder.parent
            yield version, folder


def _mounted(mounts: list[str], version: _Version) -> tuple[PurePosixPath, PurePosixPath] | None:
    """Root and mount point of a hierarchy: proc(5), `mountinfo`."""
    for line in mounts:
        before, _, after = line.partition(" - ")
        kind, *_, options = after.split() or [""]
        is_it = kind == "cgroup2" if version is _V2 else kind == "cgroup" and "memory" in options.split(",")
        if is_it:
            return PurePosixPath(before.split()[3]), PurePosixPath(before.split()[4])
    return None


def _read(version: _Version, folder: Path) -> CgroupMemory | None:
    limits = [limit for name in version.limits if (limit := _number(folder / name)) is not None]
    usage = _number(folder / version.usage)
    if not limits or usage is None or min(limits) >= _UNLIMITED:
        return None
    stat = dict(line.split(" ", 1) for line in (text_or_none(folder / "memory.stat") or "").splitlines())
    reclaimable = sum(int(stat.get(name, "0")) for name in version.reclaimable)
    limit = min(limits)
    return CgroupMemory(Bytes(limit), Bytes(max(0, min(limit, limit - usage + reclaimable))))


def _number(file: Path) -> int | None:
    """`max` is no number: not limited."""
    text = text_or_none(file)
    return int(text) if text is not None and text.isdigit() else None
