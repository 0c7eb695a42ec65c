"""Predicted against measured peak memory of the engine's process.

`python -m tests.bench.memory --models DIR` loads edge-tiny and whatever models are in DIR, one after the other, each in
an engine process of its own as the agent starts it, and runs one request for each context. The KV cache is allocated
for prompt and answer together before the first token, so that a short prompt with a long answer allowed takes what a
long one does; the request is cancelled after a few tokens. Measured is what the kernel cannot take back (RssAnon and
RssShmem of proc(5)), every 2 ms. `tests.bench.random_model` makes models of real geometries.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.bench.watching import PeakMemory
from agent.budget.admission import Room
from agent.budget.memory import Learnt, Need, predict
from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.engine.protocol import GenerationRequest, Refused
from agent.models import find_model
from agent.models.geometry import read_geometry
from agent.platform.footprint import footprint
from agent.prompt import Delta, Message, PromptId, Role, Sampling
from agent.units import Bytes, Seconds

CONTEXTS = (512, 4096, 16384)
MOST_OVER = 0.10
MOST_UNDER = 0.03
_WATCH_EVERY = Seconds(0.002)
_WORDS = 12
"""Of the answer, before the request is cancelled."""


@dataclass(frozen=True, slots=True)
class Row:
    """One context of one model."""

    model: str
    context: int
    prompt_tokens: int
    cold: Need
    learnt: Need
    measured: Bytes

    def errors(self) -> tuple[float, float]:
        """Of the prediction before the first load, and of the one that has learnt from it; positive: too much."""
        return tuple(need.total / self.measured - 1 for need in (self.cold, self.learnt))  # type: ignore[return-value]


@contextlib.contextmanager
def with_context(model_dir: Path, context: int) -> Iterator[Path]:
    """The model, with another `context_length` where its own is shorter: the memory is what it would be."""
    config = json.loads((model_dir / "genai_config.json").read_text(encoding="utf-8"))
    if config["model"]["context_length"] >= context:
        yield model_dir
        return
    config["model"]["context_length"] = context
    with tempfile.TemporaryDirectory() as folder:
        for file in model_dir.iterdir():
            (Path(folder) / file.name).symlink_to(file.resolve())
        (Path(folder) / "genai_config.json").unlink()
        (Path(folder) / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
        yield Path(folder)


async def measure(name: str, model_dir: Path, context: int, prompt_words: int) -> Row:
    """Load, run one request, and see the most that it took."""
    geometry = read_geometry(name, model_dir)
    events: asyncio.Queue[EngineEvent] = asyncio.Queue()
    host = EngineHost(
        EngineSpec(name, model_dir, "agent.engine.ort_genai:load"),
        load_timeout=Seconds(600),
        step_timeout=Seconds(600),
        on_event=events.put_nowait,
    )
    run = asyncio.create_task(host.run())
    await host.ready()
    assert host.pid is not None
    loaded = footprint(host.pid).value or Bytes(0)
    with PeakMemory(host.pid, _WATCH_EVERY) as peak:
        prompt_tokens = await _one_request(host, context, prompt_words)
    measured = peak.most or Bytes(0)
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run
    learnt = predict(geometry, context, learnt=Learnt(loaded, Bytes(0)))
    return Row(name, context, prompt_tokens, predict(geometry, context), learnt, measured)


async def _one_request(host: EngineHost, context: int, prompt_words: int) -> int:
    """Prompt and answer fill the context; returns the prompt's tokens."""
    message = Message(Role.USER, " ".join(["door"] * prompt_words))
    no_room = GenerationRequest(PromptId("a"), (message,), Sampling(1), room=Room(Bytes(1), Bytes(0), 1))
    (refused,) = [event async for event in host.generate(no_room)]
    assert isinstance(refused, Refused)
    prompt_tokens = int(refused.message.split()[0].replace(",", ""))  # the refusal has the numbers
    sampling = Sampling(context - prompt_tokens, temperature=1.0, seed=1)
    words = 0
    async for event in host.generate(GenerationRequest(PromptId("b"), (message,), sampling, stream=True)):
        if isinstance(event, Delta):
            words += 1
            if words == _WORDS:
                host.cancel(event.id)
    return prompt_tokens


def show(rows: Sequence[Row]) -> bool:
    """Print the table; whether every error is within its bounds."""
    print("| model | context | prompt read | predicted | learnt | measured | error | learnt error |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        cold, learnt = row.errors()
        print(
            f"| {row.model} | {row.context:,} | {row.prompt_tokens:,} | {row.cold.total / 2**20:.0f} MiB "
            f"| {row.learnt.total / 2**20:.0f} MiB | {row.measured / 2**20:.0f} MiB | {cold:+.1%} | {learnt:+.1%} |"
        )
    return all(-MOST_UNDER <= error <= MOST_OVER for row in rows for error in row.errors())


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="a folder of models, measured besides edge-tiny")
    parser.add_argument("--contexts", type=int, nargs="+", default=CONTEXTS)
    parser.add_argument("--prompt-words", type=int, default=300)
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in (arguments.models or Path()).glob("*/genai_config.json"))
    models = [find_model("edge-tiny", None, Path()), *(folders if arguments.models else [])]
    rows = []
    for folder in models:
        for context in arguments.contexts:
            with with_context(folder, context) as model_dir:
                rows.append(asyncio.run(measure(folder.name, model_dir.resolve(), context, arguments.prompt_words)))
    return 0 if show(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
