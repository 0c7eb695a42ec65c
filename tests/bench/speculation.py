"""What drafting ahead brings: how much of it is accepted, what it takes, and whether the answers stay the same.

`python -m tests.bench.speculation --model DIR` first measures passes over one and over several tokens, and compares
their logits; that needs no model that makes sense. Then it answers the shipped model's questions, without drafts and
with, in turn, each time with nothing kept of earlier prompts. Times are those of generating, without the prompt.

`--same`: exit code 1 when an answer with drafts is another. Without it differences are only counted: that there are
some is why `model.speculation` is off (docs/adr/0025).
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.engine.chat import Vocabulary
from agent.engine.exactness import is_exact, tokens_needed
from agent.engine.ort_genai.generators import GeneratorsEngine
from agent.engine.ort_genai.loading import TOP_K
from agent.engine.protocol import Capabilities, Finished, GenerationRequest
from agent.engine.speculation import DRAFT_LENGTH, NGRAM_SIZE, Answered, Drafts, Kind, Speculation
from agent.prompt import Message, PromptId, Role, Sampling
from agent.units import Seconds
from tests.bench.overhead import spread

QUESTIONS = Path(__file__).resolve().parents[1] / "edge_tiny"
WIDTHS = (1, 2, 3, 4, 5, 9)
JOBS = ("extract", "describe", "ask", "telemetry")
COPIED = "two people and a dog at the door, 22:40; a red van at the gate, 22:41; a cat on the wall, 22:43"
"""What a schema has any model say again: the most that there could be to draft."""


class Recorder(Drafts):
    """Drafts when it is told to, and keeps what the last answer took."""

    def __init__(self) -> None:
        super().__init__(Speculation.OFF)
        self.on = False
        self.last = Answered(0, Seconds(0.0))

    def length(self, kind: Kind) -> int:
        """As it was told."""
        del kind
        return DRAFT_LENGTH if self.on else 0

    def add(self, kind: Kind, length: int, answered: Answered) -> None:
        """Keep it."""
        del kind, length
        self.last = answered


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, answered without drafts and with."""

    same: bool
    plain: Answered
    drafted: Answered


def schema_of(gold: str) -> str:
    """A schema of a right answer's form."""
    types = {bool: "boolean", int: "integer", str: "string"}
    fields: dict[str, Any] = json.loads(gold)
    properties = {key: {"type": [types.get(type(value), "string"), "null"]} for key, value in fields.items()}
    return json.dumps(
        {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}
    )


