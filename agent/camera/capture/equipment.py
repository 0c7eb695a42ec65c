"""What this machine can read cameras with, found out at the agent's start and told: in the log, and what is missing."""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping

from agent.camera.capture.abilities import Abilities, find_abilities
from agent.camera.capture.shortcomings import shortcoming_of, what_there_is
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.events import CameraTrouble
from agent.platform.device_file import user_name

_log = logging.getLogger(__name__)


async def tell_equipment(
    cameras: Mapping[CameraName, Camera],
    emit: Callable[[CameraTrouble], None],
    find: Callable[[], Abilities] = find_abilities,
) -> None:
    """Find out and tell; cameras are opened meanwhile.

    Args:
        cameras: The configured ones.
        emit: Reports an event to the operator.
        find: Asks the machine. Blocks.
    """
    abilities = await _beside(find)
    _log.info("camera_equipment", extra={"found": what_there_is(abilities)})
    user = user_name(os.geteuid())
    for name, settings in cameras.items():
        missing = shortcoming_of(settings.source, abilities, user)
        if missing is not None:
            emit(CameraTrouble(camera=name, reason=f"{missing.found} {missing.advice}"))


async def _beside(find: Callable[[], Abilities]) -> Abilities:
    """In a thread for which the agent's stop does not wait: programs are asked that may take half a minute each."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Abilities] = loop.create_future()

    def tell(abilities: Abilities) -> None:
        if not found.done():
            found.set_result(abilities)

    def ask() -> None:
        abilities = find()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, abilities)

    threading.Thread(target=ask, name="camera equipment", daemon=True).start()
    return await found
