"""Which camera's frame a detector sees: a network takes a hundred times what everything else does.

Invariant: at most half of the time goes to detectors, and cameras that want one get it in turn.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from agent.camera.looking.detector import Detector, DetectorFailedError, DetectorRefusedError
from agent.camera.looking.plan import DetectorPlan
from agent.camera.looking.scaled import Pixels
from agent.camera.values import CameraName, Detection
from agent.units import Seconds

EVERY = Seconds(1.0)
"""For each camera; longer where the time is not there."""
_AGAIN_AFTER = Seconds(60.0)
"""A detector that failed on a frame, for want of memory perhaps, is tried again then."""
_GONE = Seconds(2.0)
"""A camera that has not asked for so long is not waited for."""


@dataclass(slots=True)
class _Place:
    """A camera's place in the order: when it last had its turn, when it last asked."""

    had: Seconds
    asked: Seconds


class Detecting:
    """The detectors of all cameras.

    Args:
        tell_refused: Told of a camera whose detector cannot be used, and why: once, until it has worked again.
        now: The boot clock.
    """

    def __init__(self, tell_refused: Callable[[CameraName, str], None], now: Callable[[], Seconds]) -> None:
        self._tell_refused = tell_refused
        self._now = now
        self._opened: dict[DetectorPlan, Detector] = {}
        self._refused: dict[CameraName, DetectorPlan] = {}
        self._failed: dict[CameraName, Seconds] = {}
        self._places: dict[CameraName, _Place] = {}
        self._rests_until = Seconds(0.0)

    def detect(self, camera: CameraName, plan: DetectorPlan, full: Pixels) -> tuple[Detection, ...] | None:
        """What is in a camera's frame; None: it is not this camera's turn, or its detector was refused or failed."""
        if self._refused.get(camera) == plan or self._now() < self._failed.get(camera, -math.inf) + _AGAIN_AFTER:
            return None
        if not self._is_turn_of(camera):
            return None
        began = self._now()
        self._places[camera].had = began
        try:
            detector = self._opened.get(plan) or self._open(plan)
            found = detector.detect(full)
        except DetectorRefusedError as refusal:
            self._refused[camera] = plan
            del self._places[camera]
            self._tell_refused(camera, str(refusal))
            return None
        except DetectorFailedError as failure:
            if camera not in self._failed:
                self._tell_refused(camera, str(failure))
            self._failed[camera] = self._now()
            del self._places[camera]
            return None
        self._failed.pop(camera, None)
        ended = self._now()
        self._rests_until = Seconds(ended + (ended - began))
        return found

    def _open(self, plan: DetectorPlan) -> Detector:
        opened = self._opened[plan] = Detector.open(plan)
        return opened

    def _is_turn_of(self, camera: CameraName) -> bool:
        now = self._now()
        own = self._places.setdefault(camera, _Place(Seconds(now - EVERY), now))
        own.asked = now
        if now < max(self._rests_until, own.had + EVERY):
            return False
        others = [other for other in self._places.values() if now - other.asked < _GONE]
        return all(own.had <= other.had for other in others)
