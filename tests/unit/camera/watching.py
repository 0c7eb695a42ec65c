"""Looks, concluded from and decided on, as the agent does it."""

from collections.abc import Callable, Iterable, Mapping

from agent.camera.scene import Scene, saw
from agent.camera.settings import Camera
from agent.camera.triggers import Fire, Rules, TriggerState, decide
from agent.camera.values import Look, Trigger
from agent.units import MinuteOfDay
from tests.unit.camera.looks import BEGIN, DOOR

NOON = MinuteOfDay(720)


def settings(**keys: object) -> Camera:
    return Camera.model_validate({"source": "/dev/video0", **keys})


def noon(_after: float) -> MinuteOfDay:
    return NOON


class Watched:
    """A camera that is watched; what was told, and when after the begin."""

    def __init__(self, configured: Camera) -> None:
        self.settings = configured
        self.rules = Rules.of(configured)
        self.scene = Scene.of(DOOR, configured)
        self.state = TriggerState()
        self.told: list[tuple[float, Fire]] = []

    def watch(self, seen: Iterable[Look], minute: Callable[[float], MinuteOfDay] = noon) -> "Watched":
        for each in seen:
            self.scene, _ = saw(self.scene, each, self.rules.least_motion)
            self.state, fire = decide(self.state, self.scene, self.rules, each.at, minute(each.at - BEGIN))
            if fire is not None:
                self.told.append((each.at - BEGIN, fire))
        return self

    def times(self, trigger: Trigger) -> list[float]:
        return [at for at, fire in self.told if fire.trigger is trigger]

    @property
    def triggers(self) -> list[Trigger]:
        return [fire.trigger for _, fire in self.told]


def told(seen: Iterable[Look], **keys: object) -> Watched:
    """What is told of these looks with such a configuration."""
    return Watched(settings(**keys)).watch(seen)


def detector(*labels: str, classes: Mapping[str, float] | None = None) -> dict[str, object]:
    """The configuration of a detector."""
    named = {label: {"confidence": confidence} for label, confidence in (classes or {}).items()}
    return {"model": "yolo.onnx", "labels": labels, "classes": named}
