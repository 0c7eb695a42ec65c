"""The chunks of a WebP file (RFC 9649), walked to its end without decoding any."""

from agent.errors import RejectedError
from agent.images.header import ImageHeader, ImageKind, broken

_HEAD = 12
_MOST_CHUNKS = 256
"""There are seven kinds of chunks, and unknown ones are passed over."""
_ANIMATED = 0x02
_KEY_FRAME = b"\x9d\x01\x2a"


def is_webp(data: bytes) -> bool:
    """Whether it begins like one."""
    return data[:4] == b"RIFF" and data[8:_HEAD] == b"WEBP"


def read_webp(data: bytes) -> ImageHeader:
    """Walk a file that begins like a WebP.

    Raises:
        RejectedError: It is broken, cut short or animated.
    """
    end, at = 8 + int.from_bytes(data[4:8], "little"), _HEAD
    canvas: ImageHeader | None = None
    picture: ImageHeader | None = None
    if end > len(data):
        raise _broken("is cut short")
    for _ in range(_MOST_CHUNKS):
        if at >= end:
            return _one(canvas, picture)
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
        if at > end + 1:  # some writers leave the last padding out
            raise _broken("is cut short")
        if name in (b"ANIM", b"ANMF") or (name == b"VP8X" and content[:1] and content[0] & _ANIMATED):
            raise _broken("is animated: one frame is taken")
        if name == b"VP8X":
            canvas = _canvas(content)
        elif name in (b"VP8 ", b"VP8L"):
            if picture is not None:
                raise _broken("has more than one picture in it")
            picture = _lossy(content) if name == b"VP8 " else _lossless(content)
    raise _broken(f"has more than {_MOST_CHUNKS} chunks")


def _one(canvas: ImageHeader | None, picture: ImageHeader | None) -> ImageHeader:
    if picture is None:
        raise _broken("has no picture in it")
    if canvas not in (None, picture):
        raise _broken("is broken: it says two sizes")
    return picture


def _canvas(content: bytes) -> ImageHeader:
    if len(content) < 10:  # noqa: PLR2004 - section 2.7.1
        raise _broken("is cut short")
    return _size(1 + int.from_bytes(content[4:7], "little"), 1 + int.from_bytes(content[7:10], "little"))


def _lossy(content: bytes) -> ImageHeader:
    """RFC 6386, section 9.1: a key frame, its start code, and 14 bits each of width and height."""
    if len(content) < 10 or content[0] & 1 or content[3:6] != _KEY_FRAME:  # noqa: PLR2004
        raise _broken("is broken: its picture does not begin like one")
    width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if not (width and height):
        raise _broken(f"is {width}x{height}: it does not say its size")
    return _size(width, height)


def _lossless(content: bytes) -> ImageHeader:
    """Section 3.4: a signature, and 14 bits each of width and height, less one."""
    if len(content) < 5 or content[0] != 0x2F:  # noqa: PLR2004
        raise _broken("is broken: its picture does not begin like one")
    bits = int.from_bytes(content[1:5], "little")
    return _size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))


def _size(width: int, height: int) -> ImageHeader:
    return ImageHeader(ImageKind.WEBP, width, height)


def _broken(why: str) -> RejectedError:
    return broken(ImageKind.WEBP, why)
