"""Measure the exported model: accuracy by job, quantized beside full precision, and what it costs.

(i) the held-out split of the corpus, by exact match; (ii) the questions written by hand, by
`judge.py`. For the test questions only the totals are shown, unless asked otherwise.

    python evaluate.py --model .. --reference out/onnx-fp32 --output ../evaluation.json
"""

from __future__ import annotations

import argparse
import json
import platform
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

import corpus
from judge import judge, load_items
from prompts import Example
from runtime import Answerer, resident_mb

_ROOT = Path(__file__).resolve().parents[3]
_QUESTIONS = _ROOT / "tests" / "edge_tiny"
_LENGTHS = ((0, 512), (512, 1024), (1024, 2048), (2048, 3072), (3072, 4000))


@dataclass(slots=True)
class Score:
    """Right answers of all, by job."""

    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    all: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, job: str, *, right: bool) -> None:
        """Count one answer."""
        self.right[job] += right
        self.all[job] += 1

    def table(self) -> dict[str, dict[str, float]]:
        """Right, all and accuracy by job, and over all."""
        rows = {job: (self.right[job], self.all[job]) for job in sorted(self.all)}
        rows["total"] = (sum(self.right.values()), sum(self.all.values()))
        return {
            job: {"right": right, "of": of, "accuracy": round(right / of, 4)} for job, (right, of) in rows.items() if of
        }


def messages_of(example: Example) -> list[dict[str, str]]:
    """The conversation before its first answer."""
    system = [{"role": "system", "content": example.system}] if example.system else []
    return [*system, {"role": "user", "content": example.turns[0].user}]


def held_out(count: int, seed: int) -> list[Example]:
    """Examples of combinations that training never saw."""
    return list(islice(corpus.stream(seed, held_out=True), count))


def score_examples(answerer: Answerer, examples: list[Example]) -> Score:
    """Exact match with the grammar's answer."""
    score = Score()
    for example in examples:
        said = answerer.answer(messages_of(example), 128)
        score.add(example.job, right=said.strip() == example.turns[0].assistant)
    return score


def score_questions(answerer: Answerer, path: Path, *, show: bool) -> Score:
    """The verdicts of the judge; failures are printed when `show`."""
    score = Score()
    for item in load_items(path):
        said = answerer.answer([{"role": "user", "content": item.prompt}], 96)
        verdict = judge(item, said)
        score.add(item.job, right=verdict.correct)
        if show and not verdict.correct:
            print(f"{item.id}: {item.prompt!r}\n    {said!r}: {verdict.why}")
    return score


def score_lengths(answerer: Answerer, each: int, seed: int) -> dict[str, dict[str, float]]:
    """Accuracy of finding one fact among many, by the prompt's length in tokens."""
    rng = Random(seed)  # noqa: S311 - a reproducible sample
    score = Score()
    found: dict[str, int] = defaultdict(int)
    for _ in range(40 * each):
        example = corpus.long_facts(rng)
        messages = messages_of(example)
        length = len(answerer.tokenizer.encode(messages[-1]["content"]))
        name = next((f"{low:04d}-{high:04d} tokens" for low, high in _LENGTHS if low <= length < high), "")
        if not name or found[name] >= each:
            continue
        found[name] += 1
        score.add(name, right=answerer.answer(messages, 64).strip() == example.turns[0].assistant)
    return score.table()


def evaluate(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    """All figures of one model."""
    answerer = Answerer(folder)
    figures: dict[str, object] = {
        "load_s": round(answerer.load_s, 3),
        "held_out": score_examples(answerer, held_out(args.count, args.seed)).table(),
    }
    figures["dev"] = score_questions(answerer, _QUESTIONS / "questions_dev.jsonl", show=args.show_dev).table()
    if args.test:
        figures["test"] = score_questions(answerer, _QUESTIONS / "questions_test.jsonl", show=args.show_test).table()
    figures["speed"] = {k: round(v) for k, v in asdict(answerer.speed()).items()}
    figures["rss_mb"] = round(resident_mb())
    figures["rss_of_model_mb"] = round(answerer.rss_growth_mb)
    figures["by_length"] = score_lengths(answerer, args.long_count, args.seed)
    figures["rss_after_long_mb"] = round(resident_mb())
    figures["files_mb"] = {
        p.name: round(p.stat().st_size / 1e6, 2)
        for p in sorted(folder.iterdir())
        if p.suffix in {".onnx", ".data", ".json", ".jinja"} and p.name != "evaluation.json"
    }
    return figures


def machine() -> dict[str, str]:
    """What this ran on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    import onnxruntime_genai  # noqa: PLC0415 - only its version

    return {
        "cpu": model,
        "threads": "2",
        "python": platform.python_version(),
        "onnxruntime_genai": onnxruntime_genai.__version__,
    }


def main() -> None:
    """Evaluate one model, or two side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="the same model in full precision")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--count", type=int, default=2000, help="held-out examples")
    parser.add_argument("--long-count", type=int, default=30, help="long prompts for each range of lengths")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--test", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--show-dev", action="store_true")
    parser.add_argument(
        "--show-test", action="store_true", help="spoils the test questions: whoever trains must not look"
    )
    args = parser.parse_args()
    result: dict[str, object] = {
        "machine": machine(),
        "held_out_seed": args.seed,
        "quantized": evaluate(args.model, args),
    }
    if args.reference:
        result["full_precision"] = evaluate(args.reference, args)
    text = json.dumps(result, indent=2)
    print(text)
    if args.output:
        args.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
