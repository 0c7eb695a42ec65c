"""What the agent costs: tokens/s and time to first token through broker, journal and engine process, over a bare loop.

`python -m tests.bench.overhead --model DIR` alternates, in one run, between a bare onnxruntime-genai loop in a process
of its own and the whole agent, on the same model, prompt and greedy sampling, and prints the ratio and the difference
pair by pair. `tests.bench.random_model` makes a model of the Llama 3.2 1B geometry.
"""

import argparse
import json
import multiprocessing
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import psutil

from agent.engine.cores import session_overlay, usable_cores
from tests.agent_process import PREFIX, serving
from tests.client import Client
from tests.waiting import wait_for

PROMPT = "Facts: two people and a dog at the door, 22:40. Question: is there an animal?"


@dataclass(frozen=True, slots=True)
class Run:
    """One completion: seconds to the first token and to the last, and how many there were."""

    first: float
    total: float
    tokens: int

    @property
    def tokens_per_s(self) -> float:
        """All output tokens over the total time, the first one's included."""
        return self.tokens / self.total


def bare_loop(pipe: Connection, model_dir: str) -> None:
    """The least program that generates: for each number of tokens that comes in, a `Run` goes out."""
    import os  # noqa: PLC0415 - the variable must be there before the library is

    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime_genai as og  # noqa: PLC0415

    config = og.Config(model_dir)
    config.overlay(session_overlay({}, usable_cores()))  # as the agent does
    model = og.Model(config)
    tokenizer = og.Tokenizer(model)
    messages = json.dumps([{"role": "user", "content": PROMPT}])
    ids = tokenizer.encode(tokenizer.apply_chat_template(messages=messages, add_generation_prompt=True))
    pipe.send(len(ids))
    while (tokens := pipe.recv()) is not None:
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=len(ids) + tokens, do_sample=False, random_seed=0)
        began = time.perf_counter()
        generator = og.Generator(model, params)
        stream = tokenizer.create_stream()
        generator.append_tokens(ids)
        first, count = 0.0, 0
        while not generator.is_done():
            generator.generate_next_token()
            stream.decode(generator.get_next_tokens()[0])
            count += 1
            first = first or time.perf_counter() - began
        pipe.send(Run(first, time.perf_counter() - began, count))


class ThroughAgent:
    """The same completion asked for by MQTT."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._number = 0

    def __call__(self, tokens: int) -> Run:
        """Publish a prompt; time its first delta and its reply as a client sees them."""
        self._number += 1
        reply_topic = f"{PREFIX}/reply/b{self._number}"
        began = time.perf_counter()
        self._client.prompt({"id": f"b{self._number}", "prompt": PROMPT, "max_tokens": tokens, "stream": True})
        wait_for(lambda: self._client.arrivals.get(reply_topic), 600, "reply")
        reply = self._client.reply(f"b{self._number}")
        first = self._client.arrivals[f"{reply_topic}/stream"] - began
        return Run(first, self._client.arrivals[reply_topic] - began, reply["usage"]["completion_tokens"])


def paired(bare: Callable[[int], Run], agent: Callable[[int], Run], tokens: int, rounds: int) -> list[tuple[Run, Run]]:
    """Alternate who goes first; a warm-up of each does not count."""
    pairs = []
    for number in range(-1, rounds):
        if number % 2:
            a, b = agent(tokens), bare(tokens)
        else:
            b, a = bare(tokens), agent(tokens)
        if number >= 0:
            pairs.append((b, a))
    return pairs


def spread(values: list[float], form: str) -> str:
    """Median and quartiles; of one value alone there are none."""
    if len(values) == 1:
        return f"{values[0]:{form}} (n=1)"
    low, _, high = quantiles(values, n=4)
    return f"{median(values):{form}} (quartiles {low:{form}} to {high:{form}}, n={len(values)})"


def measure(model_dir: Path, tokens: int, rounds: int) -> bool:
    """Run and print; whether the agent kept to its bounds."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    loop = context.Process(target=bare_loop, args=(there, str(model_dir)), daemon=True)
    loop.start()
    prompt_tokens = here.recv()

    def bare(count: int) -> Run:
        here.send(count)
        run: Run = here.recv()
        return run

    with tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder:
        sections: dict[str, object] = {"model": {"name": model_dir.name}, "models_dir": str(model_dir.parent)}
        with (
            serving(Path(folder), **sections) as (broker, _),
            Client(broker.port, topics=("reply/#", "status")) as client,
        ):
            client.wait_online(600)
            agent = ThroughAgent(client)
            long_runs = paired(bare, agent, tokens, rounds)
            short_runs = paired(bare, agent, 2, rounds * 3)
    here.send(None)
    loop.join()
    ratios = [a.tokens_per_s / b.tokens_per_s for b, a in long_runs]
    added = [(a.first - b.first) * 1000 for b, a in short_runs]
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; model: {model_dir.name}")
    print(f"prompt {prompt_tokens} tokens, answer {long_runs[0][1].tokens} tokens")
    print(f"bare loop, tokens/s: {spread([b.tokens_per_s for b, _ in long_runs], '.2f')}")
    print(f"agent, tokens/s:     {spread([a.tokens_per_s for _, a in long_runs], '.2f')}")
    print(f"agent / bare loop:   {spread(ratios, '.4f')}")
    print(f"added time to first token, ms: {spread(added, '.1f')}")
    return median(ratios) >= 0.97 and median(added) <= 15.0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    return 0 if measure(arguments.model.resolve(), arguments.tokens, arguments.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
