"""Images that nobody should send, each with what must become of it."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from agent.errors import ErrorCode
from tests.pictures import file, noisy, plain

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HostileImage:
    """One file.

    Attributes:
        name: What is hostile about it.
        data: The bytes.
        code: Of its refusal.
        why: A part of what is told.
    """

    name: str
    data: bytes
    why: str
    code: ErrorCode = ErrorCode.INVALID_REQUEST

    @property
    def kind(self) -> str:
        """What it would pass for."""
        return {b"\x89PNG": "PNG", b"RIFF": "WEBP"}.get(self.data[:4], "JPEG")


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """One of a PNG, with its checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says to be so large, with these chunks behind its head."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks)


def zeros(size: int) -> bytes:
    """So many zeros, folded."""
    return zlib.compress(bytes(size), 9)


def segment(marker: int, content: bytes) -> bytes:
    """One of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def frame(width: int, height: int, *, marker: int = 0xC0, depth: int = 8, channels: int = 3) -> bytes:
    """The head of a JPEG's frame."""
    parts = b"".join(bytes((number + 1, 0x11, 0)) for number in range(channels))
    return segment(marker, struct.pack(">BHHB", depth, height, width, channels) + parts)


def jpeg(*segments: bytes) -> bytes:
    """A JPEG of these segments, ended."""
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xd9"


SCAN = segment(0xDA, b"\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00") + b"\x12\x34\xff\x00\x56"
PICTURE = chunk(b"IDAT", zlib.compress(b"\0" * 100))
END = chunk(b"IEND")


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """What an extended WebP says first."""
    return b"VP8X", bytes((flags, 0, 0, 0)) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]


def lossless(width: int, height: int) -> tuple[bytes, bytes]:
    """The begin of a lossless picture."""
    return b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 8


def others() -> Iterator[HostileImage]:
    """Files of other kinds, and of none."""
    yield HostileImage("nothing", b"", "none of JPEG")
    yield HostileImage("text", b"I am a JPEG, honestly.", "none of JPEG")
    yield HostileImage("three bytes", b"\xff\xd8\xff", "cut short")
    yield HostileImage("GIF", file(plain(), "GIF"), "none of JPEG")
    yield HostileImage("BMP", file(plain(), "BMP"), "none of JPEG")
    yield HostileImage("TIFF", file(plain(), "TIFF"), "none of JPEG")
    yield HostileImage("ICO", file(plain(), "ICO"), "none of JPEG")
    yield HostileImage("TGA", file(plain(), "TGA"), "none of JPEG")
    yield HostileImage(
        "SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "none"
    )
    yield HostileImage("a million laughs", b'<!DOCTYPE x [<!ENTITY a "&b;&b;">]><svg>&a;</svg>', "none of JPEG")
    yield HostileImage("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run", "none of JPEG")
    yield HostileImage("17 MiB of zeros", bytes(17 * MIB), "17,825,792 bytes", ErrorCode.TOO_LARGE)


