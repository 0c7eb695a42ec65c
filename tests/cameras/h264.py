"""H.264 in Annex B: its NAL units, its pictures, and their RTP payloads (RFC 6184)."""

import struct
from collections.abc import Iterator
from pathlib import Path

CLIP = Path(__file__).with_name("clip.h264")
"""1280x720, 25 frames a second, 4 s, a key frame each second: `marked`'s pictures, by libx264."""
FRAMES_PER_SECOND = 25
CLOCK = 90_000
"""RTP's, for video."""
_MOST_PAYLOAD = 1400
_SLICES = (1, 5)
_KEY, _SPS, _PPS = 5, 7, 8
_FU_A = 28


def units_of(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream."""
    return [unit.rstrip(b"\0") for unit in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def kind_of(unit: bytes) -> int:
    """A unit's type: H.264, table 7-1."""
    return unit[0] & 0x1F


def pictures_of(units: list[bytes]) -> list[list[bytes]]:
    """The units of each picture; the clip has one slice each."""
    pictures: list[list[bytes]] = [[]]
    for unit in units:
        pictures[-1].append(unit)
        if kind_of(unit) in _SLICES:
            pictures.append([])
    return pictures[:-1]


def parameter_sets(units: list[bytes]) -> tuple[bytes, bytes]:
    """The first sequence's and the first picture's parameters."""
    return next(unit for unit in units if kind_of(unit) == _SPS), next(unit for unit in units if kind_of(unit) == _PPS)


def is_key(picture: list[bytes]) -> bool:
    """Whether decoding can begin with this picture."""
    return any(kind_of(unit) == _KEY for unit in picture)


def payloads_of(unit: bytes) -> Iterator[bytes]:
    """A unit as RTP payloads: whole, or in fragments (FU-A, RFC 6184, 5.8)."""
    if len(unit) <= _MOST_PAYLOAD:
        yield unit
        return
    indicator, kind = unit[0] & 0xE0 | _FU_A, kind_of(unit)
    pieces = [unit[at : at + _MOST_PAYLOAD] for at in range(1, len(unit), _MOST_PAYLOAD)]
    for number, piece in enumerate(pieces):
        begins, ends = number == 0, number == len(pieces) - 1
        yield bytes((indicator, begins << 7 | ends << 6 | kind)) + piece


def packets_of(picture: list[bytes], sequence: int, timestamp: int) -> list[bytes]:
    """A picture as RTP packets (RFC 3550, 5.1)."""
    payloads = [payload for unit in picture for payload in payloads_of(unit)]
    return [
        struct.pack(
            "!BBHII", 0x80, 96 | (number == len(payloads) - 1) << 7, (sequence + number) & 0xFFFF, timestamp, 0x1234
        )
        + payload
        for number, payload in enumerate(payloads)
    ]
