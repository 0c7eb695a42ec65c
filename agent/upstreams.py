"""Builds what runs prompts on servers: for each model of the configuration an engine, and a worker of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.accounting import EnergyAccounting
from agent.answering import Show, show_nothing
from agent.broker_security import read_secret, tls_context
from agent.clock import Clock
from agent.config import Config, Tls, Upstream
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.openai import OpenAIEngine, UpstreamModel, WhenAway
from agent.engine.openai_connection import OpenAIConnection
from agent.errors import ConfigError
from agent.journal import JournalThread
from agent.prompt import OutMessage, Pending
from agent.units import Seconds
from agent.worker import Worker


class Upstreams:
    """The workers of models upstream; an asynchronous context manager that closes their connections.

    Attributes:
        workers: By the name of the model.

    Args:
        config: Which servers there are.
        journal: Where prompts are claimed and finished.
        clock: The time.
        publish_lossy: Sends a delta to the broker; may drop it.
        wake_publisher: Called when a reply is in the outbox.
        counters: Told of each reply.
        fall_back: Takes a prompt whose server is away.
        show: Puts into a prompt what the cameras that it names see.

    Raises:
        ConfigError: A file that the configuration names is not there or not what it should be.
    """

    def __init__(  # noqa: PLR0913 - what a worker needs; only `app` calls it
        self,
        config: Config,
        journal: JournalThread,
        *,
        clock: Clock,
        publish_lossy: Callable[[OutMessage], None],
        wake_publisher: Callable[[], None],
        counters: Counters,
        fall_back: Callable[[Sequence[Pending]], None],
        show: Show = show_nothing,
    ) -> None:
        self._stack = AsyncExitStack()
        self._connections: list[OpenAIConnection] = []
        self.workers: dict[str, Worker] = {}
        for name, upstream in config.upstreams.items():
            connection = _connection(name, upstream, clock)
            self._connections.append(connection)
            self.workers[name] = Worker(
                journal,
                OpenAIEngine(_model(name, upstream), connection, clock=clock),
                clock=clock,
                publish_lossy=publish_lossy,
                wake_publisher=wake_publisher,
                counters=counters,
                energy=EnergyAccounting(is_loaded=lambda: False),  # this machine's meter does not measure the server
                egress=Egress(config.upstreams),
                fall_back=fall_back,
                show=show,
            )

    async def __aenter__(self) -> Self:
        """Nothing is connected before the first prompt."""
        for connection in self._connections:
            await self._stack.enter_async_context(connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._stack.aclose()


def with_local_fallback(config: Config) -> Iterator[str]:
    """The models upstream for which the device's own model answers while their server is away."""
    return (name for name, it in config.upstreams.items() if WhenAway(it.when_away) is WhenAway.LOCAL)


def read_api_key(key: str, file: Path | None) -> str | None:
    """What is in the file of a key of the configuration, fit for a header of HTTP; None without one.

    Raises:
        ConfigError: It cannot be read, or holds anything but one word. Names the key, never the file's content.
    """
    api_key = read_secret(key, file)
    if api_key is not None and not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise ConfigError(
            f"{key}: an API key is one word: take the blanks, further lines, control characters and what is not ASCII "
            "out of the file"
        )
    return api_key


def _model(name: str, upstream: Upstream) -> UpstreamModel:
    return UpstreamModel(
        name,
        upstream.model or name,
        upstream.max_running,
        WhenAway(upstream.when_away),
        upstream.timeout,
        upstream.may_leave.images,
    )


def _connection(name: str, upstream: Upstream, clock: Clock) -> OpenAIConnection:
    return OpenAIConnection(
        upstream.url,
        api_key=read_api_key(f"upstreams.{name}.api_key_file", upstream.api_key_file),
        tls=tls_context(Tls(ca=upstream.ca)),
        most_at_once=upstream.max_running,
        timeout=Seconds(upstream.timeout),
        wall=clock.wall,
    )
