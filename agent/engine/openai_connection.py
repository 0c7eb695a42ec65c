"""The connection to one OpenAI-compatible server: one request out, the events of its answer in.

Owns the HTTP client; the only import of it. Invariant: what a server sends costs a bounded amount of memory.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from ssl import SSLContext
from types import TracebackType
from typing import Self, cast

import httpx2

from agent.credentials import redact
from agent.engine.openai_format import DONE, Chunk, decode_chunk, error_of
from agent.engine.retries import read_retry_after
from agent.engine.server_words import address_of, cause_of, one_line, path_of
from agent.errors import RejectedError, UpstreamAwayError, UpstreamFailedError
from agent.units import Seconds, UnixSeconds

_CONNECT_TIMEOUT = Seconds(5.0)
_MOST_OF_AN_EVENT = 1 << 20
_MOST_OF_AN_ANSWER = 16 << 20
_MOST_OF_AN_ERROR = 1 << 14
_NOT_LET_IN = {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}


class OpenAIConnection:
    """A pool of connections to one server. An asynchronous context manager.

    No error repeats the key or the path, whatever the server says.

    Args:
        url: Where its API begins.
        api_key: Who is asking; None: nobody in particular.
        tls: How a server behind https proves itself.
        most_at_once: Requests.
        timeout: For what is sent, and while a connection is made 5 s at most.
        wall: The wall clock.
    """

    def __init__(  # noqa: PLR0913 - what a connection consists of
        self,
        url: str,
        *,
        api_key: str | None,
        tls: SSLContext,
        most_at_once: int,
        timeout: Seconds,
        wall: Callable[[], UnixSeconds],
    ) -> None:
        self._wall = wall
        self._address = address_of(url)
        self._has_key = api_key is not None
        secrets = (*path_of(url), *(() if api_key is None else (api_key,)))
        self._secrets = (*secrets, *(secret.replace("/", r"\/") for secret in secrets))  # as JSON may spell it
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {api_key}"
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers=headers,
            verify=tls,
            # How long it may be silent is the caller's to say: it knows the deadline.
            timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT), read=None, pool=None),
            limits=httpx2.Limits(max_connections=most_at_once, max_keepalive_connections=most_at_once),
            trust_env=False,  # no proxy and no credentials that the configuration does not name
        )

    async def __aenter__(self) -> Self:
        """Nothing is connected before the first request."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def ask(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """Ask for a chat completion: its events, up to the one that says that it is done.

        What is behind that one is read too: only a connection whose answer was read to its end serves the next request.
        Closing the generator ends the request: servers stop to generate when nobody listens.

        Raises:
            RejectedError: The server will not answer this request, whenever it is asked.
            UpstreamFailedError: What it sends is no answer, or says that there will be none.
            UpstreamAwayError: It cannot be reached, is overloaded, or broke off.
        """
        size, is_done = 0, False
        try:
            async with self._client.stream("POST", "chat/completions", content=body) as response:
                if response.status_code != httpx2.codes.OK:
                    raise await self._refusal(response)
                async with aclosing(_events_of(response)) as events:
                    async for event in events:
                        is_done = is_done or event.data == DONE
                        size += len(event.data)
                        if size > _MOST_OF_AN_ANSWER:
                            raise UpstreamFailedError(
                                f"{self._address}: its answer is larger than {_MOST_OF_AN_ANSWER} bytes"
                            )
                        if event.data and not is_done:  # the library gives those that tell nothing, too
                            yield decode_chunk(event.data, self._secrets)
        except httpx2.SSEError as error:
            raise UpstreamFailedError(f"{self._address}: {redact(one_line(str(error)), self._secrets)}") from error
        except httpx2.TimeoutException as error:
            raise UpstreamAwayError(f"{self._address}: it did not take the request in time") from error
        except httpx2.HTTPError as error:
            raise UpstreamAwayError(f"{self._address}: {redact(cause_of(error), self._secrets)}") from error

    async def _refusal(self, response: httpx2.Response) -> RejectedError | UpstreamAwayError:
        """What a status other than 200 means, and where it comes from."""
        retry_after_s = read_retry_after(response.headers.get("retry-after"), self._wall())
        body = one_line(await _beginning_of(response), self._secrets)
        said = error_of(response.status_code, body, retry_after_s, self._secrets)
        message = f"{self._address}: {one_line(str(said))}"
        if isinstance(said, RejectedError):
            return RejectedError(said.code, message)
        if response.status_code in _NOT_LET_IN:
            message += f" ({'look at the key in' if self._has_key else 'it may want a key: set'} api_key_file)"
        return UpstreamAwayError(message, retry_after_s=said.retry_after_s)


def _events_of(response: httpx2.Response) -> AsyncGenerator[httpx2.ServerSentEvent, None]:
    """Its events. The library gives a generator, and does not say so in its types."""
    events = aiter(httpx2.EventSource(response, max_event_size=_MOST_OF_AN_EVENT))
    return cast("AsyncGenerator[httpx2.ServerSentEvent, None]", events)


async def _beginning_of(response: httpx2.Response) -> str:
    read = bytearray()
    async for piece in response.aiter_bytes(_MOST_OF_AN_ERROR):
        read += piece
        if len(read) >= _MOST_OF_AN_ERROR:
            break
    return read[:_MOST_OF_AN_ERROR].decode("utf-8", "replace")
