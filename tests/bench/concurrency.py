"""Many prompts at once by MQTT, through the whole agent: what they make together, and how evenly each one comes.

`python -m tests.bench.concurrency --model DIR --at-once 1,2,4,8,16,32` publishes so many different prompts together,
streams their answers, and waits for all replies; the numbers alternate from round to round. One alone is always among
them. With a model that was built for it (`tests.bench.random_model --paged`) on a card they run as one batch.
`--least 8`: exit code 1 unless the most at once make so many times the tokens/s of one alone.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import paho.mqtt.client as mqtt
import psutil

from tests.agent_process import PREFIX, serving
from tests.client import Client
from tests.device.cells import add_cuda_libraries

_QUESTION = "Tell me about the things that stand on shelf {number}, and about their colours. "


@dataclass(frozen=True, slots=True)
class Burst:
    """Prompts that were published together.

    Attributes:
        seconds: From the first one's publication to the last reply.
        tokens: Of all answers.
        prompt_tokens: Of one prompt.
        gaps: Seconds between two deltas of one answer, of all of them.
        first: Seconds to the first delta, of each.
        first_inside: Likewise from the prompt's arrival at the agent to its first token, as the reply tells.
    """

    seconds: float
    tokens: int
    prompt_tokens: int
    gaps: Sequence[float]
    first: Sequence[float]
    first_inside: Sequence[float]


class TimedClient(Client):
    """A client that keeps when each delta came."""

    def __init__(self, port: int) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        super().__init__(port, topics=("reply/#", "status"))

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self.times[message.topic].append(time.perf_counter())
        super()._on_message(client, userdata, message)


def burst(client: TimedClient, name: str, texts: Sequence[str], tokens: int) -> Burst:
    """Publish prompts together, and wait for their greedy answers of at most so many tokens."""
    ids = [f"{name}-{number}" for number in range(len(texts))]
    began = time.perf_counter()
    for prompt_id, text in zip(ids, texts, strict=True):
        client.prompt({"id": prompt_id, "prompt": text, "max_tokens": tokens, "temperature": 0, "stream": True})
    replies = [client.reply(prompt_id, 600) for prompt_id in ids]
    failed = [reply for reply in replies if "error" in reply]
    if failed:
        raise SystemExit(f"{len(failed)} of {len(texts)} prompts failed: {failed[0]['error']}")
    deltas = [client.times[f"{PREFIX}/reply/{prompt_id}/stream"] for prompt_id in ids]
    return Burst(
        max(client.times[f"{PREFIX}/reply/{prompt_id}"][0] for prompt_id in ids) - began,
        sum(reply["usage"]["completion_tokens"] for reply in replies),
        round(median(reply["usage"]["prompt_tokens"] for reply in replies)),
        [after - before for times in deltas for before, after in pairwise(times)],
        [times[0] - began for times in deltas],
        [reply["timing"]["ttft_ms"] / 1000 for reply in replies],
    )


def rates_of(bursts: Sequence[Burst]) -> list[float]:
    """Tokens/s of all together, the least first."""
    return sorted(run.tokens / run.seconds for run in bursts)


def gain(found: Mapping[int, Sequence[Burst]]) -> float:
    """The tokens/s of the most at once over those of one alone, medians."""
    return median(rates_of(found[max(found)])) / median(rates_of(found[1]))


def row(at_once: int, bursts: Sequence[Burst], single: float) -> str:
    """Of the table."""
    rates = rates_of(bursts)
    gaps = quantiles([1000 * gap for run in bursts for gap in run.gaps], n=20)
    first = median(1000 * each for run in bursts for each in run.first)
    rate = f"{median(rates):.1f} ({rates[0]:.1f}-{rates[-1]:.1f})"
    return f"| {at_once} | {rate} | {median(rates) / single:.2f} | {gaps[9]:.2f} / {gaps[18]:.2f} | {first:.1f} |"


def measure(  # noqa: PLR0913, PLR0917 - the command line's
    model_dir: Path, sizes: Sequence[int], repeated: int, tokens: int, rounds: int, max_running: str
) -> float:
    """Run and print.

    Args:
        model_dir: Of the model.
        sizes: How many at once; one among them.
        repeated: How often a prompt says its question.
        tokens: Of each answer.
        rounds: Of each size.
        max_running: As configured.

    Returns:
        The `gain`.
    """
    found: dict[int, list[Burst]] = {size: [] for size in sizes}
    model = {"name": model_dir.name, "max_running": int(max_running) if max_running.isdigit() else max_running}
    sections: dict[str, object] = {"model": model, "models_dir": str(model_dir.parent)}
    with (
        tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder,
        serving(Path(folder), **sections) as (broker, _),
        TimedClient(broker.port) as client,
    ):
        status = client.wait_online(600)
        for number in range(rounds + 1):
            for size in sizes:
                name = f"r{number}n{size}"
                texts = [_QUESTION.format(number=f"{name} {each}") * repeated for each in range(size)]
                run = burst(client, name, texts, tokens)
                if number:  # runtimes prepare themselves the first time
                    found[size].append(run)
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; status: {json.dumps(status)}")
    print(f"prompts of {found[1][0].prompt_tokens} tokens, answers of at most {tokens}")
    print("| at once | tokens/s | of one alone | between deltas, ms, p50 / p95 | first delta, ms |")
    print("| --- " * 5 + "|")
    single = median(rates_of(found[1]))
    for size, bursts in found.items():
        print(row(size, bursts, single))
    return gain(found)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--at-once", default="1,2,4,8,16,32")
    parser.add_argument("--repeated", type=int, default=4, help="how often a prompt says its question")
    parser.add_argument("--tokens", type=int, default=100, help="of each answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-running", default="auto", help="of the configuration's `model`")
    parser.add_argument("--least", type=float, help="how many times one alone the most at once must make")
    arguments = parser.parse_args()
    add_cuda_libraries()
    sizes = sorted({1, *(int(size) for size in arguments.at_once.split(","))})
    gained = measure(
        arguments.model.resolve(),
        sizes,
        arguments.repeated,
        arguments.tokens,
        arguments.rounds,
        arguments.max_running,
    )
    return 0 if arguments.least is None or gained >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
