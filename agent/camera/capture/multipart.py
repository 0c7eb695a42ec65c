"""MJPEG over HTTP: JPEGs out of a `multipart/x-mixed-replace` body, however it arrives in pieces. Pure.

RFC 2046, 5.1, as cameras send it: with or without `Content-Length`, with a boundary that may or may not begin with the
two dashes that its delimiter adds.
"""

import re
from typing import Final

from agent.camera.capture.spec import SourceError
from agent.units import Bytes

_BOUNDARY: Final = re.compile(r"boundary\s*=\s*\"?([^\";]+)", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"^content-length\s*:\s*(\d{1,10})\s*$", re.IGNORECASE | re.MULTILINE)
_MOST_HEADERS: Final = Bytes(16 * 1024)


class Multipart:
    """Collects the parts of a body.

    Args:
        content_type: The response's, which names the boundary.
        most: A part of more bytes is refused.

    Raises:
        SourceError: No boundary is named.
    """

    def __init__(self, content_type: str, most: Bytes) -> None:
        match = _BOUNDARY.search(content_type)
        if match is None:
            raise SourceError("the server sends several parts, but does not say what is between them")
        self._delimiter = b"--" + match[1].strip().removeprefix("--").encode()
        self._most = most
        self._waiting = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """The parts that are whole with this piece, oldest first.

        Raises:
            SourceError: A part is too large, or what comes are no parts.
        """
        self._waiting += piece
        parts = []
        while (part := self._take()) is not None:
            parts.append(part)
        return parts

    def _take(self) -> bytes | None:
        begin = self._waiting.find(self._delimiter)
        if begin < 0:
            self._check_waiting(_MOST_HEADERS)
            return None
        head_end, body_begin = self._end_of_headers(begin)
        if head_end < 0:
            self._check_waiting(Bytes(begin + _MOST_HEADERS))
            return None
        length = _LENGTH.search(bytes(self._waiting[begin:head_end]).replace(b"\r", b""))
        if length is not None:
            end = body_begin + int(length[1])
            if int(length[1]) > self._most:
                raise SourceError(f"a picture of {int(length[1])} bytes is too large")
        else:
            end = self._waiting.find(self._delimiter, body_begin)
        if end < 0 or end > len(self._waiting):
            self._check_waiting(Bytes(body_begin + self._most))
            return None
        part = bytes(self._waiting[body_begin:end])
        del self._waiting[:end]
        return part if length is not None else part.removesuffix(b"\n").removesuffix(b"\r")

    def _end_of_headers(self, begin: int) -> tuple[int, int]:
        """Where a part's headers end and where its body begins; -1: not here yet."""
        found = [
            (at, at + len(blank)) for blank in (b"\r\n\r\n", b"\n\n") if (at := self._waiting.find(blank, begin)) >= 0
        ]
        return min(found, default=(-1, -1))

    def _check_waiting(self, most: Bytes) -> None:
        if len(self._waiting) > most:
            raise SourceError("the server sends no pictures, or too large ones")
