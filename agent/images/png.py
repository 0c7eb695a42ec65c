"""The chunks of a PNG file (W3C PNG, third edition), walked to its end without decoding its picture."""

import zlib

from agent.errors import RejectedError
from agent.images.header import ImageHeader, ImageKind, broken

BEGIN = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 4_096
"""A picture of 16 MiB comes in no more, in pieces of 8 KiB as they are written."""
_MOST_TEXT = 1024 * 1024
"""Bytes to which profiles and texts may unfold, all together: their decoders keep them whole."""
_AROUND = 12
"""Bytes of a chunk's length, name and checksum."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""The bits of a channel that each type of colour may have: 11.2.1."""
_PALETTE = 3


def read_png(data: bytes) -> ImageHeader:
    """Walk a file that begins like a PNG.

    Raises:
        RejectedError: It is broken, cut short or animated, or unfolds to too much.
    """
    header: ImageHeader | None = None
    seen: set[bytes] = set()
    unfolded, at = 0, len(BEGIN)
    for _ in range(_MOST_CHUNKS):
        name, content = _chunk(data, at)
        at += _AROUND + len(content)
        if (name == b"IHDR") != (header is None):
            raise _broken("is broken: its size must come first, and once")
        if header is None:
            header = _size(content)
        elif name == b"acTL":
            raise _broken("is animated: one frame is taken")
        elif name == b"IEND":
            _see_picture(data, seen)
            return header
        else:
            unfolded += _unfolded(name, content, _MOST_TEXT - unfolded)
        seen.add(name)
    raise _broken(f"has more than {_MOST_CHUNKS:,} chunks")


def _chunk(data: bytes, at: int) -> tuple[bytes, bytes]:
    """The name and content of the chunk that must stand here."""
    length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
    end = at + _AROUND + length
    if end > len(data):
        raise _broken("is cut short")
    if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
        raise _broken("is broken: a checksum does not match")
    return name, data[at + 8 : end - 4]


def _size(content: bytes) -> ImageHeader:
    if len(content) != 13:  # noqa: PLR2004 - 11.2.1
        raise _broken("is broken: its head has another length")
    width, height = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:8], "big")
    depth, colour, compression, filtering, interlacing = content[8:]
    if not (0 < width < 2**31 and 0 < height < 2**31):
        raise _broken(f"is {width}x{height}: it does not say its size")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlacing > 1:
        raise _broken("is of a kind that there is not")
    return ImageHeader(ImageKind.PNG, width, height)


def _see_picture(data: bytes, seen: set[bytes]) -> None:
    if b"IDAT" not in seen:
        raise _broken("has no picture in it")
    if data[len(BEGIN) + 17] == _PALETTE and b"PLTE" not in seen:
        raise _broken("has no colours in it")


def _unfolded(name: bytes, content: bytes, most: int) -> int:
    """How many bytes a folded profile or text unfolds to; 0 for what is not folded.

    Raises:
        RejectedError: They are more than `most`, or cannot be unfolded.
    """
    if name in (b"iCCP", b"zTXt"):
        folded = content.partition(b"\0")[2][1:]
    elif name == b"iTXt":
        rest = content.partition(b"\0")[2]
        if rest[:1] != b"\1":
            return 0  # not folded
        folded = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        return 0
    try:
        size = len(zlib.decompressobj().decompress(folded, most + 1))
    except zlib.error:
        raise _broken("is broken: a profile or a text in it cannot be unfolded") from None
    if size > most:
        raise _broken(f"has profiles or texts in it that unfold to more than {_MOST_TEXT:,} bytes")
    return size


def _broken(why: str) -> RejectedError:
    return broken(ImageKind.PNG, why)
