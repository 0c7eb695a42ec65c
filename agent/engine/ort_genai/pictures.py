"""The images of a prompt: what they are, and decoded, as files that the library cannot fail on.

The library ends the whole process over what is no JPEG and no PNG, or is broken, and knows nothing of the orientation
that a camera writes down.
"""

import base64
import io
import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from agent.errors import ErrorCode, RejectedError
from agent.images import MOST_PIXELS, ImageHeader, check_image

_MOST_HEAVY_PIXELS = 12_500_000
"""Of a JPEG that is progressive or has four channels: each of them takes several bytes until all is decoded."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_SCALABLE = ("L", "RGB", "CMYK")
"""Modes that can be shrunk as they are: without a palette, and without transparency, which is not shown."""
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
    for header in headers:
        pixels = header.width * header.height
        if header.is_heavy and pixels > _MOST_HEAVY_PIXELS:
            why = f"the image has {pixels:,} pixels; {_MOST_HEAVY_PIXELS:,} are taken of a progressive JPEG and of CMYK"
            raise RejectedError(ErrorCode.TOO_LARGE, why)
    pixels = sum(header.width * header.height for header in headers)
    if pixels > MOST_PIXELS:
        why = f"the images have {pixels:,} pixels together; {MOST_PIXELS:,} are taken"
        raise RejectedError(ErrorCode.TOO_LARGE, why)
    return headers


def decode_images(urls: Sequence[str], most_pixels: int | None = None) -> list[bytes]:
    """The images as PNG files, upright, in red, green and blue of 8 bits each, not compressed.

    Args:
        urls: Data URLs of JPEG, PNG or WebP files.
        most_pixels: Of what the model looks at, to which larger ones are shrunk here; None: not known.

    Raises:
        RejectedError: One of them cannot be decoded.
    """
    files = []
    for number, url in enumerate(urls, 1):
        try:
            files.append(_as_png(_file(url), most_pixels))
        except _TROUBLES as error:
            why = f"image {number} of the prompt is broken: it cannot be decoded"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
    return files


def _file(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def _as_png(data: bytes, most_pixels: int | None) -> bytes:
    file = io.BytesIO()
    _decoded(data, most_pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def _decoded(data: bytes, most_pixels: int | None) -> Image.Image:
    """Upright and small; nothing else of it is kept."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        image.draft(None, _shrunk(image.size, most_pixels))  # a JPEG at a half, a quarter or an eighth, if large enough
        image.load()
    ImageOps.exif_transpose(image, in_place=True)
    flat: Image.Image = image
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        flat = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode not in _SCALABLE:
        flat = image.convert("RGB")
    size = _shrunk(flat.size, most_pixels)
    if size != flat.size:
        flat = flat.resize(size, Image.Resampling.BICUBIC)
    return flat if flat.mode == "RGB" else flat.convert("RGB")


def _shrunk(size: tuple[int, int], most_pixels: int | None) -> tuple[int, int]:
    """The size with the same proportions that has so many pixels at most."""
    width, height = size
    if most_pixels is None or width * height <= most_pixels:
        return size
    times = math.sqrt(width * height / most_pixels)
    return max(1, int(width / times)), max(1, int(height / times))
