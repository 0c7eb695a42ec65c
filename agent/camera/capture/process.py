"""A camera's capture process, as the agent starts and hears it."""

import contextlib
import os
from typing import ClassVar, Final, Self

from agent.camera.capture.spec import LEAVE, CaptureSpec, Report, decode_report, encode
from agent.camera.frames import FrameSlots
from agent.children.process import ChildProcess
from agent.units import Seconds

_QUIET: Final = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # FFmpeg's AV_LOG_QUIET
}
_LIVE: Final = {"OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"}
"""Frames as they come: without these a stream begins with a burst of old ones. A file would lose its begin by them."""


class CaptureProcess(ChildProcess):
    """A running capture process. Build it with `start`, and `end` it."""

    leave_grace: ClassVar[Seconds] = Seconds(1.0)
    """For the end of a program that it has started. Whatever it is, it is killed with it in the end."""

    @classmethod
    async def start(cls, spec: CaptureSpec, slots: FrameSlots) -> Self:
        """Start one that reads a source into the slots. In the main thread, as `launch`.

        Raises:
            OSError: There is no room for another process.
        """
        started = await cls.launch(
            "agent.camera.capture.child",
            str(slots.fd),
            inherited=[slots.fd],
            environ={**os.environ, **_QUIET, **_options(spec)},
            is_silent=True,  # libraries print URLs as they are
        )
        started.write(encode(spec))
        return started

    async def report(self) -> Report | None:
        """What it says in the end; None: it ended without a word."""
        with contextlib.suppress(ConnectionError, ValueError):
            return decode_report(await self._reader.readline())
        return None

    def leave(self) -> None:
        """Close the socket, and tell it to end the program that it has started, if it has."""
        super().leave()
        self.send_signal(LEAVE)


def _options(spec: CaptureSpec) -> dict[str, str]:
    """FFmpeg's for streams; and how long OpenCV waits for a device's frame, in whole seconds."""
    select_timeout = {"OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": str(max(1, int(spec.stall_timeout)))}
    return {**select_timeout, **(_LIVE if spec.source.lower().startswith("rtsp") else {})}
