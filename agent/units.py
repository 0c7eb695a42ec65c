"""Units as types: a number that crosses a module says what it measures."""

from typing import NewType

Seconds = NewType("Seconds", float)
"""A duration, or a point on a monotonic clock."""

UnixSeconds = NewType("UnixSeconds", float)
"""Wall-clock time since 1970-01-01 UTC. Only for what is stored or sent: a board without a battery-backed
clock jumps."""

Bytes = NewType("Bytes", int)

Milliwatts = NewType("Milliwatts", float)

Joules = NewType("Joules", float)

Celsius = NewType("Celsius", float)

Hertz = NewType("Hertz", int)

MinuteOfDay = NewType("MinuteOfDay", int)
"""By local time: 0 at midnight, up to 1439."""

Ratio = NewType("Ratio", float)
"""A share of a whole, 0 to 1."""
