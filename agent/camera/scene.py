"""The state of one camera's scene: what is concluded from its looks. Pure: no clock, no I/O.

Each look goes into the camera's sight (`conditions`), its motion (`movers`, `motion`), how it changes (`changes`), and
what is read and recognised (`sightings`). While nothing is to be seen, nothing moves or changes either; what is to be
seen again is followed at once, though no fact before the picture is in order.
Bounded: a scene is a few kilobytes, however long it is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from agent.camera.changes import Change, compare, interrupt
from agent.camera.conditions import Sight, judge, lose
from agent.camera.motion import Motion, pause, watch
from agent.camera.movers import mover
from agent.camera.settings import Camera
from agent.camera.sightings import Counted, ReadCode, count, counts, read
from agent.camera.values import Box, CameraName, Condition, Facts, Look
from agent.units import Ratio, Seconds, UnixSeconds

BLIND = frozenset({Condition.COVERED, Condition.BLACK, Condition.FROZEN, Condition.LOST})
"""In these conditions the picture says nothing of what is before the camera."""
_START = Seconds(0.0)
_START_WALL = UnixSeconds(0.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a camera's scene.

    Attributes:
        camera: Which.
        zones: Parts of the picture with a name.
        sight: Whether its picture is in order.
        motion: What moves.
        change: How it differs from before.
        codes: Which are held up.
        counted: What a detector saw in the last looks.
        at: The last moment that it was told of something, on the boot clock.
        at_wall: The same by the wall clock.
        width: Of the picture, in pixels; 0 before the first.
        height: Likewise.
        lost_because: Why there are no frames; None: there are.
    """

    camera: CameraName
    zones: Mapping[str, Box] = field(default_factory=dict)
    sight: Sight = field(default_factory=Sight)
    motion: Motion = field(default_factory=Motion)
    change: Change = field(default_factory=Change)
    codes: tuple[ReadCode, ...] = ()
    counted: tuple[Counted, ...] = ()
    at: Seconds = _START
    at_wall: UnixSeconds = _START_WALL
    width: int = 0
    height: int = 0
    lost_because: str | None = None

    @classmethod
    def of(cls, camera: CameraName, settings: Camera) -> Self:
        """The scene before the first look."""
        zones = {name: Box(zone.x, zone.y, zone.width, zone.height) for name, zone in settings.zones.items()}
        return cls(camera, MappingProxyType(zones))

    @property
    def counts(self) -> dict[str, int] | None:
        """How many of each label are there; None: no detector has seen enough of late to say."""
        return None if self.sight.condition in BLIND else counts(self.counted, self.at)

    @property
    def facts(self) -> Facts:
        """What is known at the last moment."""
        is_blind = self.sight.condition in BLIND
        return Facts(
            camera=self.camera,
            taken_at=self.at_wall,
            condition=self.sight.condition,
            light=self.sight.light,
            movers=() if is_blind else tuple(mover(track, self.zones) for track in self.motion.movers),
            still=None if is_blind else self.motion.still,
            counts=None if self.counts is None else MappingProxyType(self.counts),
            codes=tuple(each.code for each in self.codes),
            width=self.width,
            height=self.height,
        )


def saw(before: Scene, look: Look, least_motion: Ratio) -> tuple[Scene, Facts]:
    """The scene after one more look.

    Args:
        before: Until now.
        look: What was measured. One that is older than the last changes nothing.
        least_motion: The share of the picture that has to move.
    """
    if look.at < before.at:
        return before, before.facts
    scene = replace(
        before,
        sight=judge(before.sight, look),
        codes=read(before.codes, look.codes or (), look.at),
        at=look.at,
        at_wall=look.at_wall,
        width=look.width,
        height=look.height,
        lost_because=None,
    )
    if scene.sight.is_formless:
        kept = () if scene.sight.condition in BLIND else scene.counted  # it may be over at the next look
        scene = replace(_blinded(scene), counted=kept)
    elif scene.sight.condition is Condition.FROZEN:
        scene = replace(_blinded(scene), motion=pause(scene.motion))
    else:
        motion = watch(scene.motion, look, least_motion, scene.zones)
        is_clear = scene.sight.condition is Condition.CLEAR and scene.sight.suspected is None
        is_restless = bool(motion.movers) or motion.was_over or not is_clear
        change = compare(scene.change, look, is_moving=is_restless)
        counted = scene.counted if look.detections is None else count(scene.counted, look.detections, look.at)
        scene = replace(scene, motion=motion, change=change, counted=counted)
    return scene, scene.facts


def lost(before: Scene, why: str, at: Seconds, at_wall: UnixSeconds) -> tuple[Scene, Facts]:
    """The scene without frames.

    Args:
        before: Until now.
        why: In words, without secrets.
        at: When it is said, on the boot clock.
        at_wall: The same by the wall clock.
    """
    codes = read(before.codes, (), at)
    scene = _blinded(replace(before, sight=lose(before.sight), codes=codes, at=at, at_wall=at_wall, lost_because=why))
    return scene, scene.facts


def _blinded(scene: Scene) -> Scene:
    """What moved and was there cannot be seen any more; what moves later begins anew."""
    return replace(scene, motion=Motion(), change=interrupt(scene.change), counted=())
