"""Builds a model that answers like edge-tiny and costs what a larger one does: a real answer at a real price.

`python -m tests.bench.widened_model --out DIR` puts edge-tiny's weights into Llama 3.2 1B's geometry (the vocabulary
excepted, which stays at 4,096) and fills the rest with zeros. What is added computes nothing: widths, heads and layers
of zeros leave the residual stream as it is. It needs what `models/edge-tiny/training` needs, 8 GB of memory and half a
minute of two idle cores. Its sums are longer than edge-tiny's, so that answers that hang on rounding can differ.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from agent.bench.synthetic import GEOMETRIES, TOKENIZER_FILES
from agent.models import find_model

TRAINING = Path(__file__).resolve().parents[2] / "models" / "edge-tiny" / "training"
SHAPE = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")


def _query_rows(old: dict[str, Any], new: dict[str, Any]) -> list[int]:
    """Where the rows of the old queries go: each head has to share its keys with the same ones as before."""
    head = old["head_dim"]
    sharing = old["num_attention_heads"] // old["num_key_value_heads"]
    places = new["num_attention_heads"] // new["num_key_value_heads"]
    heads = [h // sharing * places + h % sharing for h in range(old["num_attention_heads"])]
    return [at * head + row for at in heads for row in range(head)]


def _widened(part: str, small: Any, old: dict[str, Any], new: dict[str, Any]) -> Any:  # noqa: ANN401 - tensors
    """A parameter with zeros around it.

    A norm divides by the mean over all of the width, zeros included: its gain makes up for it.
    """
    import torch  # noqa: PLC0415 - of the build extra, and slow to import

    hidden, inner = new["hidden_size"], new["intermediate_size"]
    if small.ndim == 1:
        large = torch.zeros(hidden)
        large[: len(small)] = small * math.sqrt(old["hidden_size"] / hidden)
        return large
    queries, keys = (new[f"num_{name}_heads"] * old["head_dim"] for name in ("attention", "key_value"))
    shapes = {
        "embed_tokens": (len(small), hidden),
        "q_proj": (queries, hidden),
        "k_proj": (keys, hidden),
        "v_proj": (keys, hidden),
        "o_proj": (hidden, queries),
        "gate_proj": (inner, hidden),
        "up_proj": (inner, hidden),
        "down_proj": (hidden, inner),
    }
    placed = torch.tensor(_query_rows(old, new))
    rows = placed if part == "q_proj" else torch.arange(small.shape[0])
    columns = placed if part == "o_proj" else torch.arange(small.shape[1])
    large = torch.zeros(shapes[part])
    large[rows[:, None], columns] = small.float()
    return large


def widen(source: Path, out: Path, geometry: str) -> None:
    """Write a Hugging Face checkpoint of a geometry that computes what another one does."""
    import torch  # noqa: PLC0415 - of the build extra, and slow to import
    from safetensors.torch import load_file, save_file  # noqa: PLC0415 - likewise

    old = json.loads((source / "config.json").read_text(encoding="utf-8"))
    new = old | {key: GEOMETRIES[geometry][key] for key in SHAPE}
    new["rms_norm_eps"] = old["rms_norm_eps"] * old["hidden_size"] / new["hidden_size"]
    new["torch_dtype"] = "float32"
    weights = load_file(source / "model.safetensors")
    large = {name: _widened(name.split(".")[-2], small, old, new) for name, small in weights.items()}
    for layer in range(old["num_hidden_layers"], new["num_hidden_layers"]):
        for name in [name for name in large if name.startswith("model.layers.0.")]:
            large[name.replace(".0.", f".{layer}.", 1)] = torch.zeros_like(large[name])
    out.mkdir()
    save_file(large, out / "model.safetensors", metadata={"format": "pt"})
    (out / "config.json").write_text(json.dumps(new), encoding="utf-8")


def _run(program: str, **options: Path) -> None:
    arguments = [text for name, path in options.items() for text in (f"--{name}", str(path))]
    kept = ["--option", "block_size=32", "--option", "accuracy_level=4"] if program == "export.py" else []
    subprocess.run([sys.executable, program, *arguments, *kept], check=True, cwd=TRAINING)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometry", choices=GEOMETRIES, default="llama-3.2-1b")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = find_model("edge-tiny", None, folder)
        tokenizer = folder / "tokenizer"
        tokenizer.mkdir()
        for file in TOKENIZER_FILES:
            if (model / file).exists():
                shutil.copy(model / file, tokenizer)
        _run("unexport.py", model=model, output=folder / "small")
        widen(folder / "small", folder / "large", arguments.geometry)
        _run("export.py", checkpoint=folder / "large", tokenizer=tokenizer, output=arguments.out.resolve())


if __name__ == "__main__":
    main()
