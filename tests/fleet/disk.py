"""A simulated device's disk: what outlives a power cut. It can be full, and the power can go at each access."""

import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from agent.fleet.ports import Blobs, NoRoomError, StagingError
from agent.fleet.update import Update
from agent.fleet.update_file import Kept
from agent.fleet.values import Digest, Release, ReleaseName
from agent.fleet.waking import NOT_COUNTED, GivenUp
from agent.units import Bytes

_UPDATE = TypeAdapter(Update)
MOST_BOOTS = 3


class PowerCutError(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Disk:
    """Files, as the ports see them. Each access calls `touched`, which may raise: before it, and after it.

    Attributes:
        touched: Told of each access, by name.
        is_full: Whether what needs room finds none.
        unusable: Releases of which no slot can be made.
        damaged: Contents that are here, and are not what they were.
        broken: Slots that the launcher does not start.
    """

    touched: Callable[[str], None] = lambda _what: None
    is_full: bool = False
    unusable: set[ReleaseName] = field(default_factory=set)
    damaged: set[Digest] = field(default_factory=set)
    broken: set[ReleaseName] = field(default_factory=set)
    update: bytes | None = None
    good: ReleaseName | None = None
    trial: ReleaseName | None = None
    boots: int = 0
    good_boots: int = 0
    fell_back: GivenUp | None = None
    blobs: set[Digest] = field(default_factory=set)
    slots: set[ReleaseName] = field(default_factory=set)

    def write(self, what: str) -> None:
        """Before something that needs room."""
        self.touched(what)
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device", what)

    def start(self) -> ReleaseName | None:
        """The launcher's part: what is to be started now."""
        if self.trial is not None and self.trial != self.good:
            if self.trial in self.slots and self.boots < MOST_BOOTS and not self.is_full:
                self.boots += 1
                return self.trial
            why = NOT_COUNTED if self.is_full else f"it was started {self.boots} times and not committed"
            self.fell_back = GivenUp(self.trial, why)
            self.trial, self.boots = None, 0
        return self._start_good()

    def _start_good(self) -> ReleaseName | None:
        if self.good not in self.slots - self.broken:
            return None
        if self.good_boots == MOST_BOOTS:
            self.fell_back = GivenUp(self.good, f"it was started {self.good_boots} times and never ran")
            return None
        self.good_boots += not self.is_full
        return self.good


class SimulatedRecord:
    """`UpdateRecord`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def read(self) -> Kept:
        stored = self._disk.update
        return Kept(Update() if stored is None else _UPDATE.validate_json(stored))

    def write(self, update: Update) -> None:
        self._disk.write(f"write {update.state}")
        self._disk.update = to_json(update)
        self._disk.touched(f"written {update.state}")

    def given_up(self) -> GivenUp | None:
        return self._disk.fell_back

    def forget_given_up(self) -> None:
        self._disk.fell_back = None


def _digests(release: Release) -> Iterable[Digest]:
    return (file.blob.digest for file in release.wheels)


class SimulatedBlobs:
    """`Blobs`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def missing(self, release: Release) -> Bytes:
        return Bytes(sum(file.blob.size for file in release.wheels if file.blob.digest not in self._disk.blobs))

    def fetch(self, release: Release, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]) -> None:
        for digest in _digests(release):
            if is_stopped() or digest in self._disk.blobs:
                continue
            self._disk.touched("fetch")
            if self._disk.is_full:
                raise NoRoomError("50 bytes are needed, 0 are free")
            self._disk.blobs.add(digest)
            progress(Bytes(50))

    def drop_damaged(self, release: Release) -> int:
        damaged = self._disk.damaged & set(_digests(release))
        self._disk.blobs -= damaged
        self._disk.damaged -= damaged
        return len(damaged)

    def path(self, digest: Digest) -> Path:
        return Path(digest)


class SimulatedSlots:
    """`Slots`, of what is in a store."""

    def __init__(self, disk: Disk, blobs: Blobs) -> None:
        self._disk = disk
        self._blobs = blobs

    def good(self) -> ReleaseName | None:
        return self._disk.good

    def trial(self) -> ReleaseName | None:
        return self._disk.trial

    def stage(self, release: Release) -> None:
        self._disk.touched("stage")
        if self._disk.is_full:
            raise NoRoomError("no room for a slot")
        if release.name in self._disk.unusable or self._disk.damaged.intersection(_digests(release)):
            raise StagingError("a wheel does not suit")
        assert self._blobs.missing(release) == 0
        self._disk.slots.add(release.name)
        self._disk.broken.discard(release.name)
        self._disk.touched("staged")

    def begin_trial(self, name: ReleaseName) -> None:
        assert name in self._disk.slots
        self._disk.write("begin trial")
        self._disk.boots, self._disk.trial = 0, name
        self._disk.touched("trial begun")

    def commit(self, name: ReleaseName) -> None:
        assert name in self._disk.slots
        self._disk.write("commit")
        self._disk.good = name
        self._disk.touched("half committed")
        if self._disk.trial == name:
            self._disk.trial, self._disk.boots = None, 0
        self._disk.touched("committed")

    def abandon(self, name: ReleaseName) -> None:
        self._disk.touched("abandon")
        if self._disk.trial == name:
            self._disk.trial, self._disk.boots = None, 0
        self._disk.touched("abandoned")

    def collect(self, keep: frozenset[ReleaseName], most: Bytes, coming: Release | None = None) -> Bytes:
        self._disk.touched("collect")
        if most == 0:
            self._disk.blobs &= set() if coming is None else set(_digests(coming))
        gone = self._disk.slots - keep - {self._disk.good, self._disk.trial} if most == 0 else set()
        self._disk.slots -= gone
        self._disk.touched("collected")
        return Bytes(len(gone))
