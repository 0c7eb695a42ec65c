"""What the agent and the engine's process say to each other, and how it is put on their socket.

A message is a pickled value behind its length. Both ends run this same code on this same machine; no one else can reach
the socket.
"""

import pickle
import select
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.engine.batching import BatchSearch
from agent.engine.protocol import Capabilities, Event, GenerationRequest, Progress
from agent.engine.speculation import Speculation
from agent.errors import RetryError
from agent.events import LoadProblem
from agent.prompt import PromptId
from agent.units import Ratio, Seconds

HEADER = struct.Struct("!I")
_CHUNK = 64 * 1024


class LoadError(RetryError):
    """The model could not be loaded now: its files are missing or broken, or memory is short."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Which engine to start, and with what.

    Attributes:
        model: The model's name.
        model_dir: The folder of its files.
        loader: `module:function`, imported in the engine's process and called with this. It gives an `Engine`, or
            raises `LoadError`.
        context_length: The most tokens of a request for which there is memory; None: as many as the model has. `host`
            keeps to it.
        max_batch: Requests at once for which there is memory. An engine may take fewer, not more.
        engine: The engine's name, for people and for what is remembered of it.
        search: How it finds out whether fewer are better; None: it takes as many as it can.
        cache_tokens: Tokens for whose KV caches there is memory, of all requests together, where an engine allocates
            them at the load; None: a whole context.
        speculation: Whether greedy answers may be drafted ahead, by an engine that can.
        prompt_chunk: Tokens of prompts for whose workspace there is memory, of all requests together. An engine reads
            no more in a step.
    """

    model: str
    model_dir: Path
    loader: str
    context_length: int | None = None
    max_batch: int = 1
    engine: str = ""
    search: BatchSearch | None = None
    cache_tokens: int | None = None
    speculation: Speculation = Speculation.OFF
    prompt_chunk: int = LEAST_CHUNK


@dataclass(frozen=True, slots=True)
class Admit:
    """To the engine: run this."""

    request: GenerationRequest


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the engine: end this."""

    id: PromptId


@dataclass(frozen=True, slots=True)
class Pace:
    """To the engine: step for this share of the time; 0: rest until told otherwise."""

    duty: Ratio


@dataclass(frozen=True, slots=True)
class Forget:
    """To the engine: give back what is kept of earlier prompts."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """To the agent, once: requests are welcome."""

    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """To the agent, once and last: why not. The process itself says nothing but `REFUSED`."""

    reason: str
    problem: LoadProblem = LoadProblem.REFUSED


@dataclass(frozen=True, slots=True)
class Keeps:
    """To the agent, whenever it changes: tokens whose KV cache is kept between requests. None at first."""

    tokens: int


ToEngine = EngineSpec | Admit | Cancel | Pace | Forget
ToAgent = Loaded | NotLoaded | Progress | Keeps | Event


def encode(message: ToEngine | ToAgent) -> bytes:
    """A message as bytes, its length before it."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> object:
    """A message from the bytes behind its header."""
    return pickle.loads(body)  # noqa: S301 - the other end is this package too


class EnginePipe:
    """The engine's end: blocking, used by one thread.

    Args:
        end: The connected socket. Owned: closed with this.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def waiting(self, timeout: Seconds | None) -> bool:
        """Whether `receive` would not block; waits so long for it, for ever with None."""
        return bool(self._poll.poll(None if timeout is None else timeout * 1000))

    def receive(self) -> object:
        """The next message.

        Raises:
            EOFError: The agent is gone.
        """
        (length,) = HEADER.unpack(self._exactly(HEADER.size))
        return decode(self._exactly(length))

    def send(self, *messages: ToAgent) -> None:
        """Send messages, all at once: each call may wake the agent. Waits while the agent does not read.

        Raises:
            OSError: The agent is gone.
        """
        self._end.sendall(b"".join(map(encode, messages)))

    def close(self) -> None:
        """Tell the agent that no more comes."""
        self._end.close()

    def _exactly(self, length: int) -> bytes:
        parts = []
        while length:
            try:
                part = self._end.recv(min(length, _CHUNK))
            except ConnectionError:
                part = b""
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)
