"""Whose turn it is where one request's prompt is to be read while others generate. Pure."""

from agent.units import Seconds


class Turns:
    """One part of a prompt, then tokens for as long as it took, at least one of each request; and so on.

    A part takes as long as many tokens: turn by turn, those that generate would hardly get on.
    """

    def __init__(self) -> None:
        self._owed = 0.0
        """Seconds that are to be generated for before the next part."""

    def reads(self, *, unread: bool, generating: bool) -> bool:
        """Whether the next step reads.

        Args:
            unread: Whether there is anything to read.
            generating: Whether anything generates.
        """
        if not (unread and generating):
            self._owed = 0.0
            return unread
        return self._owed <= 0

    def took(self, seconds: Seconds, *, reading: bool) -> None:
        """The step is done."""
        self._owed = seconds if reading else max(0.0, self._owed - seconds)
