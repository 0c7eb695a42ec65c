"""The adapter for TensorRT Edge-LLM over its stand-in, and folders of models that have been built for it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.stand_ins.edge_llm as stand_in
from agent.engine.edge_llm import EdgeLlmEngine
from agent.engine.edge_llm import load as load_adapter
from agent.engine.edge_llm_build import build
from agent.engine.pipe import EngineSpec
from agent.models import find_model

STAND_IN = str(Path(stand_in.__file__).parent)
CONTEXT = 4096


def load(spec: EngineSpec) -> EdgeLlmEngine:
    """The adapter's loader, where the stand-in is installed."""
    if STAND_IN not in sys.path:
        sys.path.append(STAND_IN)
    return load_adapter(spec)


def built_model(folder: Path, *, max_batch: int = 1, context_length: int = CONTEXT, max_input: int = CONTEXT) -> Path:
    """`edge-tiny` in this folder, with an engine."""
    if not folder.exists():
        folder.mkdir()
        for file in find_model("edge-tiny", None, folder).iterdir():
            (folder / file.name).symlink_to(file)
    with stand_in_installed():
        build(folder, context_length=context_length, max_batch=max_batch, max_input=max_input, tell=lambda _line: None)
    return folder


@contextlib.contextmanager
def stand_in_installed() -> Iterator[None]:
    """For processes that are started meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path.cwd()), STAND_IN]))
        yield
