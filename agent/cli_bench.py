"""The command `jetson-agent bench`: command -> call, no logic of its own."""

import os
from pathlib import Path
from typing import Annotated

import typer

from agent.bench.cells import parse_cells
from agent.cli_parts import ConfigOption, command_help, told_plainly
from agent.config_file import load_config

BENCH_HELP = command_help(
    "Measure how fast this machine runs a model: tokens/s, time to first token, joules per token, memory, and how "
    "close decoding comes to what the memory's bandwidth allows. In the engine's own process, as the agent runs it, "
    "without the broker. A cell is input|output tokens. Each is run in every batch, and those of a batch in rounds, so "
    "that a machine that grows hot or busy shows in the spread. Stop a running agent first: it wants the same memory. "
    "Ctrl-C, SIGTERM or a closed terminal ends it with what is over by then. Every run is kept in <state_dir>/bench. "
    "Exit code 0: all cells were measured.",
    ("jetson-agent bench", "the configured model"),
    ("jetson-agent bench edge-tiny --cells '100|100' --rounds 5", "another one, and only this cell"),
    ("jetson-agent bench --cells '100|100,2000|100,4000|100' --batch 1,4", "the cells that vendors publish"),
    ("jetson-agent bench --synthetic llama-3.2-1b", "a real geometry with random weights, built first"),
    ("jetson-agent bench my-model --against ./my-model-q4_0/", "two models, alternately: ratios round by round"),
    ("jetson-agent bench my-model --against tensorrt-edge-llm", "two engines on the files of one model"),
    ("jetson-agent bench --chart bench.svg", "the last runs as a picture; measures nothing"),
)


def bench(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="A model's name, or its folder (with a /). Default: the configured one."),
    ] = None,
    config: ConfigOption = None,
    *,
    cells: Annotated[
        str, typer.Option(metavar="CELLS", help="Input and output tokens; quote the | for the shell.")
    ] = "100|100",
    batch: Annotated[str, typer.Option(metavar="N,...", help="How many prompts at once.")] = "1",
    rounds: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How often each cell is run.")] = 3,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="OTHER",
            help="What to compare with: MODEL, MODEL:ENGINE or ENGINE (the names of model.engine). Both stay loaded.",
        ),
    ] = None,
    synthetic: Annotated[
        str | None,
        typer.Option(
            metavar="GEOMETRY",
            help="A model of random weights: llama-3.2-1b, llama-3.2-3b or smollm2-360m. Building one needs "
            "jetson-agent\\[build].",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all that was measured, for programs.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the last runs into this SVG, and measure nothing.")
    ] = None,
) -> None:
    """Measure this machine."""
    if chart is not None and (others := _given(context) - {"chart", "config"}):
        said = ", ".join(sorted("MODEL" if name == "model" else f"--{name}" for name in others))
        raise typer.BadParameter(f"it draws what was measured before, so not with {said}", param_hint="--chart")
    try:
        wanted = parse_cells(cells, batch)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--cells, --batch") from error
    with told_plainly():
        from agent.bench.synthetic import GEOMETRIES  # noqa: PLC0415  # see cli.run

        if synthetic is not None and (synthetic not in GEOMETRIES or model is not None):
            raise typer.BadParameter(f"instead of a model, one of {', '.join(GEOMETRIES)}", param_hint="--synthetic")
        loaded = load_config(config, os.environ)
        from agent.bench.command import Order, draw_chart, run_bench  # noqa: PLC0415  # likewise

        if chart is not None:
            draw_chart(loaded, chart)
            return
        raise typer.Exit(run_bench(loaded, Order(model, against, synthetic, wanted, rounds, json)))


def _given(context: typer.Context) -> set[str]:
    """The parameters that the command line has."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
