"""Small pictures, as files and as prompts carry them."""

import base64
import io
from typing import Any

from PIL import Image

KINDS = ("JPEG", "PNG", "WEBP")


def plain(colour: str = "red", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """All of one colour."""
    return Image.new("RGB", size, colour)


def noisy(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """No two pixels alike; the same ones each time."""
    width, height = size
    pixels = bytes(index * index * 31 % 251 for index in range(3 * width * height))
    return Image.frombytes("RGB", size, pixels)


def file(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:  # noqa: ANN401 - of Pillow
    """It as a file."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def in_base64(data: bytes) -> str:
    """As `images` of a prompt take a JPEG."""
    return base64.b64encode(data).decode()


def data_url(data: bytes, kind: str = "JPEG") -> str:
    """As `image_url` takes it."""
    return f"data:image/{kind.lower()};base64,{in_base64(data)}"
