"""The published cells through the whole agent, by MQTT, beside the bare runtime.

    python -m tests.device.whole_agent --model DIR --batch 1 --least 0.97 --least-without-graphs 1.2
    python -m tests.device.whole_agent --model PAGED --bare DIR --batch 4 --least 0.97

In each round the prompts of a cell are published together, over a real mosquitto, through the journal and the engine's
process, and their answers streamed back; a round is over with the last reply. The bare runtime's loop (`bare.py`)
answers the same ones, and where there is only one it does that without CUDA graphs, too; in every other round before
the agent, so that neither always has the other's heat. `DIR` is a model for onnxruntime-genai, made by
`tests.bench.random_model --execution-provider cuda` (with `--paged` PAGED): with random weights, as no answer may end
by itself. The first round is not counted. Exit code 1: a ratio's median is less than asked for in a cell.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from agent.bench.cells import Cell, parse_cells
from agent.bench.machine import this_machine
from tests.agent_process import serving
from tests.bench.concurrency import Burst, TimedClient, burst
from tests.bench.overhead import spread
from tests.device.bare_loop import BareLoop, BareRound
from tests.device.cells import add_cuda_libraries

_BUDGET = "30GiB"
"""Of the agent's memory: the bare loops' models are on the same card."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One cell, answered by each.

    Attributes:
        agent: From the first publication to the last reply.
        bare: The best loop that the runtime has.
        without_graphs: One prompt alone, without CUDA graphs.
    """

    agent: Burst
    bare: BareRound
    without_graphs: BareRound | None

    @property
    def of_bare(self) -> float:
        """The agent's tokens/s over the bare loop's."""
        return self.agent.tokens / self.agent.seconds / self.bare.tokens_per_s(with_tokenizing=True)

    @property
    def of_without_graphs(self) -> float | None:
        """Likewise without graphs; its own tokenizing is left out, as it was in the figures that are compared with."""
        if self.without_graphs is None:
            return None
        return self.agent.tokens / self.agent.seconds / self.without_graphs.tokens_per_s(with_tokenizing=False)


def by_turns(
    number: int, agent: Callable[[], Burst], loops: Callable[[], tuple[BareRound, BareRound | None]]
) -> Paired:
    """One cell by both: the agent first in even rounds, the loops in odd ones."""
    if number % 2 == 0:
        run, (bare, without) = agent(), loops()
    else:
        (bare, without), run = loops(), agent()
    return Paired(run, bare, without)


def row(cell: Cell, rounds: Sequence[Paired]) -> str:
    """Of the table."""
    gaps = [1000 * gap for each in rounds for gap in each.agent.gaps]
    bare_gaps = [1000 * gap for each in rounds for gap in each.bare.gaps]
    without = [each.of_without_graphs for each in rounds if each.of_without_graphs is not None]
    first = 1000 * median(first for each in rounds for first in each.agent.first)
    inside = 1000 * median(first for each in rounds for first in each.agent.first_inside)
    bare_first = 1000 * median(each.bare.first for each in rounds)
    cells = (
        cell.lengths,
        str(cell.batch),
        f"{median(each.agent.tokens / each.agent.seconds for each in rounds):.1f}",
        f"{median(each.bare.tokens_per_s(with_tokenizing=True) for each in rounds):.1f}",
        spread([each.of_bare for each in rounds], ".3f"),
        spread(without, ".3f") if without else "-",
        f"{first:.1f} / {inside:.0f} / {bare_first:.1f}",
        f"{median(gaps):.2f} / {median(bare_gaps):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def is_reached(rounds: Sequence[Paired], least: float | None, least_without_graphs: float | None) -> bool:
    """Whether a cell's medians are what was asked for."""
    without = [each.of_without_graphs for each in rounds if each.of_without_graphs is not None]
    return (least is None or median(each.of_bare for each in rounds) >= least) and (
        least_without_graphs is None or (bool(without) and median(without) >= least_without_graphs)
    )


def through_agent(client: TimedClient, name: str, cell: Cell, texts: Sequence[str]) -> Burst:
    """By MQTT; what came must be what was asked for."""
    run = burst(client, name, texts, cell.output_tokens)
    if (run.prompt_tokens, run.tokens) != (cell.input_tokens, cell.batch * cell.output_tokens):
        raise SystemExit(f"{cell}: {run.prompt_tokens} tokens read, {run.tokens} generated")
    return run


def by_loops(
    bare: BareLoop, without_graphs: BareLoop | None, cell: Cell, texts: Sequence[str]
) -> tuple[BareRound, BareRound | None]:
    """By the bare runtime, and where it is there without graphs, too."""
    without = None if without_graphs is None else without_graphs.run(cell, texts, may_end=True)
    return bare.run(cell, texts, may_end=True), without


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model that the agent serves")
    parser.add_argument("--bare", type=Path, help="of one for the bare loop, where the agent's is paged")
    parser.add_argument("--cells", default="100|100,2000|100,4000|100")
    parser.add_argument("--batch", default="1")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--max-running", default="auto", help="of the configuration's `model`")
    parser.add_argument("--least", type=float, help="share of the bare loop's tokens/s that every cell must reach")
    parser.add_argument("--least-without-graphs", type=float, help="likewise of the loop without CUDA graphs")
    arguments = parser.parse_args()
    add_cuda_libraries()
    cells = parse_cells(arguments.cells, arguments.batch)
    folder, bare_folder = arguments.model.resolve(), (arguments.bare or arguments.model).resolve()
    max_running = int(arguments.max_running) if arguments.max_running.isdigit() else arguments.max_running
    model: dict[str, object] = {"name": folder.name, "max_running": max_running}
    found: dict[Cell, list[Paired]] = {cell: [] for cell in cells}
    with contextlib.ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jetson-agent-bench-")))
        bare = stack.enter_context(BareLoop(bare_folder))
        alone = any(cell.batch == 1 for cell in cells)
        plain = stack.enter_context(BareLoop(bare_folder, has_graphs=False)) if alone else None
        sections: dict[str, object] = {"model": model, "models_dir": str(folder.parent), "memory": {"budget": _BUDGET}}
        broker, _ = stack.enter_context(serving(state, **sections))
        client = stack.enter_context(TimedClient(broker.port))
        status = client.wait_online(600)
        for number in range(arguments.rounds + 1):
            for cell in cells:
                texts = bare.texts(cell, f"{number} {cell}")
                name = f"r{number}-{cell.input_tokens}-{cell.batch}"
                without = plain if cell.batch == 1 else None
                paired = by_turns(
                    number,
                    partial(through_agent, client, name, cell, texts),
                    partial(by_loops, bare, without, cell, texts),
                )
                print(f"{cell}, round {number}: {paired.of_bare:.3f} of bare", flush=True)
                if number:
                    found[cell].append(paired)
    print(f"{this_machine()}\nthe agent: {status['model']}, {status.get('engine')}, max_running {max_running}")
    heads = (
        "in\\|out",
        "batch",
        "agent, tokens/s",
        "bare, tokens/s",
        "agent / bare",
        "agent / bare without graphs",
        "first token, ms: at the client / in the agent / bare",
        "between, ms: agent / bare",
    )
    print(f"| {' | '.join(heads)} |\n{'| --- ' * len(heads)}|")
    for cell, rounds in found.items():
        print(row(cell, rounds))
    bounds = arguments.least, arguments.least_without_graphs
    return 0 if all(is_reached(rounds, *bounds) for rounds in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
