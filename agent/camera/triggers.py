"""Whether anything in a scene is worth an observation. Pure: no clock, no I/O.

Of several reasons the one goes that says most: a code that is held up, something recognised, motion, another scene, the
time. The facts are the same for all, so the others are told with it; but not with a code, which asks for something of
its own. Each reason has its own `every`, and what is still so when that is over is told then; all of them together have
`most_per_hour`; what somebody asks for does not count. What happens in quiet hours, or while the camera is off, is not
told later.

Anybody can hold up codes, one after the other. So that nothing else is hidden by it, they get a part of
`most_per_hour` where there are other reasons, and one that comes within `every` of another goes behind those.

A changed condition of the picture is told at any hour, and counts in no limit; of what comes and goes, `losses` and
`troubles` say when. While it is covered, black, frozen or lost, nothing else is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Self

from agent.camera.losses import Losses, follow
from agent.camera.rate import LastHour
from agent.camera.scene import BLIND, Scene
from agent.camera.settings import Camera
from agent.camera.troubles import Troubles
from agent.camera.values import Code, Condition, Trigger
from agent.day_span import is_within
from agent.units import MinuteOfDay, Ratio, Seconds

_AS_CONFIGURED: Final = MappingProxyType(
    {
        "always": Trigger.EVERY,
        "motion": Trigger.MOTION,
        "scene_change": Trigger.SCENE_CHANGE,
        "code": Trigger.CODE,
        "class": Trigger.CLASS,
        "on_demand": Trigger.ON_DEMAND,
    }
)
_MOST_CODES = 32
"""That are remembered as told."""
_CODES_PART = 4
"""One in so many observations of an hour may be for a code."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A span of each day without observations.

    Attributes:
        begins: Its first minute.
        ends: The first one after it; at or before `begins`: on the next day.
    """

    begins: MinuteOfDay
    ends: MinuteOfDay


@dataclass(frozen=True, slots=True)
class Rules:
    """What an observation is made of, as it can be changed while the agent runs.

    Attributes:
        is_on: Off: nothing is told, not even what is wrong with the picture.
        when: The reasons that count.
        every: The least time between two observations for the same reason; codes are told when they are held up.
        prompt: What the model is asked; None: no model runs.
        most_per_hour: The most observations in any hour.
        quiet: When there are none.
        least_motion: The share of the picture that has to move.
        classes: The labels that `class` is about; empty: all.
    """

    is_on: bool
    when: frozenset[Trigger]
    every: Seconds
    prompt: str | None
    most_per_hour: int
    quiet: tuple[Quiet, ...]
    least_motion: Ratio
    classes: frozenset[str]

    @classmethod
    def of(cls, settings: Camera) -> Self:
        """As configured."""
        return cls(
            is_on=True,
            when=frozenset(_AS_CONFIGURED[each] for each in settings.when),
            every=settings.every,
            prompt=settings.prompt,
            most_per_hour=settings.most_per_hour,
            quiet=tuple(Quiet(span.begins, span.ends) for span in settings.quiet),
            least_motion=Ratio(settings.least_motion),
            classes=frozenset(settings.detector.classes) if settings.detector is not None else frozenset(),
        )

    def is_quiet(self, minute: MinuteOfDay) -> bool:
        """Whether a minute of the day, by local time, lies in a quiet span."""
        return any(is_within(minute, span.begins, span.ends) for span in self.quiet)


@dataclass(frozen=True, slots=True)
class Fire:
    """An observation is to be made.

    Attributes:
        trigger: Why.
        why: The same in words.
        code: The code that was held up; None: another reason.
    """

    trigger: Trigger
    why: str
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class TriggerState:
    """What has been told of a scene.

    Attributes:
        hour: How much in the last hour.
        fired: When last, by reason.
        troubles: What is told of the picture's condition.
        losses: What is told of losses; also while nothing else is.
        changes: How many changes of the scene are known.
        codes: The codes that have been told, and when, the latest last; while they are held up, or for `every`.
        counts: How many of each label are known.
    """

    hour: LastHour = field(default_factory=LastHour)
    code_hour: LastHour = field(default_factory=LastHour)
    fired: Mapping[Trigger, Seconds] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=Troubles)
    losses: Losses = field(default_factory=Losses)
    changes: int = 0
    codes: tuple[tuple[Code, Seconds], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def decide(
    state: TriggerState, scene: Scene, rules: Rules, now: Seconds, minute: MinuteOfDay
) -> tuple[TriggerState, Fire | None]:
    """Whether an observation is to be made now; once after each look, and when frames are lost.

    Args:
        state: What has been told.
        scene: As it is.
        rules: What is to be told.
        now: On the boot clock.
        minute: Of the day, by local time.
    """
    condition = scene.sight.condition
    losses = follow(state.losses, now, is_away=condition is Condition.LOST)
    state = _up_to_date(replace(state, losses=losses), scene, rules, now)
    if not rules.is_on:
        return _all_known(state, scene, now), None
    told = state.troubles.told
    if condition is not told and not losses.is_back_untold and not state.troubles.waits(condition, now):
        why = scene.lost_because or f"it was {told.value}"
        state = replace(state, troubles=state.troubles.tell(condition, now))
        return state, Fire(Trigger.CONDITION, f"{condition.value}: {why}")
    if rules.is_quiet(minute):
        return _all_known(state, scene, now), None
    if condition in BLIND or state.hour.times(now) >= rules.most_per_hour:
        return state, None
    fires = [fire for find in (_code, _class, _motion, _scene_change, _every) if (fire := find(state, scene, rules))]
    due = [fire for fire in fires if fire.trigger in rules.when and _is_due(state, fire.trigger, rules, now)]
    due = _without_flood(due, state, rules, now)
    if not due:
        return state, None
    for fire in due[:1] if due[0].code is not None else due:
        state = _with_told(state, fire, scene, now)
    return replace(state, hour=state.hour.once_more(now)), due[0]


def _without_flood(due: list[Fire], state: TriggerState, rules: Rules, now: Seconds) -> list[Fire]:
    """What is due, without a code that would hide the rest, or has no part left; it stays new."""
    others = [fire for fire in due if fire.code is None]
    is_only_of_codes = rules.when <= {Trigger.CODE, Trigger.ON_DEMAND}
    if not is_only_of_codes and state.code_hour.times(now) >= max(1, rules.most_per_hour // _CODES_PART):
        return others
    before = state.fired.get(Trigger.CODE)
    return others if others and before is not None and now - before < rules.every else due


def _is_due(state: TriggerState, trigger: Trigger, rules: Rules, now: Seconds) -> bool:
    """Whether the last observation for this reason is long enough ago. Codes have their own memory."""
    before = state.fired.get(trigger)
    return before is None or trigger is Trigger.CODE or now - before >= rules.every


def _up_to_date(state: TriggerState, scene: Scene, rules: Rules, now: Seconds) -> TriggerState:
    """Forget what is over, so that it is new when it comes again; and changes that nobody wants to hear of."""
    held_up = {each.code for each in scene.codes}
    codes = tuple((code, at) for code, at in state.codes if code in held_up or now - at < rules.every)
    there = scene.counts or {}
    known = {label: min(number, there[label]) for label, number in state.counts.items() if label in there}
    changes = state.changes if Trigger.SCENE_CHANGE in rules.when else scene.change.times
    return replace(state, codes=codes, counts=known, changes=changes)


def _all_known(state: TriggerState, scene: Scene, now: Seconds) -> TriggerState:
    """Nothing of what is so now is new any more."""
    told = dict(state.codes)
    codes = (*state.codes, *((each.code, now) for each in scene.codes if each.code not in told))
    return replace(state, codes=codes[-_MOST_CODES:], counts=scene.counts or {}, changes=scene.change.times)


def _with_told(state: TriggerState, fire: Fire, scene: Scene, now: Seconds) -> TriggerState:
    """What is told by an observation."""
    state = replace(state, fired={**state.fired, fire.trigger: now})
    match fire.trigger:
        case Trigger.CODE if fire.code is not None:
            codes = (*state.codes, (fire.code, now))[-_MOST_CODES:]
            return replace(state, codes=codes, code_hour=state.code_hour.once_more(now))
        case Trigger.CLASS:
            return replace(state, counts=scene.counts or {})
        case Trigger.SCENE_CHANGE:
            return replace(state, changes=scene.change.times)
        case _:
            return state


def _code(state: TriggerState, scene: Scene, _rules: Rules) -> Fire | None:
    told = dict(state.codes)
    new = next((each.code for each in scene.codes if each.code not in told), None)
    return None if new is None else Fire(Trigger.CODE, f"a code is held up ({new.kind})", new)


def _class(state: TriggerState, scene: Scene, rules: Rules) -> Fire | None:
    for label, number in (scene.counts or {}).items():
        known = state.counts.get(label, 0)
        if number > known and (label in rules.classes or not rules.classes):
            return Fire(Trigger.CLASS, f"{label}: {number} instead of {known}")
    return None


def _motion(_state: TriggerState, scene: Scene, _rules: Rules) -> Fire | None:
    return Fire(Trigger.MOTION, "something moves") if scene.motion.is_counted else None


def _scene_change(state: TriggerState, scene: Scene, _rules: Rules) -> Fire | None:
    if scene.change.times == state.changes:
        return None
    return Fire(Trigger.SCENE_CHANGE, "the scene has become another one")


def _every(_state: TriggerState, _scene: Scene, rules: Rules) -> Fire | None:
    return Fire(Trigger.EVERY, f"every {rules.every:g} s")
