"""Metadata and signed documents over HTTP, in the form that python-tuf asks for."""

import contextlib
from collections.abc import Generator, Iterator
from http import HTTPStatus
from typing import IO

import httpx2
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

from agent.fleet.least_rate import RateMeter
from agent.fleet.web import DrippingError, Web


class WebFetcher(FetcherInterface):
    """Fetches; how much at most is looked after by the base class, chunk by chunk.

    Args:
        web: Whose connection is used.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._body: Generator[bytes, None, None] | None = None

    @contextlib.contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """As the base class does; what is too long is left at once, and not when Python forgets it."""
        try:
            with super().download_file(url, max_length) as file:
                yield file
        finally:
            if self._body is not None:
                self._body.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        self._body = self._chunks(url)
        return self._body

    def _chunks(self, url: str) -> Generator[bytes, None, None]:
        """The body in chunks.

        Raises:
            DownloadHTTPError: The server answers something else.
            SlowRetrievalError: It comes too slowly.
            DownloadError: The connection broke, or could not be made.
        """
        try:
            with self._web.get(url, {}, RateMeter(self._web.least)) as answer:
                if answer.status != HTTPStatus.OK:
                    raise DownloadHTTPError(f"{answer.url}: the server answers {answer.status}", answer.status)
                yield from answer.chunks
        except DrippingError as error:
            raise SlowRetrievalError(str(error)) from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise DownloadError(f"{url}: {error or type(error).__name__}") from error
