"""How many requests at once pay, by what serves them.

`python -m tests.bench.batching --model DIR` measures two things, everything in alternation:

- tokens per second of all requests together while they generate: by generators that take turns, and by the runtime's
  `Engine`. With a model that was built for it (`tests.bench.random_model --paged`) the `Engine` batches continuously,
  and generators cannot run it; with any other it batches statically, four at a time;
- seconds for whole requests that share a system prompt of about 200 tokens: one after another by a generator, which
  keeps what it has read, and at once by the `Engine`, which does not.

At the end: what the agent would choose. `--least 1.0`: exit code 1 unless what serves several is at least so many times
as fast as what could do it else: generators, at whole requests, as static batches; continuous batching of eight, at
generating, as one alone.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import onnxruntime_genai as og
import psutil

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.clock import boottime
from agent.engine.batching import find_rates, worth_it
from agent.engine.chat import Vocabulary
from agent.engine.ort_genai.continuous import Pool
from agent.engine.ort_genai.loading import TOP_K, continuous, load
from agent.engine.ort_genai.trial import ContinuousTrial, GeneratorsTrial
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Finished, GenerationRequest
from agent.prompt import Message, PromptId, Role, Sampling
from agent.units import Seconds
from tests.bench.overhead import spread
from tests.bench.prefix import system_prompt

SIZES = (1, 2, 4, 8)
AT_ONCE = 4
ANSWER = 16
CONTINUOUS = "continuous"
STATIC = "static batches"


def static_batches(model_dir: Path) -> Engine:
    """The runtime's `Engine` behind the agent's protocol, on a model that was not built for it."""
    spec = EngineSpec(model_dir.name, model_dir, "", max_batch=AT_ONCE)
    vocabulary = Vocabulary.read(model_dir / "tokenizer.json")
    pool = Pool(AT_ONCE * 1024, 256, LEAST_CHUNK, AT_ONCE * 1024)
    return continuous(spec, og.Model(str(model_dir)), pool, vocabulary, 1024, TOP_K)


def generate(steps: dict[str, Callable[[int], Seconds]], rounds: int) -> dict[tuple[str, int], float]:
    """Print tokens per second while generating; the medians, by name and size."""
    measured: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds + 1):
        for size in SIZES:
            for name, step in steps.items():
                if name == STATIC and size > AT_ONCE:
                    continue  # the others wait for the first four
                rate = size / step(size)
                if number:  # runtimes prepare themselves the first time
                    measured.setdefault((name, size), []).append(rate)
    for (name, size), rates in sorted(measured.items()):
        print(f"{name}, {size} at once, tokens/s: {spread(rates, '.1f')}", flush=True)
    return {key: median(rates) for key, rates in measured.items()}


def whole(engine: Engine, system: str, first: int, at_once: int) -> tuple[float, list[str]]:
    """Seconds for some requests to be answered, so many of them at once; and the answers."""
    waiting = [_request(system, first + number) for number in range(AT_ONCE)]
    ids = [request.id for request in waiting]
    texts: dict[PromptId, str] = {}
    running, began = 0, boottime()
    while len(texts) < AT_ONCE:
        while waiting and running < at_once:
            engine.admit(waiting.pop(0))
            running += 1
        for event in engine.step():
            if isinstance(event, Finished):
                texts[event.id] = event.text
                running -= 1
    return boottime() - began, [texts[name] for name in ids]


def _request(system: str, number: int) -> GenerationRequest:
    messages = (Message(Role.SYSTEM, system), Message(Role.USER, f"Visitor {number} has a dog."))
    return GenerationRequest(PromptId(f"{number}"), messages, Sampling(max_tokens=ANSWER))


def measure(model_dir: Path, rounds: int) -> float:
    """Run and print; how many times as fast as the other way what the agent does is."""
    config = json.loads((model_dir / "genai_config.json").read_text(encoding="utf-8"))
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}")
    print(f"model: {model_dir.name}", flush=True)
    model = og.Model(str(model_dir))
    runtime = og.Engine(model)
    is_continuous = "dynamic_batching" in config.get("engine", {})
    if is_continuous:
        step = ContinuousTrial(runtime).step
        rates = generate({CONTINUOUS: step}, rounds)
        gain = rates[CONTINUOUS, max(SIZES)] / rates[CONTINUOUS, 1]
    else:
        step = GeneratorsTrial(model).step
        generate({"generators": step, STATIC: ContinuousTrial(runtime).step}, rounds)
        gain = _whole_requests(model_dir, rounds)
    tried = find_rates(step, 64, looks_past=is_continuous)
    found = ", ".join(f"{rate.tokens_per_s:.1f} at {rate.batch}" for rate in tried)
    print(f"the agent would run {worth_it(tried, 64)} at once: {found}")
    return gain


def _whole_requests(model_dir: Path, rounds: int) -> float:
    """How many times as long a static batch takes."""
    alone = load(EngineSpec(model_dir.name, model_dir, ""))
    several = static_batches(model_dir)
    system = system_prompt(alone)
    alone.forget()
    one, many, same = [], [], 0
    for number in range(rounds):
        seconds, answers = whole(alone, system, number * AT_ONCE, 1)
        one.append(seconds)
        seconds, others = whole(several, system, number * AT_ONCE, AT_ONCE)
        many.append(seconds)
        same += sum(a == b for a, b in zip(answers, others, strict=True))
    print(f"{AT_ONCE} whole requests, one after another by a generator, s: {spread(one, '.2f')}")
    print(f"{AT_ONCE} whole requests, in a static batch, s:               {spread(many, '.2f')}")
    print(f"the same greedy answer: {same} of {rounds * AT_ONCE}", flush=True)
    alone.close()
    several.close()
    return median(batched / by_one for by_one, batched in zip(one, many, strict=True))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--least", type=float, default=0.0, help="how many times as fast as the other way it must be")
    arguments = parser.parse_args()
    return 0 if measure(arguments.model.resolve(), arguments.rounds) >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
