"""Asks web servers that may be slow on purpose, or lead elsewhere. Owns its connection; one is open at most.

Invariant: no call waits for longer than a few times `silence` without a byte of content, whatever else the server
sends: parts of a TLS handshake, of a header, of a chunk's length, or interim answers without end.
"""

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Self

import httpx2

from agent.download.part import Answer
from agent.fleet.least_rate import LeastRate, RateMeter
from agent.fleet.patience import Patience
from agent.units import Bytes, Seconds

SILENCE = Seconds(20.0)
LEAST = LeastRate(Bytes(30 * 1024), Seconds(30.0))
_CONNECT_S = 15.0
_MOST_REDIRECTS = 5
_PATIENCE = 1.5
"""Times `silence`: a server that is silent is told from one that drips by the read's own timeout, which ends before."""


class DrippingError(Exception):
    """A server sent something, but content at less than the least rate."""


class Web:
    """A client, for one thread. A context manager.

    Args:
        silence: For so long no content may come.
        least: What a server has to send of contents.
    """

    def __init__(self, silence: Seconds = SILENCE, least: LeastRate = LEAST) -> None:
        self.least = least
        self._silence = silence
        self._line: socket.socket | None = None
        self._client = httpx2.Client(
            headers={"Accept-Encoding": "identity", "User-Agent": "jetson-agent"},
            timeout=httpx2.Timeout(silence, connect=min(_CONNECT_S, silence)),
            limits=httpx2.Limits(max_connections=1),  # so that the last one that was made is the one in use
            follow_redirects=False,  # the library would read the whole body of a redirect, however long
        )

    def __enter__(self) -> Self:
        """Nothing is open yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._drop_line()
        self._client.close()

    @contextlib.contextmanager
    def get(self, url: str, headers: Mapping[str, str], meter: RateMeter) -> Iterator[Answer]:
        """Ask for an address. What an answer has of content is measured by the meter.

        Raises:
            DrippingError: It comes too slowly.
            httpx2.RequestError: The connection broke, or could not be made.
        """
        # A `+` is a space to some buckets; so written it is itself to every server.
        request = self._client.build_request("GET", url.replace("+", "%2B"), headers=dict(headers))
        with Patience(self._cut, Seconds(self._silence * _PATIENCE)) as patience:
            try:
                response = self._send(request, patience)
                with contextlib.closing(response):
                    chunks = _chunks(response, patience, meter)
                    yield Answer(str(response.url), response.status_code, response.headers, chunks)
            except BaseException as error:
                self._drop_line()  # the client has closed its side of it
                if patience.is_over and isinstance(error, httpx2.ReadError | httpx2.ProtocolError):
                    raise DrippingError(f"{url}: something came all the time, but no content") from error
                raise

    def _send(self, request: httpx2.Request, patience: Patience) -> httpx2.Response:
        """The answer at the end of a few redirects."""
        for _ in range(_MOST_REDIRECTS + 1):
            request.extensions["trace"] = self._note
            with patience.waiting():
                response = self._client.send(request, stream=True)
            if response.next_request is None:
                return response
            response.close()
            if response.next_request.url.scheme != request.url.scheme:
                raise httpx2.UnsupportedProtocol(f"{request.url} leads to {response.next_request.url}", request=request)
            request = response.next_request
        raise httpx2.TooManyRedirects(f"{request.url}: it leads on and on", request=request)

    def _note(self, event: str, info: Mapping[str, object]) -> None:
        """Remember the connection that is used, below TLS."""
        stream = info.get("return_value")
        if event == "connection.connect_tcp.complete" and stream is not None:
            line: socket.socket = stream.get_extra_info("socket")  # type: ignore[attr-defined] # httpcore's stream
            self._drop_line()
            self._line = line.dup()

    def _cut(self) -> None:
        """Wake who waits for the connection: closing it would not."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _drop_line(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def _chunks(response: httpx2.Response, patience: Patience, meter: RateMeter) -> Iterator[bytes]:
    chunks = response.iter_raw()
    while True:
        begun = time.monotonic()
        with patience.waiting():
            chunk = next(chunks, None)
        if chunk is None:
            return
        if meter.is_too_slow(len(chunk), Seconds(time.monotonic() - begun)):
            raise DrippingError(f"{response.url}: it comes too slowly")
        yield chunk
