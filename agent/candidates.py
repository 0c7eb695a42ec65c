"""The models that may be loaded, the preferred one first."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.budget.memory import DoesNotFit, Fits, Geometry, Learnt, MemoryBounds, MemoryNow, Shared, judge, share
from agent.config import Config, Memory
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.geometry import read_geometry
from agent.units import Bytes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model on the disk.

    Attributes:
        geometry: None when its files do not tell: then it is loaded without a prediction.
    """

    model: str
    model_dir: Path
    geometry: Geometry | None

    def judge(self, now: MemoryNow | None, bounds: MemoryBounds, learnt: Learnt | None) -> Fits | DoesNotFit | None:
        """Whether it fits; None when that cannot be said."""
        if self.geometry is None or now is None:
            return None
        return judge(self.geometry, now, bounds, learnt=learnt)

    def share(
        self, fit: Fits | None, now: MemoryNow | None, bounds: MemoryBounds, learnt: Learnt | None, most: int
    ) -> Shared | None:
        """How many requests at once there is memory for; None when that cannot be said."""
        if self.geometry is None or now is None or fit is None:
            return None
        return share(self.geometry, fit, now, bounds, most=most, learnt=learnt)


def bounds_of(settings: Memory) -> MemoryBounds:
    """What the configuration allows."""
    budget = None if settings.budget is None else Bytes(settings.budget)
    return MemoryBounds(budget, Bytes(settings.reserve), settings.shorten_context)


def candidates(config: Config) -> tuple[Candidate, ...]:
    """The configured model and its fallback.

    Raises:
        ConfigError: One of them is not there.
    """
    return tuple(_candidates(config))


def _candidates(config: Config) -> Iterator[Candidate]:
    for model in (config.model.name, config.model.fallback):
        if model is not None:
            yield find_candidate(model, config)


def find_candidate(model: str, config: Config) -> Candidate:
    """One model.

    Raises:
        ConfigError: It is not there.
    """
    folder = find_model(model, config.models_dir, config.state_dir)
    try:
        return Candidate(model, folder, read_geometry(model, folder))
    except ConfigError as error:
        _log.warning("memory_not_predicted", extra={"model": model, "reason": str(error)})
        return Candidate(model, folder, None)
