"""Export a checkpoint with onnxruntime-genai's model builder.

python export.py --checkpoint out/checkpoint --tokenizer out/tokenizer --output ..
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

_KEPT = (
    "genai_config.json",
    "model.onnx",
    "model.onnx.data",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
)


def build(checkpoint: Path, tokenizer: Path, output: Path, precision: str, options: list[str]) -> None:
    """Run the builder and keep the files that a runtime needs.

    Args:
        checkpoint: `model.safetensors` and `config.json`.
        tokenizer: The tokenizer's files.
        output: The folder of the exported model.
        precision: int4, int8 or fp32.
        options: The builder's extra options, `name=value`.

    Raises:
        subprocess.CalledProcessError: The builder failed.
    """
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "hf"), Path(folder, "onnx")
        source.mkdir()
        for file in (*checkpoint.iterdir(), *tokenizer.iterdir()):
            shutil.copy(file, source)
        command = [
            sys.executable,
            "-m",
            "onnxruntime_genai.models.builder",
            "-i",
            str(source),
            "-o",
            str(target),
            "-p",
            precision,
            "-e",
            "cpu",
            "-c",
            str(Path(folder, "cache")),
            "--extra_options",
            "hf_token=false",
            *options,
        ]
        subprocess.run(command, check=True)  # noqa: S603 - our own arguments
        tidy_config(target / "genai_config.json", json.loads((source / "tokenizer.json").read_text(encoding="utf-8")))
        output.mkdir(parents=True, exist_ok=True)
        for name in _KEPT:
            if (target / name).exists():
                shutil.copy(target / name, output / name)


def tidy_config(path: Path, tokenizer: dict[str, list[dict[str, object]]]) -> None:
    """Stop at both end tokens, and decode greedily unless asked otherwise."""
    ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    config = json.loads(path.read_text(encoding="utf-8"))
    config["model"]["eos_token_id"] = [ids["<|eot_id|>"], ids["<|end_of_text|>"]]
    config["search"] |= {"do_sample": False, "temperature": 1.0, "top_k": 1, "top_p": 1.0}
    path.write_text(json.dumps(config, indent=4) + "\n", encoding="utf-8")


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", choices=("int4", "int8", "fp32"), default="int4")
    parser.add_argument("--option", action="append", default=[], help="an extra option of the builder, name=value")
    args = parser.parse_args()
    build(args.checkpoint, args.tokenizer, args.output, args.precision, args.option)


if __name__ == "__main__":
    main()
