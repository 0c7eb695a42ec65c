"""When a scene has become another one: something was put there, or taken away, or the camera was turned. Pure.

`Look.changed` says how unlike the picture is to one kept before, which slowly follows. Noise keeps it above 0, so what
counts is a step away from where it was that has come to rest: nothing moves, and the measure stays where it is. Each
change is told once. A step that comes with a step of the brightness is light, unless the
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
_LIGHT_ALONE = 1.5
"""With so many times the brightness, or less by as much, all of the difference may be the light's."""
_DAZZLED = 225.0
"""So bright a picture shows nothing to compare."""
_SMOOTHING = Seconds(1.0)
"""Time constant against the noise of the measure."""
_FOLLOWS = Seconds(2.0)
"""Time constant of the level while there is no step."""
_RESTLESS = 0.006
_RESTLESS_SHARE = 0.1
"""While the measure goes further than this, and this share of itself, it has not come to rest. The kept picture that
follows goes less far."""
_RESTS = Seconds(3.0)
_NEVER = Seconds(-math.inf)


@dataclass(frozen=True, slots=True)
class Change:
    """How the scene differs from before.

    Attributes:
        times: How often it has become another one.
        level: Where `changed` last was at rest; None: it was not yet.
        brightness: What the brightness is at that level.
        smoothed: What `changed` is now.
        resting: Where it may have come to rest again.
        resting_brightness: The brightness there.
        rests_since: Since when.
        seen_at: When the last look was.
    """

    times: int = 0
    level: float | None = None
    brightness: float = 0.0
    smoothed: float = 0.0
    resting: float = math.inf
    resting_brightness: float = 0.0
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
    if look.changed == 0:
        return Change(before.times, seen_at=look.at)
    lasted = max(0.0, look.at - before.seen_at)
    smoothed = _towards(before.smoothed, look.changed, lasted, _SMOOTHING)
    change = replace(before, smoothed=smoothed, seen_at=look.at)
    is_light_steady = abs(look.brightness - change.resting_brightness) < _OTHER_LIGHT / 2
    if is_moving or not is_light_steady or abs(smoothed - change.resting) > _restless(smoothed):
        return replace(change, resting=smoothed, resting_brightness=look.brightness, rests_since=look.at)
    return change if look.at - change.rests_since < _RESTS else _at_rest(change, look, Seconds(lasted))


def interrupt(before: Change) -> Change:
    """Nothing can be compared for a while; what comes then is compared with what was before."""
    return replace(before, resting=math.inf)


def _at_rest(change: Change, look: Look, lasted: Seconds) -> Change:
    """The change when the measure stays where it is: at its level, or a step away from it."""
    now = change.smoothed
    there = replace(change, level=now, brightness=look.brightness)
    if change.level is None:
        return there
    step = abs(now - change.level)
    if abs(look.brightness - change.brightness) >= _OTHER_LIGHT:
        is_other = step >= _STEP_IN_OTHER_LIGHT and not _is_light_alone(change.brightness, look.brightness)
        return replace(there, times=change.times + is_other)
    if step >= max(_STEP, _restless(change.level)):
        return replace(there, times=change.times + 1)
    brightness = _towards(change.brightness, look.brightness, lasted, _FOLLOWS)
    return replace(change, level=_towards(change.level, now, lasted, _FOLLOWS), brightness=brightness)


def _is_light_alone(before: float, now: float) -> bool:
    return max(before, now) + 1 >= _LIGHT_ALONE * (min(before, now) + 1)


def _restless(changed: float) -> float:
    return _RESTLESS + _RESTLESS_SHARE * changed


def _towards(old: float, new: float, lasted: float, constant: Seconds) -> float:
    return old + (1 - math.exp(-lasted / constant)) * (new - old)
