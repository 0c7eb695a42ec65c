"""Works out of the manifests in this repository what nobody should type: `python -m agent.models`.

Of a model that ships: its files, their digests, its geometry. Of every model: the memory figures.
"""

import json
from pathlib import Path

from agent.models.described import files_of, memory_figures, shape_of
from agent.models.geometry import read_geometry
from agent.models.manifest import Manifest, ShippedSource
from agent.models.manifest_file import manifest_text, read_manifest

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
    return manifest.model_copy(update={"memory": memory_figures(geometry)})


def _measured(manifest: Manifest, folder: Path) -> Manifest:
    return manifest.model_copy(
        update={"files": files_of(folder, _ABOUT_IT), "geometry": shape_of(read_geometry(manifest.name, folder))}
    )