def requests(job: str, every: int, *, guided: bool) -> Iterator[GenerationRequest]:
    """The questions of a job that were written by hand, or each so many-th of them."""
    lines = [line for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    items = [item for item in map(json.loads, lines) if item["job"] == job and (not guided or "gold" in item)]
    for item in items[::every]:
        schema = schema_of(item["gold"]) if guided else None
        messages = (Message(Role.USER, item["prompt"]),)
        yield GenerationRequest(PromptId("bench"), messages, Sampling(max_tokens=96, json_schema=schema))


def copies(count: int) -> Iterator[GenerationRequest]:
    """Prompts whose answer is a part of them, by schema."""
    for _ in range(count):
        messages = (Message(Role.USER, f'Say "{COPIED}" again.'),)
        sampling = Sampling(max_tokens=96, json_schema=json.dumps({"const": COPIED}))
        yield GenerationRequest(PromptId("bench"), messages, sampling)


def answer(
    engine: GeneratorsEngine, recorder: Recorder, request: GenerationRequest, *, on: bool
) -> tuple[str, Answered]:
    """Run a request to its end."""
    engine.forget()
    recorder.on = on
    engine.admit(request)
    while True:
        for event in engine.step():
            if isinstance(event, Finished):
                return event.text, recorder.last


def compare(engine: GeneratorsEngine, recorder: Recorder, asked: Sequence[GenerationRequest]) -> list[Pair]:
    """Answer each without and with; who is first alternates."""
    pairs = []
    for number, request in enumerate(asked):
        order = (False, True) if number % 2 else (True, False)
        by = {on: answer(engine, recorder, request, on=on) for on in order}
        pairs.append(Pair(by[False][0] == by[True][0], by[False][1], by[True][1]))
    return pairs


def report(name: str, pairs: Sequence[Pair]) -> bool:
    """Print what a job's answers came to; whether all were the same."""
    total = Answered(0, Seconds(0.0))
    for pair in pairs:
        total += pair.drafted
    accepted = total.accepted / total.drafted if total.drafted else 0.0
    print(f"{name}: the same answer {sum(pair.same for pair in pairs)} of {len(pairs)}")
    print(f"  drafted {total.drafted} for {total.tokens} tokens, accepted {accepted:.0%}")
    print(f"  passes saved, at most: {total.accepted / total.tokens:.0%} of the tokens")
    print(f"  time without / with: {spread([pair.plain.took / pair.drafted.took for pair in pairs], '.2f')}")
    return all(pair.same for pair in pairs)


def cost(model: Any, rounds: int) -> None:  # noqa: ANN401 - the library has no types
    """Print what a pass over several tokens takes, and whether it gives what single ones do."""
    import onnxruntime_genai as og  # noqa: PLC0415 - after the engine, which has it report nothing

    params = og.GeneratorParams(model)
    params.set_search_options(max_length=128, random_seed=0)
    generator = og.Generator(model, params)
    begin = list(range(64))
    generator.append_tokens(begin)
    took: dict[int, list[float]] = {width: [] for width in WIDTHS}
    for _ in range(rounds):
        for width in WIDTHS:
            generator.rewind_to(len(begin))
            began = time.perf_counter()
            generator.append_tokens(begin[:width])
            took[width].append(1000 * (time.perf_counter() - began))
    for width in WIDTHS:
        steps = median(several / one for several, one in zip(took[width], took[1], strict=True))
        print(f"a pass over {width}, ms: {spread(took[width], '.1f')}; {steps:.2f} of one token")
    longest = DRAFT_LENGTH + 1
    exact = is_exact(og.Generator(model, params), range(tokens_needed(longest)), longest)
    print(f"passes over 2 to {longest} tokens give what single ones do, to the bit: {exact}")


def measure(model_dir: Path, rounds: int, every: int) -> bool:
    """Run and print; whether all answers were the same."""
    import onnxruntime_genai as og  # noqa: PLC0415 - likewise

    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; model: {model_dir.name}")
    model = og.Model(str(model_dir))
    cost(model, rounds)
    config = json.loads((model_dir / "genai_config.json").read_bytes())["model"]
    able = Capabilities(model_dir.name, config["context_length"], max_batch=1, guidance=True)
    vocabulary, recorder = Vocabulary.read(model_dir / "tokenizer.json"), Recorder()
    top_k = min(TOP_K, config["vocab_size"])
    engine = GeneratorsEngine(model, able, vocabulary, top_k=top_k, drafts=recorder, part=LEAST_CHUNK)
    print(f"drafts of {DRAFT_LENGTH} tokens behind {NGRAM_SIZE - 1} that match")
    asked = {"copied by schema": list(copies(max(2, rounds // 3)))}
    if every:
        asked |= {job: list(requests(job, every, guided=False)) for job in JOBS}
        asked["extract by schema"] = list(requests("extract", every, guided=True))
    same = [report(name, compare(engine, recorder, wanted)) for name, wanted in asked.items()]
    engine.close()
    return all(same)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--rounds", type=int, default=30, help="passes of each width")
    parser.add_argument("--every", type=int, default=1, help="ask each so many-th question; 0: none")
    parser.add_argument("--same", action="store_true", help="fail when an answer with drafts is another")
    arguments = parser.parse_args()
    same = measure(arguments.model.resolve(), arguments.rounds, arguments.every)
    return 0 if same or not arguments.same else 1


if __name__ == "__main__":
    sys.exit(main())
