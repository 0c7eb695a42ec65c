"""What moves, followed over the looks: regions of one look are joined with those of the looks before. Pure.

Greedy: the pair that lies closest is joined first. Good enough for the handful of regions that a look has; where two
people cross, they may be taken for each other. Bounded: no more than `MOST` are followed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.camera.values import Box, Direction, Mover
from agent.units import Seconds

MOST: Final = 8
_FORGOTTEN = Seconds(1.5)
"""Who has not been seen for so long, and for more than two looks, is gone."""
_REACH = 0.08
_REACH_PER_S = 0.35
_REACH_MOST = 0.4
"""How far a centre goes between two looks, in shares of the picture: a person close by crosses it in two seconds."""
_LAG = Seconds(1.0)
"""Directions are told against where the mover was so long ago."""
_DRIFT = 0.03
_GROWTH = 0.1
"""The least way in `_LAG`, as a share of the picture's width, and the least growth, as the logarithm of the height: a
width changes with each stride."""
_LEAP = 0.25
_LEAP_PER_S = 0.6
"""Who is taller or smaller by more than this at once has not come closer: something else was joined or left out."""
_WIDE = 1.15
"""A picture is so many times as wide as what it shows is far away, with a lens of 60 degrees: so ways are compared."""
_KEEPS = 0.4
"""A direction is kept down to this share of what it took to get it."""
_GROWS_FOR = Seconds(1.0)
_EDGE = 0.01
_LEAST_AREA = 1e-6
_TRAVELLED = 0.05
_STRAIGHT = 0.5
"""Who has come as far as this from where it began, and by no way that is twice as long, goes somewhere."""


@dataclass(frozen=True, slots=True)
class Track:
    """A region, followed.

    Attributes:
        box: Where it is.
        since: When it was first seen.
        seen_at: When last.
        looks: In how many.
        began: Its centre when it was first seen.
        way: How far its centre has gone in all; to and fro counts.
        lagging: Its centre and the logarithm of its height, about `_LAG` ago.
        whole_since: Since when it is all to be seen: no edge of the picture cuts it off, nor has it just leapt.
        direction: None: not known, or none.
    """

    box: Box
    since: Seconds
    seen_at: Seconds
    looks: int
    began: tuple[float, float]
    way: float
    lagging: tuple[float, float, float]
    whole_since: Seconds
    direction: Direction | None = None

    @property
    def gone(self) -> float:
        """How far it is from where it began."""
        return math.dist(self.began, self.box.centre)

    @property
    def has_travelled(self) -> bool:
        """Whether it has gone somewhere; what sways has not."""
        return self.gone >= _TRAVELLED and self.gone >= _STRAIGHT * self.way


def follow(tracks: Sequence[Track], regions: Sequence[Box], at: Seconds, since_last: Seconds) -> tuple[Track, ...]:
    """The tracks after one more look, those of the largest regions first.

    Args:
        tracks: Before.
        regions: Where something moves now.
        at: When the look was.
        since_last: How long after the look before it.
    """
    left, found = list(regions), []
    lost = list(tracks)
    for _, track, box in sorted(_pairs(tracks, regions, at), key=lambda pair: pair[0]):
        if track in lost and box in left:
            lost.remove(track)
            left.remove(box)
            found.append(_moved_on(track, box, at))
    patience = max(_FORGOTTEN, 2.5 * since_last)
    kept = [track for track in lost if at - track.seen_at <= patience]
    new = [Track(box, at, at, 1, box.centre, 0.0, _place(box), at) for box in left]
    return tuple(sorted([*found, *kept, *new], key=lambda track: (-track.seen_at, -track.box.area)))[:MOST]


def mover(track: Track, zones: Mapping[str, Box]) -> Mover:
    """What is told of a track."""
    zone = next((name for name, area in zones.items() if contains(area, track.box.centre)), None)
    return Mover(zone, track.direction, track.box.area, Seconds(track.seen_at - track.since))


def contains(box: Box, point: tuple[float, float]) -> bool:
    """Whether a point lies in a box."""
    x, y = point
    return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height


def overlap(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0.0, width) * max(0.0, height)


def _pairs(tracks: Sequence[Track], regions: Sequence[Box], at: Seconds) -> list[tuple[float, Track, Box]]:
    """Which could be the same, and how far apart they are; boxes that overlap are closest."""
    pairs = []
    for track in tracks:
        reach = min(_REACH_MOST, _REACH + _REACH_PER_S * (at - track.seen_at))
        for box in regions:
            apart = math.dist(track.box.centre, box.centre)
            shared = overlap(track.box, box)
            alike = shared / max(track.box.area + box.area - shared, _LEAST_AREA)
            if alike > 0 or apart <= reach:
                pairs.append((apart - alike, track, box))
    return pairs


def _place(box: Box) -> tuple[float, float, float]:
    return *box.centre, math.log(max(box.height, _LEAST_AREA))


def _moved_on(track: Track, box: Box, at: Seconds) -> Track:
    lasted = at - track.seen_at
    place, share = _place(box), 1 - math.exp(-lasted / _LAG)
    leaps = abs(place[2] - _place(track.box)[2]) > _LEAP + _LEAP_PER_S * lasted
    whole_since = at if leaps or _is_cut_off(box) else track.whole_since
    x, y, height = (old + share * (new - old) for old, new in zip(track.lagging, place, strict=True))
    way = track.way + math.dist(track.box.centre, box.centre)
    return replace(
        track,
        box=box,
        seen_at=at,
        looks=track.looks + 1,
        way=way,
        lagging=(x, y, place[2] if leaps else height),
        direction=_direction(track, box, at - whole_since),
        whole_since=whole_since,
    )


def _direction(track: Track, box: Box, whole_for: float) -> Direction | None:
    """By the way since a moment ago; growth counts only of a mover that has been whole for a while.

    What comes in at the picture's edge, or out from behind something, grows at first.
    """
    x, _, height = _place(box)
    drift, growth = x - track.lagging[0], height - track.lagging[2]
    if whole_for < _GROWS_FOR:
        growth = 0.0
    is_sideways = abs(drift) * _WIDE >= abs(growth)
    amount, least = (drift, _DRIFT) if is_sideways else (growth, _GROWTH)
    ways = (Direction.LEFT, Direction.RIGHT) if is_sideways else (Direction.AWAY, Direction.CLOSER)
    way = ways[amount > 0]
    return way if abs(amount) >= (_KEEPS * least if way is track.direction else least) else None


def _is_cut_off(box: Box) -> bool:
    return box.x <= _EDGE or box.x + box.width >= 1 - _EDGE
