"""Whether an image may go on: to the engine's process, or upstream."""

from collections.abc import Collection

from agent.errors import ErrorCode, RejectedError
from agent.images import jpeg, png
from agent.images.header import ImageHeader, ImageKind
from agent.images.jpeg import read_jpeg
from agent.images.png import read_png
from agent.images.webp import is_webp, read_webp

MOST_BYTES = 16 * 1024 * 1024
MOST_PIXELS = 25_000_000
"""The largest models look at 1120x1120, after resizing; cameras take up to 24 megapixels."""
MOST_SIDE = 16_384
"""Pixels; no line of a picture takes more memory than the picture should."""


def check_image(data: bytes, kinds: Collection[ImageKind] = tuple(ImageKind)) -> ImageHeader:
    """Read the head of an image, and see that all of it is there.

    Time and memory are bounded by the size of the file, whatever is in it: nothing is decoded.

    Args:
        data: The file.
        kinds: Those that are taken here.

    Raises:
        RejectedError: `too_large`, with the numbers; or `invalid_request`: it is none of these kinds, broken, cut short
            or animated.
    """
    if len(data) > MOST_BYTES:
        raise _too_large(f"the image has {len(data):,} bytes; {MOST_BYTES:,} are taken")
    header = _read(data)
    if header is None or header.kind not in kinds:
        found = "it is none of JPEG, PNG and WebP" if header is None else f"it is {header.kind.label}"
        taken = " or ".join(kind.label for kind in kinds)
        raise RejectedError(ErrorCode.INVALID_REQUEST, f"the image must be {taken}; {found}")
    width, height = header.width, header.height
    if max(width, height) > MOST_SIDE:
        raise _too_large(f"the image is {width:,}x{height:,} pixels; a side of {MOST_SIDE:,} is taken")
    if width * height > MOST_PIXELS:
        raise _too_large(
            f"the image is {width:,}x{height:,}, {width * height:,} pixels; {MOST_PIXELS:,} pixels are taken"
        )
    return header


def _read(data: bytes) -> ImageHeader | None:
    if data.startswith(jpeg.BEGIN):
        return read_jpeg(data)
    if data.startswith(png.BEGIN):
        return read_png(data)
    return read_webp(data) if is_webp(data) else None


def _too_large(why: str) -> RejectedError:
    return RejectedError(ErrorCode.TOO_LARGE, why)
