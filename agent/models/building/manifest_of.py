"""The manifest of what was built."""

import importlib.metadata
from pathlib import Path

import agent
from agent.models.building.accuracy import Measured
from agent.models.building.checkpoint import Checkpoint, chat_form
from agent.models.building.recipes import Recipe, Tool
from agent.models.building.stages import Inputs
from agent.models.described import files_of, memory_figures, shape_of
from agent.models.digest import sha256
from agent.models.geometries import geometry_for
from agent.models.manifest import (
    Accuracy,
    BuiltSource,
    Licence,
    Manifest,
    MemoryFigure,
    PerplexityFigure,
    QuestionsFigure,
)

_SYSTEM = 2 << 30
"""Bytes of a board's memory for everything that is not the model."""
_BOARDS = (
    (4, "any"),
    (8, "Jetson Orin Nano 8GB"),
    (16, "Jetson Orin NX 16GB"),
    (32, "Jetson AGX Orin 32GB"),
    (64, "Jetson AGX Orin 64GB"),
    (128, "Jetson AGX Thor"),
)
_USUAL_CONTEXT = 4096


def manifest_of(name: str, recipe: Recipe, checkpoint: Checkpoint, licence: Licence, folder: Path) -> Manifest:
    """Describe a built model, without what was measured.

    Args:
        name: Its.
        recipe: How it was built.
        checkpoint: From what.
        licence: Its.
        folder: Its files.

    Raises:
        ConfigError: The files are not what they should be.
        OSError: One cannot be read.
    """
    source = checkpoint.folder.resolve().name
    manifest = Manifest(
        name=name,
        title=f"{source}, {recipe.name}",
        licence=licence,
        source=BuiltSource(built=f"{recipe.name} of {source}", recipe=recipe.name, tools=_tools(recipe)),
        engines=(recipe.engine,),
        parameters=checkpoint.parameters,
        chat_template=chat_form(checkpoint.folder),
        quantization=recipe.quantization,
        minimum_board="not worked out: the memory of its engine is not predicted",
        files=files_of(folder),
    )
    geometry = geometry_for(recipe.engine, name, folder)
    manifest = manifest.model_copy(update={"geometry": shape_of(geometry)})
    if recipe.tool is not Tool.BUILDER:
        return manifest
    figures = memory_figures(geometry)
    return manifest.model_copy(update={"memory": figures, "minimum_board": smallest_board(figures)})


def accuracy_of(recipe: Recipe, inputs: Inputs, before: Measured, after: Measured) -> Accuracy:
    """What was measured, for the manifest."""
    perplexity = questions = None
    if inputs.text is not None and before.perplexity is not None and after.perplexity is not None:
        perplexity = PerplexityFigure(
            text=inputs.text.name,
            sha256=sha256(inputs.text),
            tokens=after.tokens,
            before=round(before.perplexity, 4),
            after=round(after.perplexity, 4),
        )
    if inputs.questions is not None:
        questions = QuestionsFigure(
            file=inputs.questions.name,
            sha256=sha256(inputs.questions),
            asked=after.asked,
            before=before.right,
            after=after.right,
        )
    return Accuracy(perplexity=perplexity, questions=questions, simulated=recipe.tool is Tool.MODELOPT)


def smallest_board(figures: tuple[MemoryFigure, ...]) -> str:
    """The smallest Jetson with room for a model and one request with a usual context. Pure."""
    usual = max((figure.bytes for figure in figures if figure.context <= _USUAL_CONTEXT), default=0)
    return next((name for size, name in _BOARDS if (size << 30) - _SYSTEM >= usual), "none")


def _tools(recipe: Recipe) -> tuple[str, ...]:
    tools = {
        Tool.BUILDER: ("onnxruntime-genai", "onnx-ir", "transformers", "torch"),
        Tool.MODELOPT: ("nvidia-modelopt", "transformers", "torch"),
    }[recipe.tool]
    return (f"jetson-agent {agent.__version__}", *(f"{tool} {_version(tool)}" for tool in tools))


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "?"
