"""When a scene has become another one: something was put there, or taken away, or the camera was turned. Pure.

`Look.changed` says how unlike the picture is to one kept before, which slowly follows. Noise keeps it above 0, so what
counts is a step away from its usual level that has come to rest: nothing moves, and the measure stays where it is. Then
that is the level, so each change is told once. A step that comes with a step of the brightness is light, unless the
picture becomes quite another one.
"""

import math
from dataclasses import dataclass, replace

from agent.camera.values import Look
from agent.units import Seconds

_STEP = 0.015
"""About the share of the picture that looks otherwise: a suitcase at five metres."""
_STEP_IN_OTHER_LIGHT = 0.3
_OTHER_LIGHT = 8.0
"""Grey values."""
_DAZZLED = 225.0
"""So bright a picture shows nothing to compare."""
_SMOOTHING = Seconds(1.0)
"""Time constant against the noise of the measure."""
_FOLLOWS = Seconds(5.0)
"""Time constant of the level while there is no step."""
_RESTLESS = 0.006
"""While the measure goes further than this, it has not come to rest."""
_RESTS = Seconds(3.0)
_NEVER = Seconds(-math.inf)


@dataclass(frozen=True, slots=True)
class Change:
    """How the scene differs from before.

    Attributes:
        times: How often it has become another one.
        level: What `changed` usually is; None: no look yet.
        brightness: What the brightness is at that level.
        smoothed: What `changed` is now.
        resting: Where it came to rest.
        rests_since: Since when.
        seen_at: When the last look was.
    """

    times: int = 0
    level: float | None = None
    brightness: float = 0.0
    smoothed: float = 0.0
    resting: float = math.inf
    rests_since: Seconds = _NEVER
    seen_at: Seconds = _NEVER


def compare(before: Change, look: Look, *, is_moving: bool) -> Change:
    """The change after one more look.

    Args:
        before: Until now.
        look: What was measured. A `changed` of exactly 0 is the first picture of a new comparison.
        is_moving: Whether the scene is in motion, or the picture out of order.
    """
    if look.brightness >= _DAZZLED:
        return interrupt(before)
    if before.level is None or look.changed == 0:
        return Change(before.times, look.changed, look.brightness, look.changed, look.changed, look.at, look.at)
    lasted = max(0.0, look.at - before.seen_at)
    smoothed = _towards(before.smoothed, look.changed, lasted, _SMOOTHING)
    change = replace(before, smoothed=smoothed, seen_at=look.at)
    if is_moving or abs(smoothed - change.resting) > _RESTLESS:
        return replace(change, resting=smoothed, rests_since=look.at)
    if abs(smoothed - before.level) <= _RESTLESS:
        level = _towards(before.level, smoothed, lasted, _FOLLOWS)
        return replace(change, level=level, brightness=_towards(before.brightness, look.brightness, lasted, _FOLLOWS))
    if look.at - change.rests_since < _RESTS:
        return change
    is_other_light = abs(look.brightness - before.brightness) >= _OTHER_LIGHT
    is_other = abs(smoothed - before.level) >= (_STEP_IN_OTHER_LIGHT if is_other_light else _STEP)
    return replace(change, times=before.times + is_other, level=smoothed, brightness=look.brightness)


def interrupt(before: Change) -> Change:
    """Nothing can be compared for a while; what comes then is compared with what was before."""
    return replace(before, resting=math.inf)


def _towards(old: float, new: float, lasted: float, constant: Seconds) -> float:
    return old + (1 - math.exp(-lasted / constant)) * (new - old)
