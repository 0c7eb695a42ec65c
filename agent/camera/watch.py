"""One camera: what is concluded from what was measured, and whether it is worth telling, look by look."""

import logging
from dataclasses import replace

from agent.camera.asking import Sighting
from agent.camera.code_prompt import CodePrompt, code_prompt
from agent.camera.losses import Losses
from agent.camera.run_time import Effective
from agent.camera.scene import Scene, lost, saw
from agent.camera.triggers import Fire, Rules, TriggerState, decide
from agent.camera.values import CameraName, Condition, Facts, Look, Trigger
from agent.clock import Clock
from agent.units import Seconds

_NEVER = Seconds(0.0)
_log = logging.getLogger(__name__)


class Watch:
    """Holds a camera's scene and what has been told of it.

    Args:
        camera: Which.
        holds: What holds for it.
        clock: The time.
    """

    def __init__(self, camera: CameraName, holds: Effective, clock: Clock) -> None:
        self._clock = clock
        self._scene = Scene.of(camera, holds.settings)
        self._told = TriggerState()
        self.hold(holds)

    def hold(self, holds: Effective) -> None:
        """From now on this holds."""
        self._holds = holds
        self._rules = replace(Rules.of(holds.settings), is_on=holds.on)

    @property
    def holds(self) -> Effective:
        """What holds now."""
        return self._holds

    @property
    def facts(self) -> Facts | None:
        """What is known now; None before the first look."""
        return None if self._scene.at == _NEVER else self._scene.facts

    @property
    def is_stale(self) -> bool:
        """Whether the last look is so long ago that the facts may not hold any more."""
        settings = self._holds.settings
        return self._clock.now() - self._scene.at > settings.stall_timeout + 2 / settings.looks

    @property
    def condition(self) -> Condition:
        """Of the picture."""
        return self._scene.sight.condition

    @property
    def losses(self) -> Losses:
        """What is told of its losses."""
        return self._told.losses

    @property
    def told_condition(self) -> Condition:
        """The condition to tell of: a camera that comes and goes stays lost, and other troubles stay likewise."""
        return Condition.LOST if self.losses.is_lost else self._told.troubles.told

    @property
    def lost_because(self) -> str | None:
        """Why there are no frames; None: there are, or it is not known yet."""
        return self._scene.lost_because

    def saw(self, look: Look) -> Sighting | None:
        """What one more look shows that is worth telling."""
        self._scene, _ = saw(self._scene, look, self._rules.least_motion)
        return self._decide()

    def lost(self, why: str) -> Sighting | None:
        """There are no frames: whether that is worth telling."""
        self._scene, _ = lost(self._scene, why, self._clock.now(), self._clock.wall())
        return self._decide()

    def ask(self, *, shows: bool) -> Sighting:
        """An observation that somebody asked for, whatever has been told.

        Args:
            shows: Whether with its picture.
        """
        return replace(self._sighting(Fire(Trigger.ON_DEMAND, "it was asked for")), shows=shows)

    def _decide(self) -> Sighting | None:
        now, minute = self._clock.now(), self._clock.minute_of_day()
        self._told, fire = decide(self._told, self._scene, self._rules, now, minute)
        return None if fire is None else self._sighting(fire)

    def _sighting(self, fire: Fire) -> Sighting:
        settings = self._holds.settings
        camera = self._scene.camera
        _log.info("camera_fired", extra={"camera": camera, "trigger": fire.trigger.value, "why": fire.why})
        text = None
        if fire.trigger is Trigger.CODE and fire.code is not None:
            code = code_prompt(fire.code, settings.code_kinds)
            if isinstance(code, CodePrompt):
                text = code.text
            else:
                _log.warning("code_is_no_prompt", extra={"camera": camera, "reason": code.why})
        return Sighting(settings, fire.trigger, self._scene.facts, text)
