"""Receives a file, or the rest of one, into a part file that grows: one answer of a server, HTTP with Range.

Invariant: the part file never has bytes that the server did not send at their place, nor more than the file's size.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from typing import Protocol

from agent.units import Bytes, Seconds

_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_MOST_DIGITS = 18
"""Of a number of bytes that a server tells: no file has more, and Python refuses thousands of them."""
_MOST_TOLD = 80
"""Characters of what a server tells that are told on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer, with its body on the way.

    Attributes:
        url: Who answers, after redirects.
        status: HTTP's.
        chunks: The body, as it comes: a chunk of a size would be waited for, and lost with the connection.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


Get = Callable[[str, Mapping[str, str]], AbstractContextManager[Answer]]
"""Asks for an address with headers."""


class Receiver(Protocol):
    """Who is told what comes."""

    def advance(self, size: int) -> None:
        """So many bytes have come; what it raises ends the answer. It may wait."""

    def begin_anew(self, had: Bytes) -> None:
        """So many bytes from before have to come again, because the server cannot send the rest alone."""


class NotNowError(Exception):
    """The server did not give it now.

    Args:
        reason: For a person.
        after: When the server wants to be asked again, from now.
    """

    def __init__(self, reason: str, after: Seconds | None = None) -> None:
        super().__init__(reason)
        self.after = after


class RefusedError(Exception):
    """The server does not give it.

    Args:
        status: What it answers.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answers {status}")
        self.status = status


class OtherContentError(Exception):
    """What the server gives is not that file."""


class TooLongError(OtherContentError):
    """It has more bytes than the file."""


def part_size(part: Path) -> Bytes:
    """What has come so far."""
    return Bytes(part.stat().st_size if part.exists() else 0)


def receive(get: Get, url: str, size: Bytes, part: Path, receiver: Receiver) -> None:
    """Receive what is missing of a file of so many bytes.

    Raises:
        NotNowError: Not now; what came is in the part file.
        RefusedError: The server does not give it.
        OtherContentError: It is another file.
        OSError: The disk does not take it.
        Exception: What `get` and the receiver raise; what came is in the part file.
    """
    have = part_size(part)
    with get(url, {"Range": f"bytes={have}-"} if have else {}) as answer:
        _judge(answer, url, size)
        starts_at = _starts_at(answer, url, size)
        if starts_at not in {0, have}:
            raise OtherContentError(f"{url}: asked for the bytes from {have:,} on, got those from {starts_at:,} on")
        if starts_at < have:
            receiver.begin_anew(have)
        with part.open("r+b" if have else "wb", buffering=0) as file:
            file.truncate(starts_at)
            file.seek(starts_at)
            try:
                _copy(answer, size, starts_at, file, receiver)
            finally:
                os.fsync(file.fileno())
    if part_size(part) < size:
        raise NotNowError("the server ended early")


def _copy(answer: Answer, size: Bytes, at: int, file: FileIO, receiver: Receiver) -> None:
    for chunk in answer.chunks:
        if at + len(chunk) > size:
            raise TooLongError(f"{answer.url} is longer than the {size:,} bytes that it should have")
        _write(file, chunk)
        at += len(chunk)
        receiver.advance(len(chunk))


def _write(file: FileIO, chunk: bytes) -> None:
    """All of it: without a buffer, a disk that fills up takes a part and tells with the next."""
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


def _judge(answer: Answer, url: str, size: Bytes) -> None:
    """Whether its body is the file, or the rest of it: before a byte is written."""
    status = answer.status
    if status in _TRY_AGAIN:
        raise NotNowError(f"the server answers {status}", _retry_after(answer))
    if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        raise RefusedError(status)
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    # One that is stored as it should come may be called compressed, by its name; then its size is right.
    if encoding not in {"", "identity"} and _size_told(answer) != size:
        raise OtherContentError(
            f"{url}: the server compresses it ({encoding[:_MOST_TOLD]}), though it was asked not to"
        )


def _size_told(answer: Answer) -> int | None:
    """Of the file; None where the server does not tell."""
    if answer.status == HTTPStatus.OK:
        return _number(answer.headers.get("Content-Length", ""))
    return _number(answer.headers.get("Content-Range", "").partition("/")[2])


def _starts_at(answer: Answer, url: str, size: Bytes) -> int:
    """Where the bytes belong that come."""
    if answer.status == HTTPStatus.OK:
        told = _size_told(answer)
        if told is not None and told > size:
            raise TooLongError(f"{url} is longer than the {size:,} bytes that it should have")
        if told is not None and told < size:
            raise OtherContentError(f"{url} has {told:,} bytes, and should have {size:,}")
        return 0
    unit_and_range, _, total = answer.headers.get("Content-Range", "").partition("/")
    first = _number(unit_and_range.removeprefix("bytes ").partition("-")[0])
    if first is None or total not in {str(size), "*"}:
        header = f"{unit_and_range}/{total}"[:_MOST_TOLD]
        raise OtherContentError(f"{url}: not the file of {size:,} bytes that it should be: {header}")
    return first


def _number(text: str) -> int | None:
    """None: it is no number of bytes."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _retry_after(answer: Answer) -> Seconds | None:
    seconds = answer.headers.get("Retry-After", "")
    return Seconds(float(seconds)) if seconds.isdecimal() else None
