"""The way to systemd: what sd_notify(3) says, through the socket that systemd names in the environment.

Owns that socket. Without systemd there is none, and nothing is sent. Nothing here blocks: what systemd does not take at
once is lost, and said again by whoever says it regularly.
"""

import contextlib
import os
import socket
from collections.abc import MutableMapping
from typing import Self

from agent.units import Seconds

_SOCKET = "NOTIFY_SOCKET"
_PERIOD = "WATCHDOG_USEC"
_WATCHED = "WATCHDOG_PID"
_PER_SECOND = 1_000_000


class Systemd:
    """Whoever started this process and waits to hear from it.

    Args:
        address: The socket's path, or its abstract name with `@` in front (unix(7)); None: nobody listens.
        watchdog: Silence of so long is taken for a hang; None: it is not.
    """

    def __init__(self, address: str | None, watchdog: Seconds | None = None) -> None:
        self._address = address
        self._socket = None if address is None else socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if self._socket is not None:
            self._socket.settimeout(0)
        self.watchdog = None if address is None else watchdog

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> Self:
        """As the environment says; it is taken out of there, for no other process is to speak for this one."""
        address, period, watched = (environ.pop(name, "") for name in (_SOCKET, _PERIOD, _WATCHED))
        is_watched = period.isdecimal() and int(period) > 0 and watched in ("", str(os.getpid()))
        return cls(address or None, Seconds(int(period) / _PER_SECOND) if is_watched else None)

    @property
    def listens(self) -> bool:
        """Whether there is anybody to tell."""
        return self._socket is not None

    def tell(self, *assignments: str) -> None:
        """Send `NAME=value` lines, in one message."""
        if self._socket is None or self._address is None:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError):  # no room, or nobody there: silence is what a watchdog is for
            self._socket.sendto("\n".join(assignments).encode(), name)

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
