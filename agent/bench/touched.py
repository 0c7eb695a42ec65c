"""What a decoding step reads of the memory, by the model's own files, and where that memory is.

Counted are the weights that are multiplied with and the KV cache's rows; of the table of embeddings a step reads one
row, unless the same table is multiplied with at the end. Norms and activations are left out: a thousandth.
"""

import json
from pathlib import Path

from agent.bench.measured import Touched
from agent.models.onnx_file import OnnxFile, read_onnx
from agent.units import Bytes

_MULTIPLIED = frozenset({"MatMulNBits", "MatMul", "Gemm"})


def read_touched(model_dir: Path) -> Touched | None:
    """What a step touches; None where the files do not tell."""
    try:
        decoder = json.loads((model_dir / "genai_config.json").read_bytes())["model"]["decoder"]
        onnx = read_onnx(model_dir / decoder.get("filename", "model.onnx"))
        name = str(decoder["inputs"]["past_key_names"]).replace("%d", "0")
        numbers = 2 * decoder["num_hidden_layers"] * decoder["num_key_value_heads"] * decoder["head_size"]
        return Touched(_weights(onnx), Bytes(round(numbers * onnx.inputs[name])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def runs_on(model_dir: Path) -> str:
    """Whose memory its weights are in: `cuda` where it was built for a GPU, else `cpu`."""
    try:
        decoder = json.loads((model_dir / "genai_config.json").read_bytes())["model"]["decoder"]
        providers = {name.lower() for each in decoder["session_options"]["provider_options"] for name in each}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "cpu"
    return "cuda" if "cuda" in providers else "cpu"


def _weights(onnx: OnnxFile) -> Bytes:
    names = {name for node in onnx.nodes if node.op_type in _MULTIPLIED for name in node.inputs}
    return Bytes(sum(onnx.initializers.get(name, 0) for name in names))
