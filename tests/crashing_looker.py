"""The looking process, but that certain frames do to it what a broken frame may do.

Started in the place of `agent.camera.looking.child`, with its arguments.
"""

import os
import signal
import sys
from typing import Final

from agent.camera.looking import child, picture
from agent.camera.looking.scaled import Pixels, Scaled
from agent.camera.values import CameraName, Picture
from agent.units import Bytes, UnixSeconds

DEADLY: Final = 13
"""The first value of a frame that ends the process."""
STARVED: Final = 15
"""And of one during which the kernel ends it, because memory ran out."""
IMPOSSIBLE: Final = 14
"""And of one that cannot be measured."""

_scaled, _encode = Scaled.of, picture.encode


def _meet(pixels: Pixels) -> None:
    if pixels[0, 0, 0] == DEADLY:
        os.kill(os.getpid(), signal.SIGSEGV)
    if pixels[0, 0, 0] == STARVED:
        os.kill(os.getpid(), signal.SIGKILL)
    if pixels[0, 0, 0] == IMPOSSIBLE:
        raise ValueError("what is this?\nIt is nothing.")


def _scale(pixels: Pixels) -> Scaled:
    _meet(pixels)
    return _scaled(pixels)


def _picture(pixels: Pixels, camera: CameraName, at: UnixSeconds, most_bytes: Bytes) -> Picture | None:
    _meet(pixels)
    return _encode(pixels, camera, at, most_bytes)


if __name__ == "__main__":
    setattr(Scaled, "of", _scale)  # noqa: B010 - mypy
    setattr(picture, "encode", _picture)  # noqa: B010 - likewise
    child.main(int(sys.argv[1]), int(sys.argv[2]))
