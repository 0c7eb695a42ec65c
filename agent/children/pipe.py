"""How values are put on the socket between the agent and a child, and the child's end of it.

A message is a pickled value behind its length. Both ends run this same code on this same machine; no one else can reach
the socket.
"""

import pickle
import select
import socket
import struct
from typing import Generic, TypeVar

from agent.units import Seconds

HEADER = struct.Struct("!I")
_CHUNK = 64 * 1024
_Said = TypeVar("_Said")


def encode(message: object) -> bytes:
    """A message as bytes, its length before it."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> object:
    """A message from the bytes behind its header."""
    return pickle.loads(body)  # noqa: S301 - the other end is this package too


class ChildPipe(Generic[_Said]):
    """A child's end: blocking, used by one thread. What it may say is the type's parameter.

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

    def send(self, *messages: _Said) -> None:
        """Send messages, all at once: each call may wake the agent. Waits while the agent does not read.

        Raises:
            OSError: The agent is gone.
        """
        self._end.sendall(b"".join([encode(self._form(message)) for message in messages]))

    def _form(self, message: _Said) -> object:
        """What is pickled for a message; `TalkingProcess._message` makes the message of it again."""
        return message

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
