"""The two ways to the program `nvpmodel`: as root, or through the helper that systemd starts as root.

The program can ask on its standard input whether to reboot: the answer is no, here and in the helper. It can hang: it
has its own process group, which is killed when its time is over.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from agent.units import Seconds

_PROGRAM = "usr/sbin/nvpmodel"
_SOCKET = "run/jetson-agent-nvpmodel.sock"
"""Of `systemd/jetson-agent-nvpmodel.socket`."""

TOOL_TIMEOUT = Seconds(20.0)
"""A mode is set in a second or two."""
_HELPER_TIMEOUT = Seconds(30.0)
"""More than what the helper itself gives the program."""
_REAPED_WITHIN = Seconds(1.0)
"""A process that hangs in the kernel does not end when it is killed; nobody waits for it."""
_MOST_OUTPUT = 1 << 16

Tool = Callable[[int], Awaitable[str]]
"""Asks for a mode by its number; gives what the program said. Raises OSError, and TimeoutError among them, when it
could not be asked or did not end. Neither says whether the mode is set: read it back."""


class Access(StrEnum):
    """How this process gets at the program."""

    ROOT = "root"
    HELPER = "helper"
    DENIED = "denied"
    """The helper is there, but not for this user."""
    NO_HELPER = "no helper"
    """Only root may set modes, and nothing does it for others."""
    NO_PROGRAM = "no program"


def find_access(root: Path = Path("/")) -> Access:
    """How this process can set a mode."""
    socket = root / _SOCKET
    if socket.exists():
        return Access.HELPER if os.access(socket, os.W_OK) else Access.DENIED
    if not (root / _PROGRAM).exists():
        return Access.NO_PROGRAM
    return Access.ROOT if os.geteuid() == 0 else Access.NO_HELPER


def tool_for(access: Access, root: Path = Path("/")) -> Tool | None:
    """What sets modes; None where nothing may."""
    match access:
        case Access.ROOT:
            return partial(run_program, root / _PROGRAM)
        case Access.HELPER:
            return partial(ask_helper, root / _SOCKET)
        case _:
            return None


async def run_program(program: Path, number: int, timeout: Seconds = TOOL_TIMEOUT) -> str:  # noqa: ASYNC109 - it kills
    """Run `nvpmodel -m`, answer no to what it asks, and kill it with all its children when it does not end.

    Raises:
        OSError: It cannot be run; `TimeoutError`: it did not end.
    """
    process = await asyncio.create_subprocess_exec(
        program,
        "-m",
        str(number),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout):
            said, _ = await process.communicate(b"no\n")
    finally:
        with contextlib.suppress(ProcessLookupError):  # all of it has ended
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REAPED_WITHIN):
                await process.wait()
    return said[:_MOST_OUTPUT].decode(errors="replace")


async def ask_helper(socket: Path, number: int, timeout: Seconds = _HELPER_TIMEOUT) -> str:  # noqa: ASYNC109 - likewise
    """Send the number to the helper; it runs the program, and sends back what that says.

    Raises:
        OSError: It cannot be reached; `TimeoutError`: it did not end.
    """
    async with asyncio.timeout(timeout):
        reader, writer = await asyncio.open_unix_connection(socket)
        try:
            writer.write(f"{number}\n".encode())
            await writer.drain()
            said = b""
            while len(said) < _MOST_OUTPUT and (more := await reader.read(_MOST_OUTPUT)):
                said += more
        finally:
            writer.close()
    return said.decode(errors="replace")
