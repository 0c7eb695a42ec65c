"""Loads the adapter for TensorRT-LLM over the stand-in; imported by name in an engine's process, too."""

import importlib
import json
import sys
import types
from pathlib import Path

from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine
from agent.models import find_model
from agent.units import Bytes

FREE = Bytes(1 << 30)
CONTEXT = 2560
MAX_BATCH = 4


def install() -> types.ModuleType:
    """Let the stand-in pass for the library in this process; gives the adapter's module."""
    try:
        importlib.import_module("jinja2")
    except ModuleNotFoundError:
        sys.modules["jinja2"] = importlib.import_module("tests.stand_ins.jinja2")
    stand_in = importlib.import_module("tests.stand_ins.tensorrt_llm")
    sys.modules["tensorrt_llm"] = sys.modules["tensorrt_llm.llmapi"] = stand_in
    return importlib.import_module("agent.engine.tensorrt_llm")


def checkpoint(folder: Path) -> Path:
    """A folder that is a Hugging Face checkpoint to the adapter, and the shipped model to the stand-in."""
    for file in find_model("edge-tiny", None, folder).iterdir():
        (folder / file.name).symlink_to(file)
    config = {
        "hidden_size": 384,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": 6,
        "num_hidden_layers": 13,
        "num_key_value_heads": 2,
        "torch_dtype": "float32",
        "vocab_size": 4096,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"\0" * 4096)
    return folder


def load(spec: EngineSpec) -> Engine:
    """As the adapter's own loader, on a GPU with a gibibyte to spare."""
    engine: Engine = install().load_within(spec, FREE)
    return engine
