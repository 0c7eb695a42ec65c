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

_STEP = 0.06
_STEP_IN_OTHER_LIGHT = 0.3
_OTHER_LIGHT = 8.0
"""Grey values."""
_FOLLOWS = Seconds(5.0)
"""Time constant of the level while there is no step."""
_RESTLESS = 0.02
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
        resting: Where `changed` came to rest.
        rests_since: Since when.
        seen_at: When the last look was.
    """

    times: int = 0
    level: float | None = None
    brightness: float = 0.0
    resting: float = 0.0
    rests_since: Seconds = _NEVER
    seen_at: Seconds = _NEVER


def compare(before: Change, look: Look, *, is_moving: bool) -> Change:
    """The change after one more look."""
    if before.level is None:
        return Change(before.times, look.changed, look.brightness, look.changed, look.at, look.at)
    change = replace(before, seen_at=look.at)
    if is_moving or abs(look.changed - before.resting) > _RESTLESS:
        change = replace(change, resting=look.changed, rests_since=look.at)
    if abs(look.changed - before.level) <= _RESTLESS:
        share = 1 - math.exp(-max(0.0, look.at - before.seen_at) / _FOLLOWS)
        level = before.level + share * (look.changed - before.level)
        brightness = before.brightness + share * (look.brightness - before.brightness)
        return replace(change, level=level, brightness=brightness)
    if look.at - change.rests_since < _RESTS:
        return change
    step = abs(look.changed - before.level)
    is_other_light = abs(look.brightness - before.brightness) >= _OTHER_LIGHT
    is_other = step >= (_STEP_IN_OTHER_LIGHT if is_other_light else _STEP)
    return replace(change, times=before.times + is_other, level=look.changed, brightness=look.brightness)


def interrupt(before: Change) -> Change:
    """Nothing can be compared for a while; what comes then is compared with what was before."""
    return replace(before, resting=math.inf)
