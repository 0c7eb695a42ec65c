"""Cameras that the configuration has no more: what the broker retains of them, and their pictures, are taken away.

Owns the folder of each camera in the state directory as the memory that there was one. It is there before the camera's
state is said for the first time, and goes when the broker has forgotten that. Invariant: what could not be done, for
whatever reason, is done at the next start.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from pathlib import Path

from agent.camera.ring import Ring
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, Link, PublishRefusedError
from agent.prompt import OutMessage
from agent.topics import fault_of
from agent.units import Bytes, Seconds

_BUSY_PAUSE = Seconds(1.0)
_NOTHING = Bytes(0)
_log = logging.getLogger(__name__)


class FormerCameras:
    """Takes away what is left of them.

    Args:
        folder: Has a folder of each camera.
        configured: The cameras that there are now.
        prefix: `R`.
        link: The broker.
    """

    def __init__(self, folder: Path, configured: Collection[str], *, prefix: str, link: Link) -> None:
        self._folder = folder
        self._configured = configured
        self._prefix = prefix
        self._link = link
        self._found: list[str] = []

    def find(self) -> None:
        """Find them, delete their pictures, and remember those that there are now. Blocks: for a thread."""
        try:
            for camera in self._configured:
                (self._folder / camera).mkdir(parents=True, exist_ok=True)
            names = sorted(entry.name for entry in self._folder.iterdir() if entry.is_dir())
        except OSError as error:
            _log.warning("cameras_not_remembered", extra={"folder": str(self._folder), "reason": error.strerror})
            return
        # What has a name that no topic can have is not ours.
        self._found = [it for it in names if it not in self._configured and fault_of(self._topic(it)) is None]
        for camera in self._found:
            Ring(self._folder / camera, _NOTHING).fit()

    async def run(self) -> None:
        """Have the broker forget those that were found."""
        for camera in self._found:
            while not await self._is_forgotten(camera):
                pass

    async def _is_forgotten(self, camera: str) -> bool:
        """False: it is tried again, once the broker is there for it."""
        await self._link.connected()
        try:
            await self._link.publish(OutMessage(self._topic(camera), b"", retain=True))  # MQTT 5, section 3.3.1.3
        except NotConnectedError:
            return False
        except BrokerBusyError:
            await asyncio.sleep(_BUSY_PAUSE)
            return False
        except PublishRefusedError as error:
            _log.error("state_refused", extra={"topic": self._topic(camera), "reason": str(error)})
            return True
        with contextlib.suppress(OSError):  # somebody else has something in it
            (self._folder / camera).rmdir()
        _log.info("camera_forgotten", extra={"camera": camera})
        return True

    def _topic(self, camera: str) -> str:
        return f"{self._prefix}/camera/{camera}/state"
