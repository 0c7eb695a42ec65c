"""Encodes a frame as a JPEG that is no larger than asked, and says in its EXIF when it was taken, and by which camera.

EXIF 2.32 (CIPA DC-008): `DateTimeOriginal` is local time, `OffsetTimeOriginal` says whose.
"""

import io
from datetime import datetime
from typing import Final

import numpy as np
from PIL import Image

from agent.camera.looking.scaled import Pixels
from agent.camera.values import CameraName, Picture
from agent.units import Bytes, UnixSeconds

_QUALITIES: Final = (88, 75, 60, 45)
_SMALLER = 0.7
"""The sides of the next try, after the lowest quality."""
_LEAST_SIDE = 64
"""A picture smaller than this shows nothing."""

_IMAGE_DESCRIPTION = 0x010E
_EXIF = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011
_SUB_SECONDS_ORIGINAL = 0x9291


def encode(full: Pixels, camera: CameraName, at_wall: UnixSeconds, most_bytes: Bytes) -> Picture | None:
    """A picture of a frame: first the quality goes down, then the size; None: not even the smallest is small enough.

    Args:
        full: (height, width, 3), blue, green, red.
        camera: Whose.
        at_wall: When it was taken.
        most_bytes: The most bytes of the JPEG.
    """
    image = Image.fromarray(np.ascontiguousarray(full[:, :, ::-1]))
    exif = _exif(camera, at_wall)
    while True:
        for quality in _QUALITIES:
            jpeg = io.BytesIO()
            image.save(jpeg, "JPEG", quality=quality, exif=exif)
            if jpeg.tell() <= most_bytes:
                return Picture(jpeg.getvalue(), at_wall, image.width, image.height)
        longer = int(max(image.size) * _SMALLER)
        if longer < _LEAST_SIDE:
            return None
        image.thumbnail((longer, longer))


def _exif(camera: CameraName, at_wall: UnixSeconds) -> Image.Exif:
    taken = datetime.fromtimestamp(at_wall).astimezone()
    offset = f"{taken:%z}"
    exif = Image.Exif()
    exif[_IMAGE_DESCRIPTION] = camera.encode()
    exif[_EXIF] = {
        _DATE_TIME_ORIGINAL: f"{taken:%Y:%m:%d %H:%M:%S}",
        _OFFSET_TIME_ORIGINAL: f"{offset[:3]}:{offset[3:5]}",
        _SUB_SECONDS_ORIGINAL: f"{taken.microsecond // 1000:03}",
    }
    return exif
