"""How light a picture is, in a word. Pure."""

from agent.camera.values import Look

_UP_TO = {"dark": 40.0, "dim": 85.0}
"""Mean grey values; a picture is `bright` above the last. An exposure's automatic aims at 100 to 130 where it can."""
_HYSTERESIS = 6.0


def light(before: str | None, look: Look) -> str:
    """`dark`, `dim` or `bright`.

    Args:
        before: What it was; None: not known. A word is left only when the brightness is clearly outside of it.
        look: The picture.
    """
    below = 0.0
    for word, limit in (*_UP_TO.items(), ("bright", 256.0)):
        if word == before and below - _HYSTERESIS <= look.brightness < limit + _HYSTERESIS:
            return word
        below = limit
    return next((word for word, limit in _UP_TO.items() if look.brightness < limit), "bright")
