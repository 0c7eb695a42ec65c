"""Whose turn it is where one request's prompt is to be read while others generate. Pure."""

from agent.units import Seconds


class Turns:
    """Gives half the time to reading, and half to generating, while there is both to do.

    A part of a prompt takes as long as many tokens: turn by turn, those that generate would hardly get on.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        """Seconds that reading has had more than generating."""

    def reads(self, *, unread: bool, generating: bool) -> bool:
        """Whether the next step reads.

        Args:
            unread: Whether there is anything to read.
            generating: Whether anything generates.
        """
        if not (unread and generating):
            self._ahead = 0.0
            return unread
        return self._ahead <= 0

    def took(self, seconds: Seconds, *, reading: bool) -> None:
        """The step is done."""
        self._ahead += seconds if reading else -seconds