def broken_jpegs() -> Iterator[HostileImage]:
    """What begins like a JPEG."""
    good = file(noisy())
    yield HostileImage("JPEG: 100 megapixels", jpeg(frame(10_000, 10_000), SCAN), "100,000,000", ErrorCode.TOO_LARGE)
    yield HostileImage("JPEG: 4 gigapixels", jpeg(frame(65_535, 65_535), SCAN), "65,535x", ErrorCode.TOO_LARGE)
    yield HostileImage("JPEG: a line", jpeg(frame(65_535, 1), SCAN), "a side of 16,384", ErrorCode.TOO_LARGE)
    yield HostileImage("JPEG: half of one", good[: len(good) // 2], "cut short")
    yield HostileImage("JPEG: without its end", good[:-2], "cut short")
    yield HostileImage("JPEG: its head only", good[:30], "cut short")
    yield HostileImage("JPEG: no picture", jpeg(), "no picture")
    yield HostileImage("JPEG: a head and no data", jpeg(frame(8, 8)), "no picture")
    yield HostileImage("JPEG: data and no head", jpeg(SCAN), "before its size")
    yield HostileImage("JPEG: no width", jpeg(frame(0, 8), SCAN), "does not say its size")
    yield HostileImage("JPEG: a height that follows later", jpeg(frame(8, 0), SCAN), "does not say its size")
    yield HostileImage("JPEG: two sizes", jpeg(frame(8, 8), frame(9_000, 9_000), SCAN), "more than one frame")
    yield HostileImage("JPEG: 12 bits", jpeg(frame(8, 8, depth=12), SCAN), "12 bits")
    yield HostileImage("JPEG: 255 channels", jpeg(frame(8, 8, channels=255), SCAN), "255 channels")
    yield HostileImage("JPEG: lossless", jpeg(frame(8, 8, marker=0xC3), SCAN), "not taken")
    yield HostileImage("JPEG: arithmetic", jpeg(frame(8, 8, marker=0xC9), SCAN), "not taken")
    yield HostileImage("JPEG: a head of no length", jpeg(segment(0xC0, b"")), "cut short")
    yield HostileImage("JPEG: a segment that is too short", b"\xff\xd8\xff\xe0\x00\x01" + good[2:], "shorter than its")
    yield HostileImage("JPEG: a segment that is too long", b"\xff\xd8\xff\xe0\xff\xff" + good[2:20], "cut short")
    yield HostileImage("JPEG: no marker", b"\xff\xd8\xff\xe0\x00\x02AAAA", "no marker")
    yield HostileImage("JPEG: nothing but 0xff", b"\xff\xd8" + b"\xff" * 15 * MIB, "cut short")
    yield HostileImage("JPEG: nothing but restarts", b"\xff\xd8" + b"\xff\xd0" * (MIB // 2), "1,024 segments")
    yield HostileImage("JPEG: stuffing", jpeg(frame(8, 8), SCAN)[:-2] + b"\xff\x00" * (MIB // 2), "cut short")
    yield HostileImage("JPEG: restarts amid data", jpeg(frame(8, 8), SCAN)[:-2] + b"\xff\xd0" * (MIB // 2), "cut short")
    yield HostileImage("JPEG: ten thousand comments", jpeg(*[segment(0xFE, b"")] * 10_000), "1,024 segments")
    yield HostileImage("JPEG: a thousand scans", jpeg(frame(4_000, 4_000, marker=0xC2), *[SCAN] * 1_000), "32 scans")


def broken_pngs() -> Iterator[HostileImage]:
    """What begins like a PNG."""
    good = file(noisy(), "PNG")
    folded = zeros(64 * MIB)
    profile, text = chunk(b"iCCP", b"a\0\0" + folded), chunk(b"zTXt", b"a\0\0" + folded)
    world = chunk(b"iTXt", b"a\0\1\0en\0a\0" + folded)
    some = chunk(b"zTXt", b"a\0\0" + zeros(MIB // 2))
    huge = png(60_000, 60_000, PICTURE, END)
    yield HostileImage("PNG: 3.6 gigapixels", huge, "60,000x60,000", ErrorCode.TOO_LARGE)
    yield HostileImage("PNG: 25 megapixels and a bit", png(5_000, 5_001, PICTURE, END), "25,005", ErrorCode.TOO_LARGE)
    yield HostileImage("PNG: a column", png(1, 20_000, PICTURE, END), "a side of", ErrorCode.TOO_LARGE)
    yield HostileImage("PNG: no size", png(0, 0, PICTURE, END), "does not say its size")
    yield HostileImage("PNG: a negative size", png(2**31, 1, PICTURE, END), "does not say its size")
    yield HostileImage("PNG: a profile of 64 MiB", png(8, 8, profile, PICTURE, END), "unfold to more")
    yield HostileImage("PNG: a text of 64 MiB", png(8, 8, text, PICTURE, END), "unfold to more")
    yield HostileImage("PNG: a text of 64 MiB in a language", png(8, 8, world, PICTURE, END), "unfold to more")
    yield HostileImage("PNG: a hundred texts", png(8, 8, *[some] * 100, PICTURE, END), "unfold to more")
    yield HostileImage("PNG: a profile of junk", png(8, 8, chunk(b"iCCP", b"a\0\0junk"), PICTURE, END), "unfolded")
    yield HostileImage("PNG: animated", png(8, 8, chunk(b"acTL", bytes(8)), PICTURE, END), "animated")
    yield HostileImage("PNG: half of one", good[: len(good) // 2], "cut short")
    yield HostileImage("PNG: without its end", good[:-12], "cut short")
    yield HostileImage("PNG: a wrong checksum", good[:40] + bytes((good[40] ^ 1,)) + good[41:], "checksum")
    yield HostileImage("PNG: no picture", png(8, 8, END), "no picture")
    yield HostileImage("PNG: no colours", png(8, 8, PICTURE, END, colour=3), "no colours")
    yield HostileImage("PNG: 3 bits", png(8, 8, PICTURE, END, depth=3), "there is not")
    yield HostileImage("PNG: colours of no kind", png(8, 8, PICTURE, END, colour=5), "there is not")
    yield HostileImage("PNG: two heads", png(8, 8, png(9_000, 9_000)[8:], PICTURE, END), "first, and once")
    yield HostileImage("PNG: a head that comes second", good[:8] + PICTURE + good[8:], "first, and once")
    yield HostileImage("PNG: a short head", good[:8] + chunk(b"IHDR", b"1234") + PICTURE + END, "another length")
    yield HostileImage("PNG: a chunk of 4 GiB", png(8, 8) + b"\xff\xff\xff\xffIDAT", "cut short")
    yield HostileImage("PNG: 20,000 chunks", png(8, 8, *[chunk(b"IDAT")] * 20_000, END), "4,096 chunks")


def broken_webps() -> Iterator[HostileImage]:
    """What begins like a WebP."""
    good = file(noisy(), "WEBP")
    large = canvas(16_000, 16_000), lossless(16_000, 16_000)
    moving = file(plain(), "WEBP", save_all=True, append_images=[plain("blue")], duration=100)
    frames = riff(canvas(8, 8), (b"ANMF", bytes(30)))
    yield HostileImage("WebP: 256 megapixels", riff(*large), "256,000,000", ErrorCode.TOO_LARGE)
    yield HostileImage("WebP: animated", moving, "animated")
    yield HostileImage("WebP: frames that it does not tell of", frames, "animated")
    yield HostileImage("WebP: half of one", good[: len(good) // 2], "cut short")
    yield HostileImage("WebP: larger than it is", riff(lossless(8, 8), size=10_000), "cut short")
    yield HostileImage("WebP: two sizes", riff(canvas(8, 8), lossless(9_000, 2_000)), "says two sizes")
    yield HostileImage("WebP: two pictures", riff(lossless(8, 8), lossless(8, 8)), "more than one picture")
    yield HostileImage("WebP: no picture", riff(canvas(8, 8)), "no picture")
    yield HostileImage("WebP: nothing", riff(), "no picture")
    yield HostileImage("WebP: a canvas that is cut", riff((b"VP8X", b"\0\0")), "cut short")
    yield HostileImage("WebP: no lossy picture", riff((b"VP8 ", bytes(20))), "does not begin like one")
    yield HostileImage("WebP: no lossless picture", riff((b"VP8L", bytes(20))), "does not begin like one")
    yield HostileImage("WebP: no width", riff((b"VP8 ", b"\0\0\0\x9d\x01\x2a" + bytes(8))), "does not say its size")
    yield HostileImage("WebP: a thousand chunks", riff(*[(b"EXIF", b"")] * 1_000, lossless(8, 8)), "256 chunks")
    yield HostileImage("WebP: a chunk that is too long", riff((b"EXIF", b"x"))[:-2] + b"\0", "cut short")


def all_hostile() -> list[HostileImage]:
    """Every one."""
    return [*others(), *broken_jpegs(), *broken_pngs(), *broken_webps()]


def undecodable() -> list[HostileImage]:
    """Files whose structure is right, and whose pixels are not: only a decoder finds that out."""
    return [
        HostileImage("JPEG: no tables", jpeg(frame(64, 64), SCAN), "cannot be decoded"),
        HostileImage("PNG: a picture of junk", png(64, 64, chunk(b"IDAT", b"junk" * 20), END), "cannot be decoded"),
        HostileImage("PNG: too few lines", png(64, 64, PICTURE, END), "cannot be decoded"),
        HostileImage("PNG: a million of nothing", png(1_000, 1_000, PICTURE, END, colour=0), "cannot be decoded"),
        HostileImage("WebP: a picture of nothing", riff(lossless(64, 64)), "cannot be decoded"),
    ]
