"""Brings a release here: all of its contents, then its slot.

Invariant: no slot is made of a release while something of it may be missing.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from agent.errors import AgentError, RetryError
from agent.fleet.blocking import Caller
from agent.fleet.ports import Blobs, NoRoomError, Slots
from agent.fleet.values import Release
from agent.units import Bytes, Seconds

LOOK_EVERY: Final = Seconds(60.0)
"""So often it is looked whether a download may go on, and told how far it is: each time a write for each who asked."""

_MIB: Final = 1024 * 1024


class Bringing:
    """On one device.

    Args:
        blobs: Contents.
        slots: Releases on this device.
        call: Makes a call that blocks.
        tell: Told how far it is, for a person.
    """

    def __init__(self, blobs: Blobs, slots: Slots, call: Caller, tell: Callable[[str], None]) -> None:
        self._blobs = blobs
        self._slots = slots
        self._call = call
        self._tell = tell

    async def bring(self, release: Release, held_back: Callable[[], str | None]) -> str | None:
        """Fetch what is missing while it may be, and make the slot.

        Args:
            release: Which.
            held_back: Why nothing may be changed now; None: it may.

        Returns:
            What held it back; None: the slot is there.

        Raises:
            AgentError: It came to nothing.
            OSError: Likewise.
        """
        held = await self._fetch(release, held_back) or held_back()
        if held is None:
            await self._stage(release)
        return held

    async def _stage(self, release: Release) -> None:
        """Mostly pip's work, which takes minutes.

        Where it comes to nothing, perhaps for a content that the disk has damaged, that one comes again.
        """
        self._tell(f"installing {release.name}")
        try:
            await self._call(partial(self._slots.stage, release))
        except NoRoomError:
            raise
        except (AgentError, OSError) as error:
            damaged = await self._call(partial(self._blobs.drop_damaged, release))
            if damaged:
                raise RetryError(f"{damaged} damaged on the disk, to be fetched again: {error}") from error
            raise

    async def _fetch(self, release: Release, held_back: Callable[[], str | None]) -> str | None:
        """Why it was stopped, though that may be over by now; None: all is here."""
        missing = await self._call(partial(self._blobs.missing, release))
        stop, here = threading.Event(), [Bytes(0)]

        def progress(came: Bytes) -> None:
            here[0] = Bytes(here[0] + came)

        async def watch() -> str:
            while (held := held_back()) is None:
                self._tell(f"downloading {release.name}: {here[0] / _MIB:.1f} of {missing / _MIB:.1f} MiB")
                await asyncio.sleep(LOOK_EVERY)
            stop.set()
            return held

        watching = asyncio.create_task(watch(), name="download's watch")
        try:
            await self._call(partial(self._blobs.fetch, release, progress=progress, is_stopped=stop.is_set))
            return watching.result() if watching.done() else None
        finally:
            stop.set()
            watching.cancel()
