"""Releases side by side on this device: what is staged, what is tried, what is good.

Owns `<state_dir>/fleet` but for `tuf/` and `update.json`; `blobs/` it only links to and clears. Invariants:

- A release's folder has `.complete` when everything else in it is on the disk, and from then on nothing in it changes.
- Links change by renames. Each order of writes below is such that, cut off anywhere, the launcher still starts one
  whole release, and the call that was cut off can be made again.
"""

import errno
import sys
from collections.abc import Callable
from pathlib import Path

from agent.fleet.collecting import collect, may_stay
from agent.fleet.environment import no_room
from agent.fleet.inventory import contents_in, lacking, slots_in
from agent.fleet.links import RELEASES, named_by, point, remove
from agent.fleet.ports import Blobs, StagingError
from agent.fleet.release_paths import UnsafePathError, check_release, check_release_name
from agent.fleet.staging import COMPLETE, digests_of, is_whole, make_slot, mark_of, remove_slot
from agent.fleet.values import Digest, Release, ReleaseName
from agent.release_folder import release_around
from agent.units import Bytes

_BLOBS = "blobs"
_FULL = {errno.ENOSPC, errno.EDQUOT}


class ReleaseSlots:
    """The releases of one device. Every method can be called again after a power cut amid it.

    Args:
        fleet: `<state_dir>/fleet`; made when something is staged.
        blobs: Where contents are; on the same file system.
        environment: Where this program is installed: what is around it is never removed.
        python: As of `make_environment`.
        lacking: Bytes that should be free on a folder's disk and are not.
    """

    def __init__(
        self,
        fleet: Path,
        blobs: Blobs,
        *,
        environment: Path = Path(sys.prefix),
        python: Path | None = None,
        lacking: Callable[[Path], Bytes] = lacking,
    ) -> None:
        self._fleet = fleet
        self._releases = fleet / RELEASES
        self._blobs = blobs
        self._python = python
        self._lacking = lacking
        around = release_around(environment)
        self._running = None if around is None else ReleaseName(around.name)

    def good(self) -> ReleaseName | None:
        """The release that is committed; None: the one that was installed."""
        return named_by(self._fleet / "good")

    def trial(self) -> ReleaseName | None:
        """The release that is tried now."""
        return named_by(self._fleet / "trial")

    def is_staged(self, name: ReleaseName) -> bool:
        """Whether there is a whole slot of it."""
        return is_whole(self._releases / name)

    def stage(self, release: Release) -> None:
        """Make a slot of it, complete or not there at all.

        Raises:
            StagingError: It has names that none may have, its wheels do not suit, or it does not start.
            NoRoomError: There is no room for it.
            CommandError: As of `make_environment`.
            OSError: A content is not there, or the disk has other troubles.
        """
        try:
            check_release(release)
        except UnsafePathError as error:
            raise StagingError(f"release {release.name!a}: {error}") from error
        slot = self._releases / release.name
        mark = mark_of(release)
        is_another = (slot / COMPLETE).is_file() and (slot / COMPLETE).read_bytes() != mark
        if is_whole(slot) and not is_another:
            return
        # A damaged one is made anew, the good one too: the launcher does not start it any more.
        if release.name == self._running or (is_another and release.name in self._in_use()):
            raise StagingError(f"release {release.name} is in use, and not made anew: a name is for one content")
        try:
            make_slot(slot, release, self._blobs, python=self._python)
        except OSError as error:
            remove_slot(slot)
            if error.errno in _FULL:
                raise no_room(self._fleet) from error
            raise
        except BaseException:
            remove_slot(slot)
            raise

    def begin_trial(self, name: ReleaseName) -> None:
        """The next start is of this one; after too many starts the launcher goes back to the good one by itself.

        Raises:
            StagingError: There is no complete slot of it.
        """
        if self.trial() == name:
            return  # begun before the power cut: its starts stay counted, or a crash at each would never end
        if not self.is_staged(check_release_name(name)):
            raise StagingError(f"release {name} is not staged")
        # The old count goes before the new link comes. The other way round a cut would leave the new release with it.
        # Nor is what the launcher said of an earlier try to be taken for what it says of this one.
        remove(self._fleet / "trial.boots")
        remove(self._fleet / "fell-back")
        point(self._fleet / "trial", name)

    def commit(self, name: ReleaseName) -> None:
        """It is the good one from now on.

        Raises:
            StagingError: There is no complete slot of it.
        """
        if not self.is_staged(check_release_name(name)):
            raise StagingError(f"release {name} is not staged")
        # First good, then no trial: cut off in between both links name it, and the launcher takes it for the good one.
        # The other way round the release before would run, of which `good` would say so.
        if self.good() != name:
            point(self._fleet / "good", name)
        self._end_trial(name)

    def abandon(self, name: ReleaseName) -> None:
        """The next start is of the good one again."""
        self._end_trial(name)

    def collect(self, keep: frozenset[ReleaseName], most: Bytes, coming: Release | None = None) -> Bytes:
        """Remove slots and contents that nothing needs, until they take at most so much; returns what was freed.

        Nor do they take what should be free on their disk.
        """
        spare = frozenset[Digest]() if coming is None else digests_of(coming)
        blobs = self._fleet / _BLOBS
        contents = contents_in(blobs)
        slots = slots_in(self._releases, COMPLETE, contents)
        if slots or contents:
            most = may_stay(slots, contents, most, self._lacking(self._fleet))
        removal = collect(slots, contents, keep | self._in_use(), most, spare)
        for name in removal.slots:
            remove_slot(self._releases / name)
        for content in removal.contents:
            (blobs / content).unlink(missing_ok=True)
        return removal.freed

    def _in_use(self) -> frozenset[ReleaseName]:
        return frozenset(name for name in (self.good(), self.trial(), self._running) if name is not None)

    def _end_trial(self, name: ReleaseName) -> None:
        if self.trial() == name:
            remove(self._fleet / "trial")
            # A count without a trial means nothing; `begin_trial` removes it first.
            remove(self._fleet / "trial.boots")
