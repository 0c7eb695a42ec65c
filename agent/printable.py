"""Text from outside on its way to a terminal, which would obey the control characters in it. Pure."""

import unicodedata


def printable(text: str, keep: str = "\n\t") -> str:
    """The text without its control characters, but with those of `keep`.

    Half a pair of UTF-16, as of a file's name that is no UTF-8, is no text that can be written: a `?` is in its place.
    """
    return "".join(_shown(character, keep) for character in text)


def _shown(character: str, keep: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "?"
    return "" if category == "Cc" and character not in keep else character
