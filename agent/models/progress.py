"""What a download tells while it goes on."""

from typing import Protocol

from agent.units import Bytes


class Progress(Protocol):
    """Who is told."""

    def begin(self, total: Bytes, have: Bytes) -> None:
        """So much is there in all, and so much of it from before."""

    def advance(self, size: int) -> None:
        """So many bytes have come; fewer than none when some have to come again."""

    def say(self, what: str) -> None:
        """Something for a person."""
