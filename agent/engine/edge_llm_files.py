"""The engine files of a model for TensorRT Edge-LLM: which there are, and whether they are for this machine.

They are in `.edgellm` below the checkpoint, whose weights they read: the one folder in it that the library leaves out
when it recognises a checkpoint by its content. Beside each engine is a record of what it was built for; the library
itself does not notice that a file comes from another board or another TensorRT before it fails to load it.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.budget.memory import Geometry, workspace
from agent.engine.catalog import EDGE_LLM_RECORDS
from agent.engine.pipe import EngineSpec, LoadError
from agent.models.hf_geometry import read_hf_geometry

RECORD = PurePath(EDGE_LLM_RECORDS).name


class Record(BaseModel):
    """What an engine was built for.

    Attributes:
        machine: As `this_machine` says.
        context_length: Tokens of prompt and answer together; the KV cache of every request has so many places.
        max_batch: Requests at once; there is a KV cache for each from the load on.
        max_input: Tokens of a prompt.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: str
    context_length: int = Field(gt=0)
    max_batch: int = Field(gt=0)
    max_input: int = Field(gt=0)

    @property
    def cache_tokens(self) -> int:
        """Tokens whose KV caches are allocated at the load."""
        return self.context_length * self.max_batch


@dataclass(frozen=True, slots=True)
class Built:
    """An engine in its folder."""

    folder: Path
    record: Record


def cache_dir(model_dir: Path) -> Path:
    """Where a model's engines are; what the library calls its cache."""
    return model_dir / ".edgellm"


def this_machine() -> str:
    """The board with its JetPack, as the library tells them apart, and the versions that engine files depend on.

    Raises:
        ImportError: The library is not installed.
        RuntimeError: It is not for this board or this JetPack, or TensorRT is missing.
    """
    payload = importlib.import_module("tensorrt_edgellm._native.load").resolve_payload()
    tensorrt = importlib.import_module("tensorrt_edgellm._native.dependencies").require_tensorrt()
    version = importlib.import_module("tensorrt_edgellm").__version__
    return f"{payload.variant_id}, Edge-LLM {version}, TensorRT {tensorrt.__version__}"


def options_for(record: Record) -> Any:  # noqa: ANN401 - the library has no types
    """The library's `BuildOptions`; the same that its `LLM` makes of the same numbers."""
    return importlib.import_module("experimental.server.runtime.engine_build").BuildOptions(
        max_input_len=record.max_input,
        max_kv_cache_capacity=record.context_length,
        max_batch_size=record.max_batch,
    )


def engines(model_dir: Path) -> Iterator[Built]:
    """The engines with a record; one whose record cannot be read does not count."""
    for file in sorted(model_dir.glob(EDGE_LLM_RECORDS)):
        try:
            yield Built(file.parent, Record.model_validate_json(file.read_bytes()))
        except ValidationError:
            continue


def is_complete(model_dir: Path, built: Built) -> bool:
    """Whether the library would take this engine as it is, rather than build one."""
    building = importlib.import_module("experimental.server.runtime.engine_build")
    options = options_for(built.record)
    place = building.bundle_cache_path(str(model_dir), str(cache_dir(model_dir)), options)
    return Path(place) == built.folder.resolve() and bool(building._is_ready(str(model_dir), place, options))  # noqa: SLF001 - nothing public says it


def choose(spec: EngineSpec, machine: str) -> Record:
    """The largest engine for this machine that there is memory for.

    Raises:
        ConfigError: The checkpoint does not tell its geometry.
        LoadError: There is none. None is built: that takes far more memory than serving may.
    """
    command = f"jetson-agent models build-engine {spec.model}"
    found = [built for built in engines(spec.model_dir) if built.record.machine == machine]
    here = [built.record for built in found if is_complete(spec.model_dir, built)]
    if not here:
        raise LoadError(f"{spec.model_dir} has no engine for this machine ({machine}); build one: {command}")
    geometry = None if spec.cache_tokens is None else read_hf_geometry(spec.model, spec.model_dir)
    fitting = [record for record in here if _fits(spec, record, geometry)]
    if not fitting:
        least = min(here, key=lambda record: record.context_length * record.max_batch)
        tokens = "any number of" if spec.context_length is None else f"{spec.context_length:,}"
        together = "" if spec.cache_tokens is None else f", together {spec.cache_tokens:,}"
        raise LoadError(
            f"{spec.model_dir}: not enough memory: there is some for {spec.max_batch} requests of {tokens} tokens"
            f"{together}, the smallest engine takes it for {least.max_batch} of {least.context_length:,}; build one "
            f"for less: {command}"
        )
    return max(fitting, key=lambda record: (record.max_batch, record.context_length))


def _fits(spec: EngineSpec, record: Record, geometry: Geometry | None) -> bool:
    """One request of the whole context was judged by itself; several have what there is for all together."""
    if record.max_batch > spec.max_batch:
        return False
    if record.max_batch > 1 and geometry is not None and spec.cache_tokens is not None:
        room = _shared(geometry, spec.cache_tokens, spec.max_batch)
        if _shared(geometry, record.cache_tokens, record.max_batch) > room:
            return False
    return spec.context_length is None or record.context_length <= spec.context_length


def _shared(geometry: Geometry, tokens: int, at_once: int) -> int:
    """Bytes of caches, and of what all but one take besides: fewer requests leave room for more tokens."""
    return tokens * geometry.token + (at_once - 1) * workspace(geometry)
