"""The segments of a JPEG file (ITU-T T.81, annex B), walked to its end without decoding any."""

import re
from dataclasses import replace

from agent.errors import RejectedError
from agent.images.header import ImageHeader, ImageKind, broken

BEGIN = b"\xff\xd8\xff"
_MOST_SEGMENTS = 1_024
"""Cameras write tens. A profile of colours may be in 255."""
_MOST_SCANS = 32
"""Encoders write up to 13. Each goes over the whole image: with thousands, a small file keeps a decoder busy."""
_END, _SCAN = 0xD9, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Markers without a length behind them: of no meaning, and of restarts."""
_PROGRESSIVE = 0xC2
_TAKEN = {0xC0, 0xC1, _PROGRESSIVE}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a frame's head: what is in `_TAKEN` is baseline, extended and progressive; few decode the others."""
_MOST_CHANNELS = 4
_FILL = re.compile(rb"\xff+")
_MARKER_AMID_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def read_jpeg(data: bytes) -> ImageHeader:
    """Walk a file that begins like a JPEG.

    Raises:
        RejectedError: It is broken or cut short, or of a kind that is not taken.
    """
    frame: ImageHeader | None = None
    at, scans = 2, 0
    for _ in range(_MOST_SEGMENTS):
        marker, at = _marker(data, at)
        if marker == _END:
            if frame is None or not scans:
                raise _broken("has no picture in it")
            return replace(frame, is_heavy=frame.is_heavy or scans > 1)
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2:  # noqa: PLR2004 - it counts itself
            raise _broken("is broken: a segment is shorter than its length")
        if marker in _FRAMES:
            if frame is not None:
                raise _broken("has more than one frame")
            frame = _frame(marker, data[at : at + length])
        at += length
        if marker == _SCAN:
            scans += 1
            if frame is None or scans > _MOST_SCANS:
                raise _broken(f"has more than {_MOST_SCANS} scans" if frame else "has data before its size")
            at = _behind_data(data, at)
    raise _broken(f"has more than {_MOST_SEGMENTS:,} segments")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker that must stand here, and where it ends. Any number of 0xFF may be before it."""
    if at >= len(data):
        raise _broken("is cut short")
    fill = _FILL.match(data, at)
    if fill is None or fill.end() >= len(data):
        raise _broken("is broken: no marker where one must be" if fill is None else "is cut short")
    return data[fill.end()], fill.end() + 1


def _frame(marker: int, segment: bytes) -> ImageHeader:
    """The size of the picture: B.2.2."""
    if marker not in _TAKEN:
        raise _broken("is of a kind that is not taken: only baseline and progressive ones are")
    if len(segment) < 8:  # noqa: PLR2004 - up to the number of components
        raise _broken("is cut short")
    depth, components = segment[2], segment[7]
    height, width = int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[5:7], "big")
    if depth != 8 or components not in (1, 3, _MOST_CHANNELS):  # noqa: PLR2004
        raise _broken(f"has {components} channels of {depth} bits; 1, 3 or 4 of 8 bits are taken")
    if not (width and height):
        raise _broken(f"is {width}x{height}: it does not say its size")
    return ImageHeader(ImageKind.JPEG, width, height, is_heavy=marker == _PROGRESSIVE or components == _MOST_CHANNELS)


def _behind_data(data: bytes, at: int) -> int:
    """Where the next marker stands, behind the data of a scan."""
    found = _MARKER_AMID_DATA.search(data, at)
    if found is None:
        raise _broken("is cut short")
    return found.start()


def _broken(why: str) -> RejectedError:
    return broken(ImageKind.JPEG, why)
