"""What is wrong with a camera's picture, from what is measured on it. Pure.

`covered` and `black` have in common that nothing is to be seen: hardly any spread of brightness, or a spread that is
mere noise. A cover is put on within seconds: from one look to the next the structure that was there is gone. A night
takes minutes, and ends in the dark. So what went suddenly is a cover, however dark it is; what went slowly and is dark
is the night. What was black until a light came for less than a minute, and is as dark again, is the same night:
headlights pass, somebody comes with a torch. Any other light that is switched off and leaves nothing at all to be seen
cannot be told from a cover, and is called one. At the start, and after a loss of more than a minute, nothing is known
of before: then a dark picture is black, and a light one covered.

A hand before the lens lets some light in: some spread of brightness is left, but less than the light that is left would
give, and no edges. It is a cover when it comes suddenly. Without focus the spread stays and only the details go:
`blurred`, against what is usual for this camera in such light, because noise in the dark looks like details.

Each condition has to last before it holds, but for what ends a frozen picture, and its thresholds are wider on the way
out. What is wrong teaches nothing: the usual is learnt from clear pictures only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from agent.camera.light import light
from agent.camera.structure import Structure, learnt, structure
from agent.camera.values import Condition, Look
from agent.units import Seconds

LASTS: Final[Mapping[Condition, Seconds]] = MappingProxyType(
    {
        Condition.COVERED: Seconds(2.5),  # at one look a second it is told 4 s after the hand, at the latest
        Condition.BLACK: Seconds(5.0),
        Condition.FROZEN: Seconds(10.0),  # an encoder repeats a still picture until its next key frame
        Condition.BLURRED: Seconds(10.0),  # a person close by hides the details for a moment
        Condition.CLEAR: Seconds(2.0),
    }
)
"""For how long looks must speak for a condition before it holds."""
_LEAST_LOOKS = 2

_DAZZLED = 225.0
"""So bright a picture has no structure because of the light, until the exposure has followed."""
_NIGHT = 40.0
"""What is formless and brighter than this is not the night."""
_BARE = (2.0, 3.0)
"""Contrast without noise below which there is nothing to be seen: on the way in, and on the way out."""
_COARSE_NOISE = 8.0
"""The sharpness of noise that an encoder has smoothed is so many times its variance."""
_SMOOTH_CONTRAST = (0.4, 0.55)
_SMOOTH_CONTRAST_IN_LIGHT = (0.6, 0.75)
"""In relation to the brightness: where only the light went, contrast goes with it."""
_SMOOTH_SHARPNESS = (0.2, 0.35)
"""All three against what was there before; instead of the last, what is left may be coarse noise."""
_BLURRED = (0.3, 0.45)
"""Sharpness and detail, both against the usual: a lamp adds contrast without detail, dusk takes sharpness alone."""
_STRUCTURED = 3.0
_SUDDEN = Seconds(4.0)
_LATELY = Seconds(20.0)
_SHORTLY = Seconds(60.0)
_AS_DARK = 3.0
"""Grey values: what is not brighter by more than this is as dark as it was."""
_LONG_LOST = Seconds(60.0)
"""After a longer loss what was seen before it says nothing of what happened since: it may be night by now."""
_USUAL = Seconds(600.0)
_KNOWN_AFTER = Seconds(30.0)
_LONGEST_STEP = Seconds(2.0)
_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a camera's sight.

    Attributes:
        condition: What holds.
        light: Word for the brightness; None before the first look.
        lately: What was there to be seen in the last seconds that had anything.
        usual: What there is by light, on a clear picture.
        structured_at: When there was last as much to be seen as lately.
        is_formless: Whether nothing is to be seen now.
        went_suddenly: Whether it is gone since one moment.
        dark: How bright it was when it was last black.
        dark_at: When that was; None: it was not.
        seen_at: When the last look was.
        suspected: What looks have spoken for in a row, though it does not hold yet; None: nothing else.
        suspected_since: Since when.
        suspected_looks: How many.
    """

    condition: Condition = Condition.CLEAR
    light: str | None = None
    lately: Structure | None = None
    usual: Mapping[str, Structure] = field(default_factory=dict)
    structured_at: Seconds | None = None
    is_formless: bool = False
    went_suddenly: bool = False
    dark: float = 0.0
    dark_at: Seconds | None = None
    seen_at: Seconds | None = None
    suspected: Condition | None = None
    suspected_since: Seconds = _NO_TIME
    suspected_looks: int = 0


def judge(before: Sight, look: Look) -> Sight:
    """The sight after one more look."""
    if before.condition is Condition.LOST and before.seen_at is not None and look.at - before.seen_at > _LONG_LOST:
        before = replace(before, lately=None, structured_at=None, is_formless=False, went_suddenly=False)
    sight = replace(before, light=light(before.light, look))
    sight = _with_form(sight, look, structure(look))
    suspect = _suspect(sight, look, structure(look))
    sight = _confirmed(sight, suspect, look.at)
    if suspect is sight.condition is Condition.CLEAR and look.brightness < _DAZZLED and sight.light is not None:
        known = sight.usual.get(sight.light)
        usual = learnt(known, structure(look), _since(sight, look), _USUAL)
        sight = replace(sight, usual={**sight.usual, sight.light: usual})
    return replace(sight, seen_at=look.at)


