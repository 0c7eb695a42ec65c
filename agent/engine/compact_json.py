"""Drops the white space between the values of a JSON text that comes in pieces. Pure.

A grammar that allows it makes the same answer look different from one engine to the next, and stop strings miss.
"""


class CompactJson:
    """The text of one answer."""

    def __init__(self) -> None:
        self._in_string = self._escaped = False

    def push(self, piece: str) -> str:
        """What of the next piece belongs to the compact text."""
        return "".join(character for character in piece if self._belongs(character))

    def _belongs(self, character: str) -> bool:
        if not self._in_string:
            self._in_string = character == '"'
            return character not in " \t\r\n"
        if self._escaped or character == "\\":
            self._escaped = not self._escaped
        elif character == '"':
            self._in_string = False
        return True
