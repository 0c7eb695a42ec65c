"""Downloads a model's files, each into one that grows, and goes on where it ended (`download.part`)."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import httpx2

from agent.download.pace import Pace
from agent.download.part import Answer, NotNowError, OtherContentError, RefusedError, part_size, receive
from agent.models.listing import Wanted
from agent.models.offline import leads_nowhere, offline
from agent.models.progress import Progress
from agent.models.pull_error import GoneError, PullError
from agent.units import Bytes, Seconds

_NO_SUCH_RANGE = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_TRIES = 6
"""In a row without getting further; then a person is asked."""
_LONGEST_WAIT = 60.0
_CONNECT_S = 15.0
_SILENCE = Seconds(30.0)


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
            GoneError: The server does not have it.
            PullError: The server does not give it, or not what it should.
            OSError: The disk does not take it.
        """
        if part_size(part) > wanted.size:
            self._progress.advance(-part_size(part))
            part.unlink()
        failures, most = 0, part_size(part)
        while part_size(part) != wanted.size or not part.exists():
            try:
                receive(self._get, wanted.url, wanted.size, part, self)
            except (httpx2.RequestError, NotNowError) as error:
                # What had come before is no progress: a server without Range could send it for ever.
                failures = 1 if part_size(part) > most else failures + 1
                most = max(most, part_size(part))
                self._wait_or_give_up(wanted, error, failures)
            except RefusedError as error:
                failures += 1
                if error.status != _NO_SUCH_RANGE or not part_size(part) or failures >= _TRIES:
                    raise _refusal(wanted.url, error.status) from error
                self.begin_anew(part_size(part))
                part.unlink()
            except OtherContentError as error:
                raise PullError(
                    f"{error}. The server does not send the file that the manifest describes: correct the one or the "
                    "other, or name a --mirror that has it"
                ) from error

    def advance(self, size: int) -> None:
        """So many bytes have come: keep the rate."""
        self._progress.advance(size)
        wait = self._pace.wait(size, Seconds(time.monotonic()))
        if wait > 0:
            self._sleep(wait)

    def begin_anew(self, had: Bytes) -> None:
        """So many bytes have to come again."""
        self._progress.say("the server cannot send the rest alone; from the beginning, then")
        self._progress.advance(-had)

    def _wait_or_give_up(self, wanted: Wanted, error: Exception, failures: int) -> None:
        if isinstance(error, httpx2.RequestError) and self._is_final(error):
            raise PullError(offline(wanted.url, error)) from error
        if failures >= _TRIES:
            raise PullError(
                f"{wanted.url}: {_reason(error)}, {failures} times in a row. What has come is kept: run the same "
                "command again, and it goes on from there"
            ) from error
        asked = error.after if isinstance(error, NotNowError) else None
        wait = min(_LONGEST_WAIT, 2.0 ** (failures - 1) if asked is None else asked)
        self._progress.say(f"{wanted.path}: {_reason(error)}; trying again in {wait:.0f} s")
        self._sleep(wait)

    def _is_final(self, error: httpx2.RequestError) -> bool:
        return leads_nowhere(error) or (isinstance(error, httpx2.ConnectError) and not self._has_answered)

    @contextlib.contextmanager
    def _get(self, url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        with self._client.stream("GET", url, headers=headers) as response:
            self._has_answered = True
            yield Answer(str(response.url), response.status_code, response.headers, response.iter_raw())


def _refusal(url: str, status: int) -> PullError:
    if status in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
        return PullError(
            f"{url}: the server answers {status}, it does not give this to us. Accept the model's licence where "
            "it is published, and add --token-file FILE with a token that may read it"
        )
    if status == httpx2.codes.NOT_FOUND:
        return GoneError(
            f"{url}: the server does not have it (404). Is the address right? A --mirror has the files in a folder of "
            "the model's name; where a hub has them, source.revision and source.folder of the manifest say"
        )
    if status == _NO_SUCH_RANGE:
        return PullError(f"{url}: the connection breaks, and the server does not send the rest alone (416)")
    return PullError(f"{url}: the server answers {status}")


def _reason(error: Exception) -> str:
    match error:
        case httpx2.ReadTimeout():
            return "the server has gone silent"
        case httpx2.RequestError():
            return f"the connection broke ({error or type(error).__name__})"
        case _:
            return str(error)
