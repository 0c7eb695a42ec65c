"""Builds a model of a real one's geometry with random weights: `agent.bench.synthetic` with a folder of one's choice.

`python -m tests.bench.random_model --geometry llama-3.2-1b --out DIR`; `jetson-agent bench --synthetic llama-3.2-1b`
builds the same into its cache. `--format gguf` makes a GGUF file of the same geometry for llama.cpp instead, in
seconds: every matrix in Q4_0. It needs the `gguf` package of the `build` extra alone.
"""

import argparse
import tempfile
from pathlib import Path

from agent.bench.synthetic import BUILD, GEOMETRIES, LAST_LOGITS_ONLY, PAGED, make, write_tokenizer
from agent.models import find_model


def make_gguf(geometry: str, out: Path, tokenizer: Path | None) -> None:
    """Write `model.gguf` with random weights into a folder."""
    from tests.bench.gguf_file import write_gguf  # noqa: PLC0415 - of the build extra
    from tests.bench.random_gguf import random_tensors  # noqa: PLC0415 - likewise

    sizes = GEOMETRIES[geometry]
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder)
        write_tokenizer(tokenizer or find_model("edge-tiny", None, filled), sizes["vocab_size"], filled)
        write_gguf(out / "model.gguf", sizes, filled, random_tensors(sizes))


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometry", choices=GEOMETRIES, default="llama-3.2-1b")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new model")
    parser.add_argument("--format", choices=("onnx", "gguf"), default="onnx", help="for which engine")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer files; default: the shipped model's")
    parser.add_argument("--execution-provider", choices=("cpu", "cuda"), default="cpu", help="what it will run on")
    parser.add_argument("--paged", action="store_true", help="for continuous batching; with cuda only")
    parser.add_argument("--last-logits-only", action="store_true", help="the builder's prune_lm_head")
    arguments = parser.parse_args()
    if arguments.format == "gguf":
        make_gguf(arguments.geometry, arguments.out, arguments.tokenizer)
        return
    options = BUILD | (PAGED if arguments.paged else {})
    options |= LAST_LOGITS_ONLY if arguments.last_logits_only else {}
    make(arguments.geometry, arguments.out, arguments.execution_provider, arguments.tokenizer, options)


if __name__ == "__main__":
    main()
