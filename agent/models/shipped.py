"""Works out of the manifests in this repository what nobody should type: `python -m agent.models`.

Of a model that ships: its files, their digests, its geometry. Of every model: the memory figures.
"""

import json
from pathlib import Path

from agent.budget.memory import predict
from agent.models.digest import sha256
from agent.models.geometry import read_geometry
from agent.models.manifest import Manifest, MemoryFigure, ModelFile, Shape, ShippedSource
from agent.models.manifest_file import manifest_text, read_manifest

_CONTEXTS = (512, 4096, 16_384)
_ABOUT_IT = frozenset({"README.md", "evaluation.json"})
"""Beside the model, and not of it."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def renewed(models: Path) -> dict[str, str]:
    """File name to text, for every manifest in a folder, worked out anew.

    Raises:
        ConfigError: A manifest cannot be used, or a model that ships is not what it should be.
        OSError: A model's file cannot be read.
    """
    return {file.name: manifest_text(_renewed(read_manifest(file), models)) for file in sorted(models.glob("*.yaml"))}


def manifest_schema() -> str:
    """The JSON Schema of a manifest."""
    return json.dumps({"$schema": _DIALECT, **Manifest.model_json_schema(), "title": "manifest"}, indent=2) + "\n"


def _renewed(manifest: Manifest, models: Path) -> Manifest:
    if isinstance(manifest.source, ShippedSource):
        manifest = _measured(manifest, models / manifest.name)
    geometry = manifest.predicted
    if geometry is None:
        return manifest
    contexts = (context for context in _CONTEXTS if context <= geometry.context_length)
    figures = tuple(MemoryFigure(context=context, bytes=predict(geometry, context).total) for context in contexts)
    return manifest.model_copy(update={"memory": figures})


def _measured(manifest: Manifest, folder: Path) -> Manifest:
    files = tuple(
        ModelFile(path=file.name, size=file.stat().st_size, sha256=sha256(file))
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name not in _ABOUT_IT
    )
    geometry = read_geometry(manifest.name, folder)
    shape = Shape(
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
    return manifest.model_copy(update={"files": files, "geometry": shape})
