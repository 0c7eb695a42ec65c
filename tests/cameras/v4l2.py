"""A V4L2 device that is a file: the shim is compiled, and preloaded into what is started meanwhile."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import cv2

from tests.cameras.marked import COUNT, HEIGHT, WIDTH, picture

_SHIM = Path(__file__).with_name("v4l2_shim.c")
RATE = 15
"""Frames a second."""


class Camera:
    """The device.

    Args:
        folder: Below `/dev`, so that its file is taken for a device.
        width: Of its frames, in pixels.
        height: Likewise.
    """

    def __init__(self, folder: Path, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.path = folder / "video0"
        self.size = f"{width}x{height}"
        self._width, self._height = width, height

    def plug_in(self) -> None:
        """Make the device, with one frame of each number."""
        with self.path.open("wb") as file:
            for number in range(COUNT):
                pixels = picture(number, self._width, self._height)
                file.write(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_YUY2).tobytes())

    def unplug(self) -> None:
        """Take it away, also from who has it open."""
        self.path.unlink()

    def freeze(self) -> None:
        """From now on reads of it do not return."""
        self.path.with_name("video0.frozen").touch()

    def thaw(self) -> None:
        """Reads return again."""
        self.path.with_name("video0.frozen").unlink()

    def began(self) -> float:
        """When frame 0 was there, on the boot clock."""
        return float(self.path.with_name("video0.began").read_text(encoding="ascii"))


@contextmanager
def v4l2_camera(width: int = WIDTH, height: int = HEIGHT) -> Iterator[Camera]:
    """A device that is plugged in."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="jetson-agent-camera-") as name:
        library = Path(name) / "shim.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, _SHIM, "-ldl"], check=True)
        camera = Camera(Path(name), width, height)
        camera.plug_in()
        preload = {
            "LD_PRELOAD": str(library),
            "V4L2_SHIM_FILE": str(camera.path),
            "V4L2_SHIM_SIZE": camera.size,
            "V4L2_SHIM_RATE": str(RATE),
        }
        with patch.dict(os.environ, preload):
            yield camera
