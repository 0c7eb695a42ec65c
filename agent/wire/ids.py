"""Ids for prompts whose sender gave none."""

import secrets
import time
import uuid
from collections.abc import Callable

from agent.prompt import PromptId


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def new_id(*, wall_ms: Callable[[], int] = _wall_ms, random_bits: Callable[[int], int] = secrets.randbits) -> PromptId:
    """A UUIDv7 (RFC 9562, section 5.7): sorts by time, unique without coordination.

    Args:
        wall_ms: Milliseconds since 1970-01-01 UTC.
        random_bits: Gives a random integer of so many bits.
    """
    value = (wall_ms() & (2**48 - 1)) << 80
    value |= 0x7 << 76  # version
    value |= random_bits(12) << 64
    value |= 0b10 << 62  # variant
    value |= random_bits(62)
    return PromptId(str(uuid.UUID(int=value)))
