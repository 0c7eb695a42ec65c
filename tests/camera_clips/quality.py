"""Runs a clip through a camera's real measures, scene and triggers, and counts what was found and what was made up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.camera import settings as configured
from agent.camera.frames import FrameSlots
from agent.camera.looking.detecting import Detecting
from agent.camera.looking.eye import Eye
from agent.camera.looking.plan import LookPlan
from agent.camera.scene import Scene, saw
from agent.camera.triggers import Fire, Rules, TriggerState, decide
from agent.camera.values import CameraName, Condition, Facts, Trigger
from agent.clock import boottime
from agent.demo.clip.lens import HEIGHT, WIDTH, project
from agent.demo.clip.story import Span, Truth
from agent.units import Hertz, MinuteOfDay, Seconds, UnixSeconds
from tests.camera_clips.clips import HardClip

LOOKS: Final = Hertz(5)
JUDGED: Final = ("motion", "scene_change", "code", "covered")
_SETTINGS: Final = {"source": "clip.mp4", "when": ["motion", "scene_change", "code"], "every": "2s"}
_BEGAN = Seconds(1_000.0)
_NOON = MinuteOfDay(720)
_LATE = {"motion": Seconds(1.5), "scene_change": Seconds(15.0), "code": Seconds(1.0), "covered": Seconds(5.0)}
"""How long after its end, or for a cover and a change after its begin, an event may still be told."""
_ECHO = Seconds(2.5)
"""After something has moved, motion is not made up yet."""
_ALL_NEW = Seconds(3.0)
"""So long everything moves for a camera that has been turned. Who holds up a sheet, and a hand, move as well."""
_LEAST_COVER = 0.95


@dataclass(frozen=True, slots=True)
class Told:
    """What a camera told, and when since the clip's begin."""

    at: Seconds
    fire: Fire
    facts: Facts


@dataclass(frozen=True, slots=True)
class Score:
    """Attributes: events: How many there were; found: of them; delay: of the slowest found; false: when nothing was."""

    events: int
    found: int
    delay: Seconds
    false: tuple[Seconds, ...]


def watch(clip: HardClip, seed: int = 1) -> tuple[list[Told], list[Truth]]:
    """Everything that is told of a clip, and what is true at each look."""
    camera = CameraName("clip")
    settings = configured.Camera.model_validate(_SETTINGS)
    rules, scene, state = Rules.of(settings), Scene.of(camera, settings), TriggerState()
    slots = FrameSlots.create(WIDTH, HEIGHT)
    eye = Eye(camera, slots, LookPlan.of(settings), Detecting(_refuse, boottime))
    told, truths = [], []
    try:
        for frame, now in clip.frames(LOOKS, seed):
            at = Seconds(_BEGAN + now.at)
            slots.write(frame, at, UnixSeconds(at))
            look = eye.look()
            if look is None:
                raise RuntimeError("a frame was not seen")
            truths.append(now)
            scene, facts = saw(scene, look, rules.least_motion)
            state, fire = decide(state, scene, rules, at, _NOON)
            if fire is not None:
                told.append(Told(now.at, fire, facts))
    finally:
        eye.close()
    return told, truths


def score(clip: HardClip, told: Sequence[Told], truths: Sequence[Truth]) -> dict[str, Score]:
    """How each trigger did."""
    motion = _spans(truths, [bool(_seen_moving(now)) for now in truths], Seconds(2.0))
    codes = _spans(truths, [bool(now.codes) for now in truths], Seconds(0.0))
    covers = _spans(truths, [now.cover >= _LEAST_COVER for now in truths], Seconds(0.0))
    changes = [Span(at, at) for at in clip.changes]
    excused = {
        "motion": [
            *_spans(truths, [bool(_seen_moving(now) or now.cover > 0 or now.codes) for now in truths], Seconds(0.0)),
            *(Span(at, Seconds(at + _ALL_NEW)) for at in clip.changes),
        ],
        "scene_change": changes,
        "code": codes,
        "covered": covers,
    }
    events = {"motion": motion, "scene_change": changes, "code": codes, "covered": covers}
    return {
        name: _score(name, events[name], excused[name], [each.at for each in told if _is(each.fire, name)])
        for name in JUDGED
    }


def directions(told: Sequence[Told], truths: Sequence[Truth]) -> tuple[int, int]:
    """Of the directions that were told with motion, how many somebody had at that moment; and how many were told."""
    by_time = {now.at: now for now in truths}
    right = said = 0
    for each in told:
        if each.fire.trigger is Trigger.MOTION and (moving := by_time[each.at].moving):
            ways = {pose.direction for pose in moving}
            claimed = [mover.direction for mover in each.facts.movers if mover.direction is not None]
            said += len(claimed)
            right += sum(way in ways for way in claimed)
    return right, said


def _score(name: str, events: Sequence[Span], excused: Sequence[Span], fires: Sequence[Seconds]) -> Score:
    late, delays = _LATE[name], []
    for event in events:
        until = event.begins + late if name in {"covered", "scene_change"} else event.ends + late
        first = next((at for at in fires if event.begins <= at <= until), None)
        if first is not None:
            delays.append(Seconds(first - event.begins))
    echo = max(late, _ECHO)
    false = [at for at in fires if not any(span.begins <= at <= span.ends + echo for span in excused)]
    return Score(len(events), len(delays), max(delays, default=Seconds(0.0)), tuple(false))


def _is(fire: Fire, name: str) -> bool:
    if name == "covered":
        return fire.trigger is Trigger.CONDITION and not fire.why.startswith(Condition.CLEAR.value)
    return fire.trigger is Trigger(name)


def _seen_moving(now: Truth) -> bool:
    """Whether anything moves within the picture that is not hidden by a hand."""
    return now.cover < _LEAST_COVER and (
        any(0 < project(pose.x_m, pose.z_m).x < WIDTH for pose in now.moving) or 0 < now.door < 1
    )


def _spans(truths: Iterable[Truth], holds: Iterable[bool], gap: Seconds) -> list[Span]:
    """When something held, spans with less than a gap between them taken as one."""
    spans: list[Span] = []
    for now, is_so in zip(truths, holds, strict=True):
        if not is_so:
            continue
        if spans and now.at - spans[-1].ends <= gap + 1.5 / LOOKS:
            spans[-1] = Span(spans[-1].begins, now.at)
        else:
            spans.append(Span(now.at, now.at))
    return spans


def _refuse(_camera: CameraName, why: str) -> None:
    raise RuntimeError(why)
