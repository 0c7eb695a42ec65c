"""A span of each day, by local time. Pure."""

from agent.units import MinuteOfDay

_DAY = 24 * 60


def is_within(minute: MinuteOfDay, begins: MinuteOfDay, ends: MinuteOfDay) -> bool:
    """Whether a minute of the day belongs to a span.

    Args:
        minute: Which.
        begins: The span's first minute.
        ends: The first one that does not belong to it any more; at or before `begins`: on the next day.
    """
    return (minute - begins) % _DAY < ((ends - begins) % _DAY or _DAY)
