"""What `R/camera/<name>/state` says, retained: said anew when it has changed, and at each connection."""

import asyncio
import logging
from collections.abc import Callable, Collection

from agent.camera.values import CameraName
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, Link, PublishRefusedError
from agent.prompt import OutMessage
from agent.units import Seconds

_BUSY_PAUSE = Seconds(1.0)
_log = logging.getLogger(__name__)


class States:
    """Publishes the states of cameras.

    Args:
        link: The broker.
        cameras: All of them.
        state_of: What the state of one is now.
    """

    def __init__(
        self, link: Link, cameras: Collection[CameraName], state_of: Callable[[CameraName], OutMessage]
    ) -> None:
        self._link = link
        self._state_of = state_of
        self._cameras = tuple(cameras)
        self._unsaid = dict.fromkeys(cameras)
        self._changed = asyncio.Event()
        self._changed.set()

    def changed(self, camera: CameraName) -> None:
        """A camera's state is another one now."""
        self._unsaid[camera] = None
        self._changed.set()

    def connected(self) -> None:
        """There is a new connection: the broker may have lost what it kept."""
        for camera in self._cameras:
            self.changed(camera)

    async def run(self) -> None:
        """Say what is unsaid until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._link.connected()
            while self._unsaid:
                camera = next(iter(self._unsaid))
                del self._unsaid[camera]
                if not await self._say(camera):
                    break

    async def _say(self, camera: CameraName) -> bool:
        """False: the connection is gone; it is said at the next."""
        message = self._state_of(camera)
        try:
            await self._link.publish(message)
        except NotConnectedError:
            self.changed(camera)
            return False
        except BrokerBusyError:
            await asyncio.sleep(_BUSY_PAUSE)
            self.changed(camera)
        except PublishRefusedError as error:
            _log.error("state_refused", extra={"topic": message.topic, "reason": str(error)})
        return True
