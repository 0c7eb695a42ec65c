"""Which of what moves counts as motion. Pure.

Noise is small and somewhere else each time: a track of it does not last. A tree sways where it stands, in many small
parts: of a picture full of small regions only what goes somewhere counts. Light comes over much of the picture at once,
with a step of the brightness, and then the exposure follows for a while: until it has settled nothing counts. What is
left is a mover: large, or going somewhere, over at least two looks. Just after the start nothing counts: what sways
looks new then, but not after a frozen picture.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.camera.movers import Track, follow, overlap
from agent.camera.values import Box, Look
from agent.units import Ratio, Seconds

_LARGE = 2.0
"""A mover of so many times the least motion need not go anywhere."""
_MANY = 5
_SCATTERED = 0.4
"""When of so many regions the largest holds less than this share of all, they are scattered."""
_OWN = 0.5
"""A mover has so many times the least motion itself."""
_FAR = 0.15
"""Among scattered regions, a mover goes as far as this."""
_LOOKS = 2
_LOOKS_SMALL = 3
_LOOKS_SCATTERED = 4
_LIGHT_STEP = 8.0
_LIGHT_MOVED = Ratio(0.15)
"""A step of the mean grey value, with so much of the picture changed, is light."""
_WARM_UP = Seconds(3.0)
_SETTLES = Seconds(2.0)
_SETTLES_MOST = Seconds(10.0)
_MOST_MOVED = Ratio(0.5)
_MOST_LASTS = Seconds(1.5)
"""More than half the picture is light or a knock, unless it lasts for so long."""
_NEVER = Seconds(-math.inf)
_GRACE = Seconds(1.0)
"""A mover that does not count for so long still moves: measures have gaps."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves before a camera.

    Attributes:
        tracks: All that is followed, also what does not count.
        movers: What counts, largest first; kept over short gaps.
        is_counted: Whether at this very look there is motion that counts, in a zone where there are any.
        first_at: When the first look was; None: none yet.
        known_from: Since when it is known what moves: since then, or since the picture was frozen last.
        seen_at: When the last one was.
        moved_at: When something last counted; None: never.
        brightness: Of the last look.
        was_over: Whether the least motion was reached in the last look.
        light_since: Since when the light changes; None: it does not.
        light_at: When it last made a step.
        most_since: Since when more than half the picture moves; None: it does not.
    """

    tracks: tuple[Track, ...] = ()
    movers: tuple[Track, ...] = ()
    is_counted: bool = False
    first_at: Seconds | None = None
    known_from: Seconds | None = None
    seen_at: Seconds | None = None
    moved_at: Seconds | None = None
    brightness: float | None = None
    was_over: bool = False
    light_since: Seconds | None = None
    light_at: Seconds = _NEVER
    most_since: Seconds | None = None

    @property
    def still(self) -> Seconds | None:
        """For how long nothing has moved; None: not known yet."""
        if self.movers:
            return Seconds(0.0)
        if self.known_from is None or self.seen_at is None or self.seen_at - self.known_from < _GRACE:
            return None
        return Seconds(self.seen_at - (self.known_from if self.moved_at is None else self.moved_at))


def watch(before: Motion, look: Look, least: Ratio, zones: Mapping[str, Box]) -> Motion:
    """The motion after one more look.

    Args:
        before: Until now.
        look: What was measured.
        least: The share of the picture that has to move.
        zones: When there are any, motion counts in them only; movers are told anywhere.
    """
    since_last = Seconds(0.0 if before.seen_at is None else max(0.0, look.at - before.seen_at))
    motion = _with_light(before, look)
    tracks = follow(before.tracks, look.regions, look.at, since_last)
    is_over = look.moved >= least
    counting: tuple[Track, ...] = ()
    if is_over and before.was_over and not _is_unsettled(motion, look):
        counting = _counting(tracks, look, least)
    grace = max(_GRACE, 1.5 * since_last)
    is_within_grace = motion.moved_at is not None and look.at - motion.moved_at <= grace
    return replace(
        motion,
        tracks=tracks,
        movers=counting or (_still_followed(motion.movers, tracks) if is_within_grace else ()),
        is_counted=_amount(counting, look, zones) >= least,
        first_at=look.at if motion.first_at is None else motion.first_at,
        known_from=look.at if motion.known_from is None else motion.known_from,
        seen_at=look.at,
        moved_at=look.at if counting else motion.moved_at,
        brightness=look.brightness,
        was_over=is_over,
    )


def pause(before: Motion) -> Motion:
    """The picture is frozen: what moves is not known, but what has been learnt of the light holds when it goes on."""
    return replace(before, tracks=(), movers=(), is_counted=False, known_from=None, moved_at=None, was_over=False)


def _with_light(motion: Motion, look: Look) -> Motion:
    """Whether the light changes, or more than half the picture moves, and since when."""
    step = 0.0 if motion.brightness is None else abs(look.brightness - motion.brightness)
    most_since = None
    if look.moved >= _MOST_MOVED:
        most_since = look.at if motion.most_since is None else motion.most_since
    if step >= _LIGHT_STEP and (look.moved >= _LIGHT_MOVED or motion.light_since is not None):
        since = look.at if motion.light_since is None else motion.light_since
        return replace(motion, light_since=since, light_at=look.at, most_since=most_since)
    is_settled = look.at - motion.light_at >= _SETTLES and look.moved < _LIGHT_MOVED
    if motion.light_since is not None and (is_settled or look.at - motion.light_since >= _SETTLES_MOST):
        return replace(motion, light_since=None, most_since=most_since)
    return replace(motion, most_since=most_since)


def _is_unsettled(motion: Motion, look: Look) -> bool:
    if motion.first_at is None or look.at - motion.first_at < _WARM_UP or motion.light_since is not None:
        return True
    return motion.most_since is not None and look.at - motion.most_since < _MOST_LASTS


def _counting(tracks: Sequence[Track], look: Look, least: Ratio) -> tuple[Track, ...]:
    """The tracks seen in this look that are movers."""
    areas = [region.area for region in look.regions]
    is_scattered = len(areas) >= _MANY and max(areas) < _SCATTERED * sum(areas)
    fill = _fill(look)

    def counts(track: Track) -> bool:
        size = track.box.area * fill
        if size < _OWN * least:
            return False
        if is_scattered:
            return track.has_travelled and track.gone >= _FAR and track.looks >= _LOOKS_SCATTERED
        is_large = size >= _LARGE * least
        return track.looks >= _LOOKS if is_large else track.has_travelled and track.looks >= _LOOKS_SMALL

    return tuple(track for track in tracks if track.seen_at == look.at and counts(track))


def _fill(look: Look) -> float:
    """How much of the regions' boxes moves."""
    boxes = sum(region.area for region in look.regions)
    return min(1.0, look.moved / boxes) if boxes > 0 else 0.0


def _amount(tracks: Sequence[Track], look: Look, zones: Mapping[str, Box]) -> float:
    """The share of the picture that moves with these tracks, in the zones where there are any."""

    def inside(box: Box) -> float:
        return min(box.area, sum(overlap(box, zone) for zone in zones.values())) if zones else box.area

    return _fill(look) * sum(inside(track.box) for track in tracks)


def _still_followed(movers: Sequence[Track], tracks: Sequence[Track]) -> tuple[Track, ...]:
    """What counted a moment ago, as it is followed now."""
    began = {(mover.since, mover.began) for mover in movers}
    return tuple(track for track in tracks if (track.since, track.began) in began)
