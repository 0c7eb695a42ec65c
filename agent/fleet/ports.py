"""What the updater acts through, as protocols: each has one implementation, and one more in tests and simulations."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.errors import AgentError, RetryError
from agent.fleet.values import Canary, CanaryAnswer, Desired, Digest, Distrust, Release, ReleaseName, Tally
from agent.units import Bytes


class DistrustError(AgentError):
    """What a server gave was not accepted. The device goes on with what it has.

    Args:
        kind: Which way it was wrong.
        message: What was wrong with what, for a person.
    """

    def __init__(self, kind: Distrust, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnreachableError(RetryError):
    """No server that is configured gives it now."""


class NoRoomError(RetryError):
    """The disk has no room for it; the message has the numbers."""


class StagingError(AgentError):
    """A release could not be made to a slot here: its wheels do not suit, or it does not start."""


class Trust(Protocol):
    """What is signed. Blocking: called in a thread. Implemented by `trust.FleetTrust`."""

    def refresh(self) -> None:
        """Bring the metadata up to date. Raises `DistrustError`, `UnreachableError`."""

    def desired(self) -> Desired | None:
        """What the device should run: its own document, else its group's, else its channel's. Raises as `refresh`."""

    def release(self, name: ReleaseName) -> Release:
        """A release's manifest. Raises as `refresh`."""


class Blobs(Protocol):
    """Contents by their digest. Blocking. Implemented by `blobs.BlobStore`."""

    def missing(self, release: Release) -> Bytes:
        """Bytes that are not here yet."""

    def fetch(self, release: Release, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]) -> None:
        """Bring what is missing here, verified. Goes on where it ended; returns early when stopped.

        Raises:
            DistrustError: A content is not what is signed.
            UnreachableError: No server gives it now.
            NoRoomError: There is no room.
        """

    def drop_damaged(self, release: Release) -> int:
        """Verify a release's contents that are here once more; remove the wrong ones, and return how many were."""

    def path(self, digest: Digest) -> Path:
        """Where a whole, verified content is."""


class Slots(Protocol):
    """Releases side by side on this device. Blocking. Implemented by `slots.ReleaseSlots`.

    Every method can be called again after a power cut amid it.
    """

    def good(self) -> ReleaseName | None:
        """The release that is committed; None: the one that was installed."""

    def trial(self) -> ReleaseName | None:
        """The release that is tried now."""

    def stage(self, release: Release) -> None:
        """Make a slot of it, complete or not there at all.

        Raises:
            StagingError: None can be made of it here.
            NoRoomError: There is no room.
            AgentError: It came to nothing for another reason, which may pass.
            OSError: Likewise.
        """

    def begin_trial(self, name: ReleaseName) -> None:
        """The next start is of this one; after too many starts the launcher goes back to the good one by itself."""

    def commit(self, name: ReleaseName) -> None:
        """It is the good one from now on."""

    def abandon(self, name: ReleaseName) -> None:
        """The next start is of the good one again."""

    def collect(self, keep: frozenset[ReleaseName], most: Bytes, coming: Release | None = None) -> Bytes:
        """Remove slots and contents that nothing needs, until they take at most so much; returns what was freed.

        Nor do they take what should be free on their disk.

        Args:
            keep: Releases that stay.
            most: What may stay.
            coming: The release that room is made for: what has come of it stays.
        """


class Service(Protocol):
    """The agent, as the updater sees it. On the event loop. Implemented by `service_port.AgentService`."""

    @property
    def is_serviced(self) -> bool:
        """Whether an operator drains the device."""

    @property
    def starved_of(self) -> str | None:
        """What lets nothing run on the device now and may again: its power or its memory; None: neither."""

    async def drain(self) -> None:
        """Begin no prompt any more; returns when none runs."""

    async def go_on(self) -> None:
        """Begin prompts again."""

    def restart(self, why: str) -> None:
        """End the process in order, for the launcher to start what is to run now. Returns at once."""

    async def serving(self) -> None:
        """Return when a model is loaded and prompts can be answered."""

    async def ask(self, canary: Canary) -> CanaryAnswer:
        """Have a canary answered by the loaded model. Raises `AgentError` when it cannot be."""

    def tally(self) -> Tally:
        """How prompts went since this process began."""
