"""Fetches contents from a fleet's places in turn: goes on where it ended, at a rate, until it is stopped.

What comes is not verified here. Invariant: nothing makes it ask for ever: a place counts as failed unless it sent
something worth the asking.
"""

import time
from collections.abc import Callable, Generator, Sequence
from http import HTTPStatus
from pathlib import Path

import httpx2

from agent.download.pace import Pace
from agent.download.part import (
    Get,
    NotNowError,
    OtherContentError,
    RefusedError,
    TooLongError,
    part_size,
    receive,
)
from agent.fleet.layout import blob_path
from agent.fleet.least_rate import RateMeter
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.values import Blob, Distrust
from agent.fleet.web import DrippingError, Web
from agent.units import Bytes, Seconds

_TRIES_EACH = 3
"""In a row without progress, for each place."""
_PROGRESS = Bytes(4096)
_LONGEST_WAIT = 30.0
_SLICE = 0.5
"""Seconds after which a wait looks whether it is stopped."""
_FAILURES = (httpx2.RequestError, httpx2.InvalidURL, DrippingError, NotNowError, RefusedError, OtherContentError)


class StoppedError(Exception):
    """The fetching was stopped; what came is kept."""


class Fetching:
    """One download of several contents.

    Args:
        places: Addresses of the repository, the first one first.
        web: Asks them.
        pace: The rate that is kept.
        progress: Told of bytes that have come; less than none where some have to come again.
        is_stopped: Whether it is to end.
        sleep: Waits.
    """

    def __init__(  # noqa: PLR0913 - what a download needs
        self,
        places: Sequence[str],
        web: Web,
        pace: Pace,
        progress: Callable[[Bytes], None],
        is_stopped: Callable[[], bool],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._places = places
        self._web = web
        self._pace = pace
        self._progress = progress
        self._is_stopped = is_stopped
        self._sleep = sleep
        self._turn = 0

    def whole(self, blob: Blob, part: Path, *, from_one: bool) -> None:
        """Bring a part file to a content's size.

        Args:
            blob: The content.
            part: The file.
            from_one: Whether one place has to send all of it: what a place has begun no other one goes on with.

        Raises:
            DistrustError: A place gives something else, and none gives it: `TOO_LARGE`, `WRONG_CONTENT`, `TOO_SLOW`.
            UnreachableError: No place gives it.
            StoppedError: It was stopped.
            OSError: The disk does not take it.
        """
        if part_size(part) > blob.size:
            self._drop(part)
        meter = RateMeter(self._web.least)
        failures: list[Exception] = []
        lost: list[Exception] = []
        while (have := part_size(part)) != blob.size or not part.exists():
            self._rest(0.0)
            try:
                receive(self._getting(meter), self._url(blob), blob.size, part, self)
            except _FAILURES as error:
                has_sent = part_size(part) - have >= _PROGRESS
                is_kept = not from_one or (has_sent and not isinstance(error, OtherContentError))
                # What has come and is dropped again is no progress: it could come and go for ever.
                failures = [*lost, error] if has_sent and is_kept else [*failures, error]
                self._wait_or_give_up(blob, failures)
                if not is_kept:
                    self._drop(part)
                    lost = failures
                if not from_one or not is_kept:
                    self.turn_away()

    def stretch(self, blob: Blob, first: Bytes, end: Bytes) -> Generator[bytes, None, None]:
        """Some of a content's bytes, from `first` to before `end`, from one place; after a failure the next is asked.

        Raises:
            DistrustError, UnreachableError, StoppedError: As `whole`.
        """
        try:
            with self._getting(RateMeter(self._web.least))(
                self._url(blob), {"Range": f"bytes={first}-{end - 1}"}
            ) as answer:
                range_told = answer.headers.get("Content-Range", "")
                if answer.status != HTTPStatus.PARTIAL_CONTENT or not range_told.startswith(f"bytes {first}-"):
                    raise NotNowError(f"asked for a part, the server answers {answer.status} {range_told}".rstrip())
                left = end - first
                for chunk in answer.chunks:
                    if len(chunk) > left:
                        raise TooLongError(f"{answer.url}: more than the bytes that were asked for")
                    left -= len(chunk)
                    yield chunk
                    self.advance(len(chunk))
                if left:
                    raise NotNowError("the server ended early")
        except _FAILURES as error:
            self.turn_away()
            raise _told(error, self._url(blob)) from error

    def turn_away(self) -> None:
        """Ask the next place from now on."""
        self._turn += 1

    def advance(self, size: int) -> None:
        """So many bytes have come: keep the rate."""
        self._progress(Bytes(size))
        self._rest(self._pace.wait(Bytes(size), Seconds(time.monotonic())))

    def here(self, size: int) -> None:
        """So many bytes need not come, or come again where less than none: no rate is kept for them."""
        self._progress(Bytes(size))
        self._rest(0.0)

    def rest_or_give_up(self, failures: int, error: DistrustError | UnreachableError) -> None:
        """Wait after so many failures in a row, longer after each round of all places; after too many raise the last.

        Raises:
            DistrustError, UnreachableError: The last one.
            StoppedError: It was stopped.
        """
        if failures >= _TRIES_EACH * len(self._places):
            raise error
        self._rest(self._wait(failures))

    def begin_anew(self, had: Bytes) -> None:
        """So many bytes have to come again."""
        self._progress(Bytes(-had))

    def _drop(self, part: Path) -> None:
        self.begin_anew(part_size(part))
        part.unlink(missing_ok=True)

    def _url(self, blob: Blob) -> str:
        return f"{self._places[self._turn % len(self._places)].rstrip('/')}/{blob_path(blob.digest)}"

    def _getting(self, meter: RateMeter) -> Get:
        return lambda url, headers: self._web.get(url, headers, meter)

    def _wait_or_give_up(self, blob: Blob, failures: Sequence[Exception]) -> None:
        told = [_told(failure, self._url(blob)) for failure in failures]
        if len(failures) >= _TRIES_EACH * len(self._places):
            raise next((error for error in told if isinstance(error, DistrustError)), told[-1])
        last = failures[-1]
        asked = last.after if isinstance(last, NotNowError) and last.after is not None else 0.0
        self._rest(min(_LONGEST_WAIT, max(asked, self._wait(len(failures)))))

    def _wait(self, failures: int) -> float:
        """Seconds: none before all places have failed."""
        rounds = failures // len(self._places)
        return min(_LONGEST_WAIT, 2.0 ** (rounds - 1)) if rounds else 0.0

    def _rest(self, seconds: float) -> None:
        while True:
            if self._is_stopped():
                raise StoppedError
            if seconds <= 0:
                return
            self._sleep(min(seconds, _SLICE))
            seconds -= _SLICE


def _told(failure: Exception, url: str) -> DistrustError | UnreachableError:
    match failure:
        case DrippingError():
            return DistrustError(Distrust.TOO_SLOW, str(failure))
        case TooLongError():
            return DistrustError(Distrust.TOO_LARGE, str(failure))
        case OtherContentError():
            return DistrustError(Distrust.WRONG_CONTENT, str(failure))
        case _:
            return UnreachableError(f"{url}: {failure or type(failure).__name__}")