def lose(before: Sight) -> Sight:
    """The sight without frames."""
    return replace(before, condition=Condition.LOST, suspected=None, suspected_looks=0)


def _since(sight: Sight, look: Look) -> Seconds:
    """The time that a look stands for."""
    gone = 0.0 if sight.seen_at is None else look.at - sight.seen_at
    return Seconds(min(max(gone, 0.0), _LONGEST_STEP))


def _with_form(sight: Sight, look: Look, seen: Structure) -> Sight:
    """Whether anything is to be seen, and when it went."""
    is_formless = look.brightness < _DAZZLED and (_is_bare(sight, seen) or _is_smooth(sight, look, seen))
    if is_formless:
        went = _may_be_sudden(sight, look) and not _is_black_again(sight, look, seen)
        if not went and look.brightness < _NIGHT:
            sight = replace(sight, dark=look.brightness, dark_at=look.at)
        return replace(sight, is_formless=True, went_suddenly=went)
    lately = learnt(sight.lately, seen, _since(sight, look), _LATELY)
    enough = max(_STRUCTURED, 0.5 * lately.contrast)
    structured_at = look.at if seen.contrast >= enough else sight.structured_at
    return replace(sight, is_formless=False, went_suddenly=False, lately=lately, structured_at=structured_at)


def _is_bare(sight: Sight, seen: Structure) -> bool:
    return seen.contrast < _BARE[sight.is_formless]


def _is_smooth(sight: Sight, look: Look, seen: Structure) -> bool:
    """Whether contrast and sharpness are far below what was there before, and not because the light is."""
    if sight.lately is None or not _may_be_sudden(sight, look):
        return False
    before, is_out = sight.lately, sight.is_formless
    is_noise = look.contrast**2 - look.sharpness / _COARSE_NOISE < _BARE[is_out] ** 2
    return (
        seen.contrast < _SMOOTH_CONTRAST[is_out] * before.contrast
        and seen.contrast_in_light < _SMOOTH_CONTRAST_IN_LIGHT[is_out] * before.contrast_in_light
        and (seen.sharpness < _SMOOTH_SHARPNESS[is_out] * before.sharpness or is_noise)
    )


def _may_be_sudden(sight: Sight, look: Look) -> bool:
    """Whether, if nothing is to be seen, that came suddenly.

    It did when there was structure a moment ago, or at the last look, however long ago that was; but for a long loss,
    over which that is forgotten.
    """
    if sight.is_formless:
        return sight.went_suddenly
    if sight.structured_at is None or sight.seen_at is None:
        return False
    return sight.structured_at >= min(look.at - _SUDDEN, sight.seen_at)


def _is_black_again(sight: Sight, look: Look, seen: Structure) -> bool:
    """Whether this is the dark that was there before a light came."""
    if sight.dark_at is None or look.at - sight.dark_at > _SHORTLY or seen.contrast >= _BARE[True]:
        return False
    return look.brightness <= sight.dark + _AS_DARK


def _suspect(sight: Sight, look: Look, seen: Structure) -> Condition:
    """What this look speaks for."""
    if sight.is_formless:
        is_night = not sight.went_suddenly and look.brightness < _NIGHT
        return Condition.BLACK if is_night else Condition.COVERED
    if look.repeated:
        return Condition.FROZEN
    usual = sight.usual.get(sight.light or "")
    if usual is None or usual.learnt < _KNOWN_AFTER or look.brightness >= _DAZZLED:
        return Condition.CLEAR
    share = _BLURRED[sight.condition is Condition.BLURRED]
    is_blurred = seen.sharpness < share * usual.sharpness and seen.detail < share * usual.detail
    return Condition.BLURRED if is_blurred else Condition.CLEAR


def _confirmed(sight: Sight, suspect: Condition, at: Seconds) -> Sight:
    """The condition changes when looks have spoken for another one for long enough.

    A frozen picture is one no more with the first that differs.
    """
    if sight.condition is Condition.FROZEN and suspect in (Condition.CLEAR, Condition.BLURRED):
        sight = replace(sight, condition=Condition.CLEAR)
    if suspect is sight.condition:
        return replace(sight, suspected=None, suspected_looks=0)
    if suspect is not sight.suspected:
        return replace(sight, suspected=suspect, suspected_since=at, suspected_looks=1)
    looks = sight.suspected_looks + 1
    if looks >= _LEAST_LOOKS and at - sight.suspected_since >= LASTS[suspect]:
        return replace(sight, condition=suspect, suspected=None, suspected_looks=0)
    return replace(sight, suspected_looks=min(looks, _LEAST_LOOKS))
