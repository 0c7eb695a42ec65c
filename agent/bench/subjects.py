"""What the command line names: a model by its name, its folder or its file, and perhaps an engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.bench.engines import ENGINES, GENAI, LLAMA_CPP
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.folder import own_models

_GENAI_MARK = "genai_config.json"


@dataclass(frozen=True, slots=True)
class Named:
    """A model on the disk, and the engine that is to run it."""

    model: str
    model_dir: Path
    engine: str


def find_named(text: str, default_model: str, models_dir: Path | None, state_dir: Path) -> Named:
    """Find what `MODEL`, `MODEL:ENGINE` or `ENGINE` means.

    Args:
        text: `MODEL` is a name, a folder with a `/` in it, or a file `*.gguf`.
        default_model: Of an `ENGINE` alone.
        models_dir: As configured.
        state_dir: As configured.

    Raises:
        ConfigError: There is no such model.
    """
    model, engine = default_model, text
    if text not in ENGINES:
        model, _, engine = text.rpartition(":")
        if engine not in ENGINES:
            model, engine = text, ""
    folder = _folder(model, models_dir, state_dir)
    return Named(folder.name, folder, engine or _engine_of(folder))


def labels(found: Sequence[Named]) -> tuple[str, ...]:
    """What tells them from one another; the same twice, which shows what chance alone does, too."""
    has_one_engine = len({named.engine for named in found}) == 1
    names = [named.model if has_one_engine else f"{named.model} ({named.engine})" for named in found]
    return tuple(f"{name} again" if name in names[:index] else name for index, name in enumerate(names))


def _folder(model: str, models_dir: Path | None, state_dir: Path) -> Path:
    path = Path(model)
    if path.suffix == ".gguf" and path.is_file():
        return path.resolve().parent
    if "/" in model:
        if not path.is_dir():
            raise ConfigError(f"there is no folder {model}")
        return path.resolve()
    own = own_models(models_dir, state_dir) / model
    return own if any(own.glob("*.gguf")) else find_model(model, models_dir, state_dir)


def _engine_of(folder: Path) -> str:
    """The one that its files are for."""
    is_gguf = not (folder / _GENAI_MARK).exists() and any(folder.glob("*.gguf"))
    return LLAMA_CPP if is_gguf else GENAI
