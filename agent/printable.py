"""Text from outside on its way to a terminal, which would obey the control characters in it. Pure."""

import unicodedata


def printable(text: str, keep: str = "\n\t") -> str:
    """The text without its control characters, but with those of `keep`."""
    return "".join(character for character in text if character in keep or unicodedata.category(character) != "Cc")
