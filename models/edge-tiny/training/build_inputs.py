"""Write what `jetson-agent models build` takes, for this model: a checkpoint, and what to measure with.

The float weights that were trained are not kept: the checkpoint has the shipped INT4 weights, as 16-bit floats.

    python build_inputs.py --model .. --output out/build
"""

from __future__ import annotations

import argparse
import json
import shutil
from itertools import islice
from pathlib import Path

import corpus
from chat import END, TURN_END, parts
from unexport import checkpoint

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
_QUESTION_SEED, _TEXT_SEED, _CALIBRATION_SEED = 20261126, 20261127, 20261128
_CONVERSATIONS = 150
"""Of each text: some 20,000 tokens."""
_CARD = "---\nlicense: apache-2.0\n---\nThe shipped INT4 weights of edge-tiny as 16-bit floats.\n"


def write_checkpoint(model: Path, folder: Path) -> None:
    """In Hugging Face's form, with the tokenizer, both end tokens, and a model card."""
    checkpoint(model, folder)
    for name in _TOKENIZER:
        shutil.copy(model / name, folder)
    added = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    ids = {token["content"]: token["id"] for token in added}
    generation = {"do_sample": False, "top_k": 1, "eos_token_id": [ids[TURN_END], ids[END]], "pad_token_id": ids[END]}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_CARD, encoding="utf-8")


def text(seed: int, *, held_out: bool) -> str:
    """Conversations in the chat form, special tokens as their texts."""
    found = islice(corpus.stream(seed, held_out=held_out), _CONVERSATIONS)
    return "".join(piece for each in found for piece, _ in parts(each))


def main() -> None:
    """Write all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200)
    args = parser.parse_args()
    write_checkpoint(args.model, args.output / "edge-tiny")
    asked = islice(corpus.stream(_QUESTION_SEED, held_out=True), args.questions)
    lines = "".join(corpus.to_json(each) + "\n" for each in asked)
    (args.output / "questions.jsonl").write_text(lines, encoding="utf-8")
    (args.output / "held-out.txt").write_text(text(_TEXT_SEED, held_out=True), encoding="utf-8")
    (args.output / "calibration.txt").write_text(text(_CALIBRATION_SEED, held_out=False), encoding="utf-8")


if __name__ == "__main__":
    main()
