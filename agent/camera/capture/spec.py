"""What the agent tells a capture process, and what it hears from it.

JSON, a line each. Not pickle: what decodes a camera's bytes may have been taken over by them.
"""

import json
import signal
from dataclasses import asdict, dataclass
from typing import Final

from agent.errors import AgentError
from agent.printable import printable
from agent.units import Seconds

MOST_LINE: Final = 64 * 1024
LEAVE: Final = signal.SIGUSR1
"""Tells a capture process to end the program that it has started, if it has, and to leave."""
_MOST_REASON: Final = 500


class SourceError(AgentError):
    """The source cannot be opened, or gives no frames any more: in words for an operator, without credentials."""


@dataclass(frozen=True, slots=True)
class CaptureSpec:
    """What to read, and how. Holds the password: goes through a socket only.

    Attributes:
        source: As in the configuration, with the password.
        loop: Whether a file or a folder begins again at its end.
        width: Of the frames that are asked for, in pixels; they are scaled into it.
        height: Likewise.
        stall_timeout: Without a frame for so long the source is lost.
        looks: How many frames a second are looked at.
    """

    source: str
    loop: bool
    width: int
    height: int
    stall_timeout: Seconds
    looks: float


@dataclass(frozen=True, slots=True)
class Report:
    """The last that a capture process says.

    Attributes:
        has_ended: A file or a folder is at its end, and does not begin again.
        reason: Why it gives up; empty at an end.
    """

    has_ended: bool
    reason: str = ""


def encode(message: CaptureSpec | Report) -> bytes:
    """As a line."""
    return json.dumps(asdict(message)).encode() + b"\n"


def decode_spec(line: bytes) -> CaptureSpec:
    """From the line that the agent wrote."""
    return CaptureSpec(**json.loads(line))


def decode_report(line: bytes) -> Report | None:
    """From the line that a capture process wrote; None: it wrote none, or something else."""
    try:
        match json.loads(line):
            case {"has_ended": bool(has_ended), "reason": str(reason)}:
                return Report(has_ended, printable(reason, keep="")[:_MOST_REASON])
    except ValueError:
        pass
    return None
