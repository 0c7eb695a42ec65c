"""What a manifest says of a model's folder: files with digests, geometry, memory figures."""

from pathlib import Path

from agent.budget.memory import Geometry, predict
from agent.models.digest import sha256
from agent.models.manifest import MemoryFigure, ModelFile, Shape

_CONTEXTS = (512, 4096, 16_384)


def files_of(folder: Path, without: frozenset[str] = frozenset()) -> tuple[ModelFile, ...]:
    """The files that lie directly in a folder, with their digests.

    Args:
        folder: The model's.
        without: Names of what is beside the model and not of it.

    Raises:
        OSError: One cannot be read.
    """
    return tuple(
        ModelFile(path=file.name, size=file.stat().st_size, sha256=sha256(file))
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name not in without
    )


def shape_of(geometry: Geometry) -> Shape:
    """A geometry as a manifest has it."""
    return Shape(
        context_length=geometry.context_length,
        layers=geometry.layers,
        kv_heads=geometry.kv_heads,
        head_size=geometry.head_size,
        hidden_size=geometry.hidden_size,
        vocab_size=geometry.vocab_size,
        kv_value_bytes=geometry.kv_value_bytes,
        weights=geometry.weights,
        tokenizer=geometry.tokenizer,
    )


def memory_figures(geometry: Geometry) -> tuple[MemoryFigure, ...]:
    """What one request takes, for a few contexts."""
    contexts = (context for context in _CONTEXTS if context <= geometry.context_length)
    return tuple(MemoryFigure(context=context, bytes=predict(geometry, context).total) for context in contexts)
