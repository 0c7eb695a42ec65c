"""How right the sentences are that the model makes of a camera's facts.

`python -m tests.bench.observations` words generated scenes, has the shipped model (or `--model DIR`) answer through
the real engine, and judges each sentence against the facts with a strict checker (tests/bench/observation_checker.py).
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import agent
from agent.camera.values import Facts
from agent.camera.wording import describe_facts
from agent.engine.child import load
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Finished, GenerationRequest, Refused
from agent.prompt import Message, PromptId, Role, Sampling
from tests.bench.observation_checker import Verdict, judge
from tests.bench.observed_scenes import scenes

SHIPPED = Path(agent.__file__).parent.parent / "models" / "edge-tiny"
REQUEST = "What is happening? One sentence."
TARGET = 0.95
_MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Observation:
    """A scene, its wording, the model's sentence, and what is wrong with that."""

    facts: Facts
    text: str
    sentence: str
    verdict: Verdict


def observe(engine: Engine, facts: Facts) -> Observation:
    """Have the model say what is happening."""
    text = describe_facts(facts)
    message = Message(Role.USER, f"Facts: {text} {REQUEST}")
    engine.admit(GenerationRequest(PromptId("scene"), (message,), Sampling(max_tokens=_MAX_TOKENS)))
    while True:
        for event in engine.step():
            if isinstance(event, Finished):
                return Observation(facts, text, event.text, judge(facts, event.text))
            if isinstance(event, Refused):
                raise SystemExit(event.message)


def measure(model_dir: Path, count: int, seed: int) -> list[Observation]:
    """So many observations by the model in that folder."""
    engine = load(EngineSpec(model_dir.name, model_dir, "agent.engine.ort_genai:load"))
    try:
        return [observe(engine, facts) for facts in scenes(count, seed)]
    finally:
        engine.close()


def main() -> int:
    """The command line; 0 when the target is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    arguments = parser.parse_args()
    began = time.monotonic()
    observations = measure(arguments.model, arguments.count, arguments.seed)
    took = time.monotonic() - began
    for one in observations:
        if one.verdict.wrong or one.verdict.missing:
            print(f"{one.text}\n  > {one.sentence}")
            for problem in one.verdict.wrong:
                print(f"  wrong: {problem}")
            if one.verdict.missing:
                print(f"  not said: {', '.join(one.verdict.missing)}")
    right = sum(not one.verdict.wrong for one in observations)
    complete = sum(not one.verdict.wrong and not one.verdict.missing for one in observations)
    print(f"no wrong fact:        {right} of {len(observations)} ({right / len(observations):.1%})")
    print(f"and nothing left out: {complete} of {len(observations)} ({complete / len(observations):.1%})")
    print(f"{took / len(observations):.2f} s each, with loading")
    return 0 if right >= TARGET * len(observations) else 1


if __name__ == "__main__":
    sys.exit(main())
