"""Downloads one file into one that grows, and goes on where it ended: HTTP with Range.

Invariant: the part file never has bytes that the server did not send at their place, nor more than the file's size.
"""

import os
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import httpx2

from agent.models.listing import Wanted
from agent.models.offline import offline
from agent.models.pace import Pace
from agent.models.progress import Progress
from agent.models.pull_error import PullError
from agent.units import Bytes, Seconds

_TRIES = 6
"""In a row without a byte; then a person is asked."""
_LONGEST_WAIT = 60.0
_CONNECT_S = 15.0
_SILENCE = Seconds(30.0)
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


def new_client(token: str | None, silence: Seconds = _SILENCE) -> httpx2.Client:
    """A client that follows redirects, and keeps the token from other servers than the one that was asked.

    Args:
        token: For the server.
        silence: For so long a server may send nothing.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "jetson-agent"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    timeout = httpx2.Timeout(silence, connect=_CONNECT_S)
    return httpx2.Client(headers=headers, timeout=timeout, follow_redirects=True)


class _TryAgainError(Exception):
    """The server did not give it now.

    Args:
        reason: For a person.
        after: What the server asks for.
    """

    def __init__(self, reason: str, after: Seconds | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Transfer:
    """Downloads files.

    Args:
        client: From `new_client`.
        pace: The rate that is kept.
        progress: Who is told.
        sleep: Waits.
    """

    def __init__(
        self, client: httpx2.Client, pace: Pace, progress: Progress, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._pace = pace
        self._progress = progress
        self._sleep = sleep
        self._has_answered = False

    def fetch(self, wanted: Wanted, part: Path) -> None:
        """Download what is missing of a file.

        Raises:
            PullError: The server does not give it, or not what it should.
            OSError: The disk does not take it.
        """
        if _size(part) > wanted.size:
            self._progress.advance(-_size(part))
            part.unlink()
        failures = 0
        while (have := _size(part)) != wanted.size or not part.exists():
            try:
                self._stream(wanted, part, have)
            except (httpx2.RequestError, _TryAgainError) as error:
                failures = 1 if _size(part) > have else failures + 1
                self._wait_or_give_up(wanted, error, failures)

    def _wait_or_give_up(self, wanted: Wanted, error: Exception, failures: int) -> None:
        if isinstance(error, httpx2.ConnectError) and not self._has_answered:
            raise PullError(offline(wanted.url, error)) from error
        if failures >= _TRIES:
            raise PullError(
                f"{wanted.url}: {_reason(error)}, {failures} times in a row. What has come is kept: run the same "
                "command again, and it goes on from there"
            ) from error
        asked = error.after if isinstance(error, _TryAgainError) else None
        wait = min(_LONGEST_WAIT, 2.0 ** (failures - 1) if asked is None else asked)
        self._progress.say(f"{wanted.path}: {_reason(error)}; trying again in {wait:.0f} s")
        self._sleep(wait)

    def _stream(self, wanted: Wanted, part: Path, have: Bytes) -> None:
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", wanted.url, headers=headers) as response:
            self._has_answered = True
            _judge(response, wanted)
            starts_at = _starts_at(response, wanted)
            if starts_at not in {0, have}:
                raise PullError(f"{wanted.url}: asked for the bytes from {have:,} on, got those from {starts_at:,} on")
            if starts_at < have:
                self._progress.say(f"{wanted.path}: the server cannot send the rest alone; from the beginning, then")
                self._progress.advance(-have)
            with part.open("r+b" if have else "wb", buffering=0) as file:
                file.truncate(starts_at)
                file.seek(starts_at)
                try:
                    self._copy(response, wanted, starts_at, file)
                finally:
                    os.fsync(file.fileno())
        if _size(part) < wanted.size:
            raise _TryAgainError("the server ended early")

    def _copy(self, response: httpx2.Response, wanted: Wanted, at: int, file: FileIO) -> None:
        for chunk in response.iter_raw():  # as it comes: a size would be waited for, and lost with the connection
            if at + len(chunk) > wanted.size:
                raise PullError(f"{wanted.url} is longer than the {wanted.size:,} bytes that it should have")
            _write(file, chunk)
            at += len(chunk)
            self._progress.advance(len(chunk))
            wait = self._pace.wait(len(chunk), Seconds(time.monotonic()))
            if wait > 0:
                self._sleep(wait)


def _write(file: FileIO, chunk: bytes) -> None:
    """All of it: without a buffer, a disk that fills up takes a part and tells with the next."""
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


def _judge(response: httpx2.Response, wanted: Wanted) -> None:
    status = response.status_code
    if status in {httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT}:
        return
    if status in _TRY_AGAIN:
        raise _TryAgainError(f"the server answers {status}", _retry_after(response))
    if status in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
        raise PullError(
            f"{wanted.url}: the server answers {status}, it does not give this to us. Accept the model's licence where "
            "it is published, and add --token-file FILE with a token that may read it"
        )
    if status == httpx2.codes.NOT_FOUND:
        raise PullError(f"{wanted.url}: the server does not have it (404)")
    raise PullError(f"{wanted.url}: the server answers {status}")


def _starts_at(response: httpx2.Response, wanted: Wanted) -> int:
    """Where the bytes belong that come."""
    if response.status_code == httpx2.codes.OK:
        return 0
    unit_and_range, _, total = response.headers.get("Content-Range", "").partition("/")
    first = unit_and_range.removeprefix("bytes ").partition("-")[0]
    if not first.isdecimal() or total not in {str(wanted.size), "*"}:
        raise PullError(
            f"{wanted.url}: not the file of {wanted.size:,} bytes that it should be: {unit_and_range}/{total}"
        )
    return int(first)


def _retry_after(response: httpx2.Response) -> Seconds | None:
    seconds = response.headers.get("Retry-After", "")
    return Seconds(float(seconds)) if seconds.isdecimal() else None


def _reason(error: Exception) -> str:
    match error:
        case httpx2.ReadTimeout():
            return "the server has gone silent"
        case httpx2.RequestError():
            return f"the connection broke ({error or type(error).__name__})"
        case _:
            return str(error)


def _size(part: Path) -> Bytes:
    return Bytes(part.stat().st_size if part.exists() else 0)
