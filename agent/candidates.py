"""The models that may be loaded, the preferred one first."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agent.budget.memory import DoesNotFit, Fits, Geometry, Learnt, MemoryBounds, MemoryNow, judge
from agent.budget.sharing import Shared, share
from agent.config import AUTO, Config, Memory
from agent.engine.catalog import ONNXRUNTIME_GENAI, KnownEngine
from agent.engine.library import installed_version
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.folder import engines_of, fingerprint
from agent.models.geometries import geometry_for
from agent.units import Bytes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """An engine that can run a model here: its library is installed, and it has the model's files.

    Attributes:
        version: Of its library.
        geometry: None when the files do not tell: then the model is loaded without a prediction.
    """

    engine: KnownEngine
    version: str
    geometry: Geometry | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model on the disk, and the engine that is to run it.

    Attributes:
        geometry: As in `Way`.
        ways: All engines that can run it; which is tried when, `engine_choice` says.
        fingerprint: Of its files.
    """

    model: str
    model_dir: Path
    geometry: Geometry | None
    engine: KnownEngine = ONNXRUNTIME_GENAI
    ways: tuple[Way, ...] = ()
    fingerprint: str = ""

    def by(self, way: Way) -> "Candidate":
        """The same model by one of its engines."""
        return replace(self, engine=way.engine, geometry=way.geometry)

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


def find_candidate(
    model: str, config: Config, *, installed: Callable[[KnownEngine], str | None] = installed_version
) -> Candidate:
    """One model.

    Args:
        model: Its name.
        config: Where models are, and which engine is to run them.
        installed: Tells the version of an engine's library; None when it is not installed.

    Raises:
        ConfigError: It is not there, or nothing here can run it.
    """
    folder = find_model(model, config.models_dir, config.state_dir)
    engines = engines_here(model, folder, config.model.engine, installed)
    ways = tuple(Way(engine, version, _geometry(engine, model, folder)) for engine, version in engines)
    return Candidate(model, folder, ways[0].geometry, ways[0].engine, ways, fingerprint(folder))


def engines_here(
    model: str,
    folder: Path,
    wanted: str,
    installed: Callable[[KnownEngine], str | None] = installed_version,
) -> tuple[tuple[KnownEngine, str], ...]:
    """The engines that can run a model here, with the versions of their libraries.

    Args:
        model: Its name.
        folder: Where it is.
        wanted: `model.engine` of the configuration.
        installed: As of `find_candidate`.

    Raises:
        ConfigError: There is none.
    """
    engines = _engines(model, folder, wanted)
    versions = tuple((engine, version) for engine in engines if (version := installed(engine)) is not None)
    if not versions:
        raise ConfigError(_no_library(model, engines, wanted))
    return versions


def _engines(model: str, folder: Path, wanted: str) -> tuple[KnownEngine, ...]:
    """Those that have files of the model; the named one, where one is named."""
    there = engines_of(folder)
    if wanted == AUTO:
        return there
    named = tuple(engine for engine in there if engine.name == wanted)
    if not named:
        others = ", ".join(engine.name for engine in there)
        raise ConfigError(
            f"model {model!r}: model.engine is {wanted}, and {folder} has no files for it, but for {others}. "
            f"Leave model.engine out to use {others}, or bring the model in the form for {wanted}: docs/models.md"
        )
    return named


def _no_library(model: str, engines: tuple[KnownEngine, ...], wanted: str) -> str:
    advice = "; or ".join(f"for {engine.name}: {engine.advice}" for engine in engines)
    if wanted == AUTO:
        names = ", ".join(engine.name for engine in engines)
        return f"model {model!r} has files for {names}, whose library is not installed. To install it, {advice}"
    return f"model {model!r}: model.engine is {wanted}, whose library is not installed. To install it, {advice}"


def _geometry(engine: KnownEngine, model: str, folder: Path) -> Geometry | None:
    try:
        return geometry_for(engine.name, model, folder)
    except ConfigError as error:
        _log.warning("memory_not_predicted", extra={"model": model, "engine": engine.name, "reason": str(error)})
        return None
