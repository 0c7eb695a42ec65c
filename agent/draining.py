"""Draining: the device finishes what runs and begins nothing, so that it can be serviced; and its end.

Prompts of the pools stay at the broker, for the other devices: the subscriptions are left. A prompt for this device
alone has nobody else to go to. It is taken and waits on the disk, as always: left unacknowledged, it would fill the
window in which the broker delivers, and with it keep out the very command that ends the draining.
"""

import asyncio
from collections.abc import Callable, Sequence

from agent.errors import RetryError
from agent.lanes import Lanes
from agent.link import Link
from agent.presence import Presence


class Draining:
    """Not kept over a restart: a device that was drained to be serviced serves when it is back.

    Args:
        lanes: Who starts prompts.
        link: The broker.
        presence: Says so.
        pools: The subscriptions that are left.
        changed: Called when `R/status` is to be said anew.
    """

    def __init__(
        self, lanes: Lanes, link: Link, presence: Presence, *, pools: Sequence[str], changed: Callable[[], None]
    ) -> None:
        self._lanes = lanes
        self._link = link
        self._presence = presence
        self._pools = pools
        self._changed = changed
        self._ended = asyncio.Event()

    async def set(self, on: bool) -> str:  # noqa: FBT001 - the command's one field
        """Begin to drain, and return when nothing runs; or end it.

        Returns:
            What there is to say, for a person.

        Raises:
            RetryError: It was ended before nothing ran any more.
        """
        self._ended.set()
        self._ended = ended = asyncio.Event()
        self._presence.draining(on)
        self._changed()
        if not on:
            self._lanes.release()
            self._link.leave(())
            return f"{self._lanes.queued} prompts wait"
        self._lanes.hold()
        self._link.leave(self._pools)
        waiting = {asyncio.create_task(self._lanes.idle()), asyncio.create_task(ended.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if ended.is_set():
            raise RetryError("another drain command came before everything had finished")
        return f"nothing runs; {self._lanes.queued} prompts wait on the disk"
