"""The commands `jetson-agent models build` and `build-engine`: commands -> calls, no logic of their own."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from agent.budget.sharing import COMMON_CONTEXT
from agent.cli_parts import INTERRUPTED, ConfigOption, NameArgument, command_help, told_plainly
from agent.config_file import load_config
from agent.models.catalog import Catalog
from agent.models.table import human

BUILD_HELP = command_help(
    "Build a model from a checkpoint in Hugging Face's form, on a workstation: quantize it, measure before and "
    "after, describe it in a manifest with digests, and only then let it appear. Recipes: docs/models.md. It takes "
    "the extra `build`, and for fp8, nvfp4 and int4-awq the extra `modelopt`.",
    (
        "jetson-agent models build my-model --from Llama-3.2-1B-Instruct --recipe int4-rtn --text held-out.txt",
        "INT4 for the CPU; the perplexity on a text before and after",
    ),
    (
        "jetson-agent models build mine --from HF_DIR --recipe fp8 --calibration some.txt --questions own.jsonl",
        "for TensorRT-LLM; how many of the model's own questions it answers right, before and after",
    ),
)


def build(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    name: NameArgument,
    checkpoint: Annotated[Path, typer.Option("--from", metavar="HF_DIR", help="The checkpoint's folder.")],
    recipe: Annotated[str, typer.Option(metavar="RECIPE", help="How it is quantized, as docs/models.md lists them.")],
    config: ConfigOption = None,
    text: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For the perplexity: a text that the model was not trained on.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help='Conversations with right answers: {"messages": [...]} a line.')
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A text for recipes that have to see the model read one.")
    ] = None,
    full_precision: Annotated[
        Path | None,
        typer.Option(metavar="HF_DIR", help="For awq-import: the checkpoint before, to measure against."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where to, instead of models_dir.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's licence. Default: as its model card says.")
    ] = None,
    licence_url: Annotated[str | None, typer.Option(metavar="URL", help="Where its text is.")] = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a model of that name.")] = False,
) -> None:
    """Build a model."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        catalog = Catalog(loaded.models_dir, loaded.state_dir)
        from agent.models.building.build import Builder, Order, recipe_named  # noqa: PLC0415  # only for this command
        from agent.models.building.licence import licence_of  # noqa: PLC0415  # likewise
        from agent.models.building.stages import Inputs  # noqa: PLC0415  # likewise
        from agent.models.building.view import show_accuracy, shown  # noqa: PLC0415  # rich takes its time

        terms = licence_of(checkpoint, licence, licence_url)
        made_by, inputs = recipe_named(recipe), Inputs(checkpoint, text, questions, calibration, full_precision)
        order = Order(name, made_by, inputs, terms, output or catalog.own, replace)
        if made_by.is_pruned:
            typer.echo(
                "It will work out the logits of a prompt's last token only: its perplexity cannot be measured (that of "
                "int4-rtn can, with the same weights), and it cannot draft ahead (model.speculation)",
                err=True,
            )
        try:
            built = Builder(catalog, shown).build(order)
        except KeyboardInterrupt as error:
            typer.echo("Stopped. Nothing is left of it.", err=True)
            raise typer.Exit(INTERRUPTED) from error
        show_accuracy(built)
        size = human(sum(file.size for file in built.manifest.files))
        typer.echo(f"{built.folder} is there: {len(built.manifest.files)} files, {size}, with {built.folder}.yaml")
        if built.before is None:
            measures = "--questions" if made_by.is_pruned else "--text, --questions, or both"
            typer.echo(f"What that cost in accuracy was not measured: give {measures}")


ENGINE_HELP = command_help(
    "Build the engine of a model for TensorRT Edge-LLM, on the board that will run it, from a checkpoint in Hugging "
    "Face's form that is in models_dir. That takes far more memory than serving: stop the agent first. The engine "
    "appears when it is whole; one for the same numbers is replaced. Build again when JetPack, TensorRT or the library "
    "has changed.",
    (
        "jetson-agent models build-engine llama-3.2-1b",
        "one request at a time, with as much context as there is room for",
    ),
    ("jetson-agent models build-engine llama-3.2-1b --context 4096 --batch 2", "two at once, of 4,096 tokens each"),
)


def build_engine(
    name: NameArgument,
    config: ConfigOption = None,
    context: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Tokens of prompt and answer together. Default: as many as the memory is predicted to have room for, "
            f"{COMMON_CONTEXT:,} at most.",
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, max=64, metavar="N", help="Requests at once; the context of each takes memory.")
    ] = 1,
    max_input: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Tokens of a prompt; fewer take less memory. Default: the context."),
    ] = None,
) -> None:
    """Build an engine."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        from agent.engine.edge_llm_build import build as build_here  # noqa: PLC0415  # only for this command
        from agent.models.engine_plan import Wanted, plan_engine  # noqa: PLC0415  # likewise
        from agent.platform.memory_now import MemoryGauge  # noqa: PLC0415  # likewise

        plan = plan_engine(name, loaded, Wanted(context, batch, max_input), MemoryGauge().read())
        meant = f"for {plan.max_batch} at once of {plan.context_length:,} tokens, prompts of {plan.max_input:,} at most"
        typer.echo(f"Building an engine of {plan.model_dir}, {meant}", err=True)
        try:
            build_here(
                plan.model_dir,
                context_length=plan.context_length,
                max_batch=plan.max_batch,
                max_input=plan.max_input,
                tell=partial(typer.echo, err=True),
            )
        except KeyboardInterrupt as error:
            typer.echo("Stopped. Nothing is left of it; what was built before is there.", err=True)
            raise typer.Exit(INTERRUPTED) from error
        typer.echo(f"{plan.model_dir} has an engine, {meant}")
