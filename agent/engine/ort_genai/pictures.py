"""The images of a prompt: what they are, and decoded, as files that the library cannot fail on.

The library ends the whole process over what is no JPEG and no PNG, or is broken, and knows nothing of the orientation
that a camera writes down.
"""

import base64
import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from agent.errors import ErrorCode, RejectedError
from agent.images import MOST_PIXELS, ImageHeader, check_image

_FORMATS = ("JPEG", "PNG", "WEBP")
_TROUBLES = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises over broken files; it promises no less."""


def image_headers(urls: Sequence[str]) -> list[ImageHeader]:
    """What the images are; nothing is decoded.

    Raises:
        RejectedError: One of them is none, or they are too large together.
    """
    headers = [check_image(_file(url)) for url in urls]
    pixels = sum(header.width * header.height for header in headers)
    if pixels > MOST_PIXELS:
        why = f"the images have {pixels:,} pixels together; {MOST_PIXELS:,} are taken"
        raise RejectedError(ErrorCode.TOO_LARGE, why)
    return headers


def decode_images(urls: Sequence[str]) -> list[bytes]:
    """The images as PNG files, upright, in red, green and blue of 8 bits each, not compressed.

    Args:
        urls: Data URLs of JPEG, PNG or WebP files.

    Raises:
        RejectedError: One of them cannot be decoded.
    """
    files = []
    for number, url in enumerate(urls, 1):
        try:
            files.append(_as_png(_file(url)))
        except _TROUBLES as error:
            why = f"image {number} of the prompt is broken: it cannot be decoded"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
    return files


def _file(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def _as_png(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        file = io.BytesIO()
        upright.convert("RGB").save(file, "PNG", compress_level=0)
        return file.getvalue()
