"""`jetson-agent bench` where neither typer nor pydantic nor rich is: its measuring core, with a plain table.

    python -m tests.device.cells --model DIR --cells '100|100,2000|100,4000|100' --batch 1,4 --json FILE --bare DIR

`DIR` is a model for onnxruntime-genai (`tests.bench.random_model --execution-provider cuda` makes one). The engine's
process needs the CUDA libraries on `LD_LIBRARY_PATH`: those of the pip packages `nvidia-*` are added by themselves.
`--bare` runs the runtime's own loop on a model, the same or (where that is paged) one that is not, after each round.
`--least 0.97`: exit code 1 unless the agent's engine makes that share of its tokens/s in every cell.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from agent.bench.cells import parse_cells
from agent.bench.copy_rate import copy_rate
from agent.bench.figures import all_figures
from agent.bench.machine import this_machine
from agent.bench.measure import Candidate, Found, Plan, measure
from agent.bench.measured import Figures, Round
from agent.bench.touched import runs_on
from agent.bench.watching import Meter
from agent.budget.prompt_chunk import LEAST_CHUNK, MOST_CHUNK
from agent.engine.catalog import ENGINES, ONNXRUNTIME_GENAI
from agent.engine.library import installed_version
from agent.units import Seconds
from tests.device.bare_loop import BareLoop
from tests.device.beside import Beside

_RESTARTED = "RESTARTED_WITH_CUDA_LIBRARIES"
_LOAD_TIMEOUT, _STEP_TIMEOUT = Seconds(600.0), Seconds(120.0)


class Printed:
    """Prints every round."""

    def doing(self, what: str) -> None:
        """Nothing: the round says it when it is over."""

    def advance(self, tokens: int) -> None:
        """Likewise."""

    def done(self, run: Round) -> None:
        """A line."""
        print(f"{run.subject}: {run.cell}, round {run.number + 1}: {run.tokens_per_s:.1f} tokens/s", flush=True)


def add_cuda_libraries() -> None:
    """Have the engine's process find what the pip packages `nvidia-*` bring."""
    folders = [str(folder) for path in sys.path for folder in Path(path or ".").glob("nvidia/*/lib")]
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = ":".join([*folders, *([before] if before else [])])


def restart_with_cuda_libraries(module: str) -> None:
    """Begin this program anew with them, where they lie aside: the loader reads the variable at a program's start."""
    before = os.environ.get("LD_LIBRARY_PATH")
    add_cuda_libraries()
    if os.environ["LD_LIBRARY_PATH"] not in {before, ""} and _RESTARTED not in os.environ:
        os.environ[_RESTARTED] = "1"
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606 - this very program


def row(figures: Figures) -> str:
    """Of the table."""
    speed, first, between = figures.tokens_per_s, figures.first_token, figures.between_tokens
    gaps = (
        "-" if between is None else " / ".join(f"{1000 * gap:.2f}" for gap in (between.p50, between.p95, between.p99))
    )
    cells = (
        figures.cell.lengths,
        f"{figures.cell.batch} ({figures.running} at a time)",
        f"{speed.median:.1f} ({speed.least:.1f}-{speed.most:.1f})",
        f"{1000 * first.p50:.1f} / {1000 * first.p95:.1f}",
        gaps,
        "-" if figures.joules_per_token is None else f"{figures.joules_per_token:.3f}",
        "-" if figures.gpu_memory is None else f"{figures.gpu_memory / 2**30:.2f}",
        "-" if figures.share_of_limit is None else f"{figures.share_of_limit:.0%}",
        str(figures.ended_early),
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--engine", choices=[engine.name for engine in ENGINES], default=ONNXRUNTIME_GENAI.name)
    parser.add_argument("--cells", default="100|100,2000|100,4000|100")
    parser.add_argument("--batch", default="1,4")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt-chunk", type=int, help="tokens of prompts in a step; default: what suits the model")
    parser.add_argument("--bare", type=Path, help="folder of a model that is not paged, for the runtime's own loop")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--least", type=float, help="share of the bare runtime's tokens/s that every cell must reach")
    arguments = parser.parse_args()
    if arguments.least is not None and arguments.bare is None:
        parser.error("--least needs --bare")
    add_cuda_libraries()
    folder = arguments.model.resolve()
    engine = next(engine for engine in ENGINES if engine.name == arguments.engine)
    cells = parse_cells(arguments.cells, arguments.batch)
    candidate = Candidate(
        folder.name,
        folder.name,
        folder,
        engine.name,
        engine.loader,
        f"{engine.name} {installed_version(engine)}",
        copy_rate(runs_on(folder)),
        arguments.prompt_chunk or (MOST_CHUNK if runs_on(folder) == "cuda" else LEAST_CHUNK),
        max_batch=max(cell.batch for cell in cells),
    )
    plan = Plan((candidate,), cells, arguments.rounds, _LOAD_TIMEOUT, _STEP_TIMEOUT)
    found, machine = Found(), this_machine()
    with contextlib.ExitStack() as stack:
        bare = None if arguments.bare is None else stack.enter_context(BareLoop(arguments.bare.resolve()))
        beside = None if bare is None else Beside(bare)
        meter = stack.enter_context(Meter())
        asyncio.run(measure(plan, meter, found, beside or Printed()))
        print(f"{machine}\nmeter: {meter.name}; {meter.why_none}\n{found.subjects[0]}")
    heads = "tokens/s | first token, ms | between tokens, ms | J/token | GPU GiB | of the limit | ended early"
    print(f"| in\\|out | batch | {heads} |")
    print("| --- " * 9 + "|")
    figures = all_figures(found.rounds, found.subjects)
    for each in figures:
        print(row(each))
    for skipped in found.skipped:
        print(skipped)
    if beside is not None:
        print(beside.table())
    if arguments.json is not None:
        document: dict[str, object] = {
            "machine": asdict(machine),
            "subject": asdict(found.subjects[0]),
            "meter": meter.name,
            "figures": [asdict(each) for each in figures],
            "rounds": [asdict(each) for each in found.rounds],
        }
        arguments.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    if beside is None or arguments.least is None:
        return 0
    return 0 if not found.skipped and beside.worst() >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
