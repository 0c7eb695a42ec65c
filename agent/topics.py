"""What makes a topic name one that a broker takes, and whether a filter matches it (MQTT 5, section 4.7)."""

import re

_MAX_BYTES = 65535
_MAX_LEVELS = 200
"""mosquitto ends the connection of a client that publishes to a topic with more."""

_WILDCARDS = re.compile(r"[+#]")
# Control characters and Unicode's non-characters: a broker may end the connection for them (MQTT 5, section 1.5.4).
_NON_CHARACTERS = "".join(chr(plane | last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
_REFUSED_CHARACTERS = re.compile(f"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_NON_CHARACTERS}]")


def fault_of(topic: str) -> str | None:
    """Why a broker would not take a message on this topic; None when it would.

    It matters beyond the one message: a broker answers some of these by ending the connection.
    """
    try:
        size = len(topic.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not Unicode text"
    faults = {
        "it is empty": not topic,
        "it has a wildcard": _WILDCARDS.search(topic) is not None,
        "it has a control character or a non-character": _REFUSED_CHARACTERS.search(topic) is not None,
        f"it has more than {_MAX_BYTES} bytes": size > _MAX_BYTES,
        f"it has more than {_MAX_LEVELS} levels": topic.count("/") >= _MAX_LEVELS,
    }
    return next((fault for fault, is_there in faults.items() if is_there), None)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a message on `topic` reaches a subscription to `topic_filter`; `$share/<group>/` does not count."""
    wanted = topic_filter.split("/")
    if wanted[0] == "$share":
        wanted = wanted[2:]
    levels = topic.split("/")
    if wanted[-1] == "#":
        wanted, levels = wanted[:-1], levels[: len(wanted) - 1]
    return len(wanted) == len(levels) and all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))
