"""Cameras that have not been looked at since the agent's start: what asks about one waits for its first look.

Opening a camera takes from a moment to many seconds, and prompts from before the start are there at once.
"""

import asyncio
import contextlib
from collections.abc import Collection

from agent.camera.values import CameraName
from agent.clock import Clock
from agent.units import Seconds

_LONGEST = Seconds(20.0)
"""Nobody waits for longer: a camera, and the process that looks, are ready by then or something is wrong."""


class FirstLooks:
    """Knows of which cameras the first look is still to come.

    Args:
        cameras: All of them.
        clock: The time.
    """

    def __init__(self, cameras: Collection[CameraName], clock: Clock) -> None:
        self._over = {camera: asyncio.Event() for camera in cameras}
        self._clock = clock
        self._has_stopped = False

    @property
    def has_stopped(self) -> bool:
        """Whether that a camera shows nothing is the agent's doing, which stops."""
        return self._has_stopped

    def over(self, camera: CameraName) -> None:
        """There is nothing to wait for any more: the camera has been looked at, or cannot be opened."""
        self._over[camera].set()

    def stop(self) -> None:
        """There will be no more looks: nobody waits from now on."""
        self._has_stopped = True
        for over in self._over.values():
            over.set()

    async def wait(self, cameras: Collection[CameraName], deadline: Seconds | None) -> None:
        """Until there is nothing to wait for, and no longer than it makes sense.

        Args:
            cameras: Which; those that there are not are not waited for.
            deadline: On the boot clock: when nobody wants to know any more; None: never.
        """
        longest = _LONGEST if deadline is None else min(_LONGEST, deadline - self._clock.now())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, longest)):
                for camera in cameras:
                    if camera in self._over:
                        await self._over[camera].wait()
