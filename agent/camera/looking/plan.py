"""What is to be done with a camera's frames, as a value that goes to the looking process. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from agent.camera.values import Box
from agent.units import Ratio, Seconds

if TYPE_CHECKING:  # the looking process does without pydantic: 18 MB
    from agent.camera.settings import Camera, Detector


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """Which detector, and what of its findings counts.

    Attributes:
        model: The ONNX file.
        labels: The names of its classes, in its order.
        least: The least confidence for each of them, in the same order.
    """

    model: Path
    labels: tuple[str, ...]
    least: tuple[Ratio, ...]

    @classmethod
    def of(cls, settings: "Detector") -> Self:
        """From the configuration."""
        named = {label: each.confidence for label, each in settings.classes.items()}
        least = tuple(Ratio(named.get(label, settings.confidence)) for label in settings.labels)
        return cls(settings.model, settings.labels, least)


@dataclass(frozen=True, slots=True)
class LookPlan:
    """What is to be done with a camera's frames.

    Attributes:
        per_second: How many frames are looked at.
        masks: Where nothing counts.
        code_kinds: Which codes are read: `qr`, `barcode`; empty: none are looked for.
        detector: What recognises things; None: nothing does.
    """

    per_second: float
    masks: tuple[Box, ...] = ()
    code_kinds: tuple[str, ...] = ()
    detector: DetectorPlan | None = None

    @classmethod
    def of(cls, settings: "Camera") -> Self:
        """From the configuration."""
        return cls(
            per_second=settings.looks,
            masks=tuple(Box(mask.x, mask.y, mask.width, mask.height) for mask in settings.masks),
            code_kinds=settings.code_kinds,
            detector=None if settings.detector is None else DetectorPlan.of(settings.detector),
        )

    @property
    def period(self) -> Seconds:
        """From one look to the next."""
        return Seconds(1.0 / self.per_second)
