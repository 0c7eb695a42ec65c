"""Pictures from outside, to pixels or refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.camera.capture.spec import SourceError
from agent.camera.capture.still import MOST_BYTES, decode_still
from tests.cameras.marked import number_in, picture


def _encoded(kind: str, number: int = 42) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(number, 320, 180)[:, :, ::-1]).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_are_decoded(kind: str) -> None:
    pixels = decode_still(_encoded(kind))
    assert pixels.shape == (180, 320, 3)
    assert number_in(pixels) == 42
    assert np.abs(pixels.astype(int) - picture(42, 320, 180)).mean() < 4  # blue is where it was


def _png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is large."""
    chunk = b"IHDR" + struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack("!I", 13) + chunk + struct.pack("!I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + head + struct.pack("!I", 1000) + b"IDAT"


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (b"", "no JPEG or PNG"),
        (b"GIF89a" + bytes(100), "no JPEG or PNG"),
        (b"<html>", "no JPEG or PNG"),
        (_encoded("JPEG")[:20], "no JPEG or PNG"),
        (_png_of(320, 180), "cannot be decoded"),
        (_png_of(10_000, 10_000), "too large"),
        (_png_of(60_000, 60_000), "absurdly many"),
        (_png_of(9_000, 10), "too large"),
        (bytes(MOST_BYTES + 1), "is too large"),
    ],
)
def test_what_is_refused(encoded: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        decode_still(encoded)


@given(at=st.integers(0, 3000), byte=st.integers(0, 255), end=st.integers(1, 6000))
def test_a_broken_jpeg_is_pixels_or_refused(at: int, byte: int, end: int) -> None:
    encoded = bytearray(_encoded("JPEG"))
    encoded[at % len(encoded)] = byte
    try:
        pixels = decode_still(bytes(encoded[:end]))
    except SourceError:
        return
    assert pixels.ndim == 3
