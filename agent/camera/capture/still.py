"""One encoded picture to pixels, with bounds: nothing large is decoded to find out that it is too large."""

import io
import warnings
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.camera.capture.frame_size import check_size
from agent.camera.capture.spec import SourceError
from agent.units import Bytes

MOST_BYTES: Final = Bytes(16 * 1024 * 1024)


def decode_still(encoded: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG or a PNG.

    Returns:
        Blue, green and red; shape (height, width, 3).

    Raises:
        SourceError: It is none, it is broken, or it is too large.
    """
    if len(encoded) > MOST_BYTES:
        raise SourceError(f"a picture of {len(encoded)} bytes is too large")
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(encoded), formats=("JPEG", "PNG")) as image,
        ):
            width, height = image.size  # from its first bytes
    except Image.DecompressionBombError:
        raise SourceError("a picture came that claims absurdly many pixels") from None
    except (OSError, ValueError, SyntaxError):
        raise SourceError("what came is no JPEG or PNG") from None
    check_size(width, height)
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SourceError("a picture came that cannot be decoded")
    return np.asarray(pixels, np.uint8)
