"""What the command line names: a model by its name or its folder, and perhaps an engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.engine.catalog import ENGINES, KnownEngine, files_in_words
from agent.engine.library import installed_version
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.folder import engines_of

_BY_NAME = {str(engine.name): engine for engine in ENGINES}
_LLAMA_CPP = "llama.cpp"


@dataclass(frozen=True, slots=True)
class Named:
    """A model on the disk, and the engine that is to run it."""

    model: str
    model_dir: Path
    engine: KnownEngine

    @property
    def library(self) -> str:
        """The engine's library and its version.

        Raises:
            ConfigError: It is not installed.
        """
        version = installed_version(self.engine)
        if version is None:
            raise ConfigError(f"the engine {self.engine.name} is not installed: {self.engine.advice}")
        return f"{self.engine.name} {version}"


def find_named(text: str, default_model: str, models_dir: Path | None, state_dir: Path) -> Named:
    """Find what `MODEL`, `MODEL:ENGINE` or `ENGINE` means.

    Args:
        text: `MODEL` is a name, or a folder with a `/` in it.
        default_model: Of an `ENGINE` alone.
        models_dir: As configured.
        state_dir: As configured.

    Raises:
        ConfigError: There is no such model or engine.
    """
    if text.rpartition(":")[2] == _LLAMA_CPP:
        raise ConfigError(
            f"{_LLAMA_CPP} is no engine of this agent. A program in its repository runs both in turn and prints the "
            "ratios: python -m tests.bench.cpu_path; how: docs/engines.md, llama.cpp"
        )
    model, engine = default_model, text
    if text not in _BY_NAME:
        model, _, engine = text.rpartition(":")
        if engine not in _BY_NAME:
            model, engine = text, ""
    folder = _folder(model, models_dir, state_dir)
    return Named(folder.name, folder, _BY_NAME[engine] if engine else _engine_of(folder))


def labels(found: Sequence[Named]) -> tuple[str, ...]:
    """What tells them from one another; the same twice, which shows what chance alone does, too."""
    has_one_engine = len({named.engine for named in found}) == 1
    models = _names_of([named.model_dir for named in found])
    names = [
        model if has_one_engine else f"{model} ({named.engine.name})"
        for model, named in zip(models, found, strict=True)
    ]
    return tuple(f"{name} again" if name in names[:index] else name for index, name in enumerate(names))


def _names_of(folders: Sequence[Path]) -> list[str]:
    """Of the ends of their paths, the shortest that tell different folders apart: the name, as a rule.

    A folder that is named by two ways has the name of the first.
    """
    first: dict[Path, Path] = {}
    named = [first.setdefault(folder.resolve(), folder) for folder in folders]
    depths = range(1, max(len(folder.parts) for folder in named) + 1)
    ends = ([str(Path(*folder.parts[-depth:])) for folder in named] for depth in depths)
    return next(names for names in ends if len(set(names)) == len(first))


def _folder(model: str, models_dir: Path | None, state_dir: Path) -> Path:
    if "/" in model:
        if not Path(model).is_dir():
            raise ConfigError(f"there is no folder {model}")
        return Path(model).resolve()
    return find_model(model, models_dir, state_dir)


def _engine_of(folder: Path) -> KnownEngine:
    """The first that its files are for; of several, the installed."""
    engines = engines_of(folder)
    if not engines:
        raise ConfigError(f"{folder} is no model: it has none of {files_in_words()}")
    return next((engine for engine in engines if installed_version(engine) is not None), engines[0])
