"""What happens in a clip, and what is true of each moment of it. Pure: no picture, no chance.

Places are metres on the ground: `x_m` to the right of the camera's axis, `z_m` away from the camera.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from agent.camera.values import Direction
from agent.units import Seconds

_LEAST_SPEED_M_PER_S = 0.15
_STILL_TOWARDS = 0.7
"""Who comes closer by more than this share of the way comes closer, whatever it does sideways."""


class Kind(StrEnum):
    """What an actor is."""

    PERSON = "person"
    DOG = "dog"


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where somebody is at a moment; in between, on the straight line."""

    at: Seconds
    x_m: float
    z_m: float


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another."""

    begins: Seconds
    ends: Seconds

    def holds(self, at: Seconds) -> bool:
        """Whether a moment is within."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Held:
    """A sheet with a QR code, held up."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who comes, goes and is seen from the first to the last waypoint.

    Attributes:
        kind: Person or dog.
        outfit: Which of the wardrobe's.
        path: Where it is.
        held: What it holds up.
    """

    kind: Kind
    outfit: int
    path: tuple[Waypoint, ...]
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """How an actor is at a moment.

    Attributes:
        actor: Who.
        x_m: Where.
        z_m: Likewise.
        walked_m: How far it has walked: what its limbs swing by.
        speed_m_per_s: How fast.
        faces: -1 to 1: to the left, to the right; 0: towards the camera or away from it.
        direction: As the camera sees it; None: it stands.
        code: What it holds up; None: nothing.
    """

    actor: Actor
    x_m: float
    z_m: float
    walked_m: float
    speed_m_per_s: float
    faces: float
    direction: Direction | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """The light of the sky at a moment, 0 to 1; in between, on the straight line."""

    at: Seconds
    value: float


@dataclass(frozen=True, slots=True)
class Story:
    """A clip's whole course.

    Attributes:
        lasts: Its length.
        actors: Who appears.
        sky: The light, by time.
        lamp: When the lamp is on.
        door: When the door is open.
        covered: When a hand is on the lens.
        noise: Standard deviation of the sensor's noise, in grey values.
    """

    lasts: Seconds
    actors: tuple[Actor, ...] = ()
    sky: tuple[Level, ...] = (Level(Seconds(0.0), 1.0),)
    lamp: tuple[Span, ...] = ()
    door: tuple[Span, ...] = ()
    covered: tuple[Span, ...] = ()
    noise: float = 2.5


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one moment.

    Attributes:
        at: Since the clip's begin.
        poses: Who is there, the farthest first.
        sky: Light of the sky, 0 to 1.
        lamp: Whether the lamp is on.
        door: How far the door is open, 0 to 1.
        cover: How much of the lens is covered, 0 to 1.
    """

    at: Seconds
    poses: tuple[Pose, ...]
    sky: float
    lamp: bool
    door: float
    cover: float

    @property
    def moving(self) -> tuple[Pose, ...]:
        """Who moves."""
        return tuple(pose for pose in self.poses if pose.direction is not None)

    @property
    def codes(self) -> tuple[str, ...]:
        """Which codes are held up."""
        return tuple(pose.code for pose in self.poses if pose.code is not None)


def truth(story: Story, at: Seconds) -> Truth:
    """What is true at a moment."""
    poses = [pose for actor in story.actors if (pose := _pose(actor, at)) is not None]
    return Truth(
        at=at,
        poses=tuple(sorted(poses, key=lambda pose: -pose.z_m)),
        sky=_level(story.sky, at),
        lamp=any(span.holds(at) for span in story.lamp),
        door=max((_opening(span, at, Seconds(0.7)) for span in story.door), default=0.0),
        cover=max((_opening(span, at, Seconds(0.5)) for span in story.covered), default=0.0),
    )


def _pose(actor: Actor, at: Seconds) -> Pose | None:
    walked = 0.0
    for one, other in pairwise(actor.path):
        way = math.hypot(other.x_m - one.x_m, other.z_m - one.z_m)
        if not one.at <= at < other.at:
            walked += way
            continue
        share = (at - one.at) / (other.at - one.at)
        dx, dz = other.x_m - one.x_m, other.z_m - one.z_m
        speed = way / (other.at - one.at)
        held = actor.held if actor.held is not None and actor.held.span.holds(at) else None
        return Pose(
            actor=actor,
            x_m=one.x_m + share * dx,
            z_m=one.z_m + share * dz,
            walked_m=walked + share * way,
            speed_m_per_s=speed,
            faces=dx / way if way else 0.0,
            direction=_direction(dx, dz) if speed >= _LEAST_SPEED_M_PER_S else None,
            code=None if held is None else held.text,
        )
    return None


def _direction(dx: float, dz: float) -> Direction:
    if abs(dz) > _STILL_TOWARDS * math.hypot(dx, dz):
        return Direction.CLOSER if dz < 0 else Direction.AWAY
    return Direction.LEFT if dx < 0 else Direction.RIGHT


def _level(levels: Sequence[Level], at: Seconds) -> float:
    if at <= levels[0].at:
        return levels[0].value
    for one, other in pairwise(levels):
        if at < other.at:
            return one.value + (other.value - one.value) * (at - one.at) / (other.at - one.at)
    return levels[-1].value


def _opening(span: Span, at: Seconds, takes: Seconds) -> float:
    """0 outside, 1 within, and in between while it opens and closes; smooth."""
    share = min(max(min(at - span.begins, span.ends - at) / takes, 0.0), 1.0)
    return share * share * (3 - 2 * share)
