"""A model's geometry by the engine that is to run it: each engine's files tell it in their own way."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from agent.budget.memory import Geometry
from agent.engine.catalog import EngineName
from agent.errors import ConfigError
from agent.models.folder import engines_of
from agent.models.geometry import read_geometry
from agent.models.hf_geometry import read_hf_geometry

_READERS: Final[Mapping[str, Callable[[str, Path], Geometry]]] = {
    EngineName.ONNXRUNTIME_GENAI: read_geometry,
    EngineName.TENSORRT_LLM: read_hf_geometry,
    EngineName.TENSORRT_EDGE_LLM: read_hf_geometry,
}
"""By the engine's name: of a model's name and its folder."""


def geometry_for(engine: str, model: str, model_dir: Path) -> Geometry:
    """The geometry of the model in a folder, as an engine runs it.

    Raises:
        ConfigError: It is not known: the files are missing or not what they should be.
    """
    return _READERS[engine](model, model_dir)


def any_geometry(model: str, model_dir: Path) -> Geometry:
    """Likewise, by the first engine whose files tell, whether it is installed or not: for who only wants to know.

    Raises:
        ConfigError: None does.
    """
    for engine in engines_of(model_dir):
        with contextlib.suppress(ConfigError):
            return geometry_for(engine.name, model, model_dir)
    raise ConfigError(f"model {model!r}: {model_dir} does not tell what memory it needs")
