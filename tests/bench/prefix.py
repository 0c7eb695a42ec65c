"""What a shared beginning saves: time to the first token with what the engine has kept, and without.

`python -m tests.bench.prefix --model DIR` has the engine answer prompts that share a system prompt of about 200 tokens
and differ in some 20 behind it. With and without alternate, who is first too; both answers to a prompt must be the
same, or the exit code is 1. `--least 8`: also unless the first token comes so many times sooner.
"""

import argparse
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from agent.clock import boottime
from agent.engine.child import load
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Finished, GenerationRequest
from agent.prompt import Message, PromptId, Role, Sampling
from tests.bench.overhead import spread

WORD = "door "
SHARED_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Run:
    """One answer: seconds to its first token, and what the engine said of it."""

    first: float
    finished: Finished


def ask(engine: Engine, system: str, number: int, tokens: int) -> Run:
    """Run a request to its end."""
    question = f"Visitor {number} has a dog."
    messages = (Message(Role.SYSTEM, system), Message(Role.USER, question))
    began = boottime()
    engine.admit(GenerationRequest(PromptId("bench"), messages, Sampling(max_tokens=tokens)))
    while True:
        for event in engine.step():
            if isinstance(event, Finished):
                return Run((event.first_token_at or event.finished_at) - began, event)


def system_prompt(engine: Engine) -> str:
    """A text of about as many tokens as are to be shared."""

    def prompt_tokens(words: int) -> int:
        return ask(engine, WORD * words, 0, 1).finished.usage.prompt_tokens

    none = prompt_tokens(0)
    each = (prompt_tokens(32) - none) / 32
    return WORD * round(SHARED_TOKENS / each)


def measure(model_dir: Path, rounds: int, tokens: int) -> tuple[bool, float]:
    """Run and print; whether all answers were the same with and without, and how many times sooner they began."""
    engine = load(EngineSpec(model_dir.name, model_dir, "agent.engine.ort_genai:load"))
    system = system_prompt(engine)
    having, without = [], []
    for number in range(rounds):
        engine.forget()
        if number % 2:
            without.append(ask(engine, system, number, tokens))
            engine.forget()
        ask(engine, system, -1, tokens)
        having.append(ask(engine, system, number, tokens))
        if not number % 2:
            engine.forget()
            without.append(ask(engine, system, number, tokens))
    same = sum(a.finished.text == b.finished.text for a, b in zip(having, without, strict=True))
    usage = having[0].finished.usage
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; model: {model_dir.name}")
    print(f"prompt {usage.prompt_tokens} tokens, {usage.cached_tokens} of them kept")
    print(f"time to first token without, ms: {spread([run.first * 1000 for run in without], '.1f')}")
    print(f"time to first token with, ms:    {spread([run.first * 1000 for run in having], '.1f')}")
    ratios = [b.first / a.first for a, b in zip(having, without, strict=True)]
    print(f"without / with:                  {spread(ratios, '.2f')}")
    print(f"the same greedy answer of up to {tokens} tokens: {same} of {rounds}")
    engine.close()
    return same == rounds, median(ratios)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--least", type=float, default=0.0, help="how many times sooner the first token must come")
    arguments = parser.parse_args()
    same, sooner = measure(arguments.model.resolve(), arguments.rounds, arguments.tokens)
    return 0 if same and sooner >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
