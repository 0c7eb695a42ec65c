"""The command `jetson-agent`: commands -> calls, no logic of its own."""

import os
import platform
import sys
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from agent import __version__, logs
from agent.candidates import engines_here
from agent.cli_bench import BENCH_HELP, bench
from agent.cli_fleet import fleet
from agent.cli_models import models
from agent.cli_parts import ConfigOption, command_help, told_plainly
from agent.config_file import DEFAULT_PATH, Use, load_config
from agent.config_file.summary import source_of, summary
from agent.config_values import Duration, TopicLevel
from agent.counted_start import CountedStart
from agent.engine.catalog import ENGINES
from agent.engine.library import installed_version
from agent.models import find_model
from agent.units import Seconds

cli = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Run a small language model on this device: prompts in over MQTT, answers out, nothing lost.",
    epilog="To see it work, with nothing set up: [bold]jetson-agent demo[/]",
)


def _seconds(text: str, option: str) -> Seconds:
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("a duration has a unit: 500ms, 10s or 5min", param_hint=option) from error


def _device_id(text: str) -> str:
    try:
        return TypeAdapter(TopicLevel).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("a device id is 1 to 64 of A-Z a-z 0-9 _ . -") from error


cli.add_typer(models, name="models")
cli.add_typer(fleet, name="fleet")
cli.command("bench", help=BENCH_HELP)(bench)


@cli.callback(invoke_without_command=True)
def _without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@cli.command(
    help=command_help(
        "Run the agent: serve prompts until SIGTERM or Ctrl-C, then finish what runs and stop. A second one stops at "
        "once; nothing is lost either way.",
        ("jetson-agent run", f"with {DEFAULT_PATH}"),
        ("jetson-agent run -c ./agent.yaml", "with another configuration"),
        ("JETSON_AGENT__BROKER__HOST=10.0.0.2 jetson-agent run", "every key can be set in the environment"),
    ),
)
def run(config: ConfigOption = None) -> None:
    """Run the agent."""
    with told_plainly(), CountedStart.of(os.environ).unless_misconfigured():
        loaded = load_config(config, os.environ, use=Use.RUN)
        logs.set_up(loaded.log_level, os.environ, sys.stderr)
        # Here and not above: the other commands start without loading the engine's library.
        from agent import service  # noqa: PLC0415

        raise typer.Exit(service.run(loaded, source=source_of(config)))


@cli.command(
    help=command_help(
        "Say whether the configuration is right, and what would run with it. Lists every mistake at once, each with "
        "its file and line; exits 78 if there is one.",
        ("jetson-agent check-config", f"{DEFAULT_PATH} and the environment"),
        ("jetson-agent check-config -c new.yaml", "another file, before it takes the place of the first"),
    ),
)
def check_config(config: ConfigOption = None) -> None:
    """Check the configuration."""
    with told_plainly():
        loaded = load_config(config, os.environ, use=Use.CHECK)
        model_dir = find_model(loaded.model.name, loaded.models_dir, loaded.state_dir)
        engines = engines_here(loaded.model.name, model_dir, loaded.model.engine)
        typer.echo(f"ok: {source_of(config)}")
        for title, line in summary(loaded, model_dir, [engine.name for engine, _ in engines]).items():
            typer.echo(f"  {title:<8}{line}")


@cli.command(
    help=command_help(
        "Ask the running agent a question through its broker, and see the answer as it is written.",
        ("jetson-agent ask 'Facts: the door is open. Question: is the door open?'", "the agent of this machine"),
        ("jetson-agent ask --device orin-7 'What can you do?'", "another one at the same broker"),
        ("cat report.txt | jetson-agent ask", "the question from a pipe"),
        ("jetson-agent ask --json 'What can you do?' | jq .usage", "the whole reply, for programs"),
    ),
)
def ask(
    question: Annotated[str, typer.Argument(help="What to ask; - or nothing reads it from a pipe.")] = "-",
    config: ConfigOption = None,
    device: Annotated[
        str | None,
        typer.Option(parser=_device_id, metavar="ID", help="The device to ask. Default: the configured one."),
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="How long an answer may take.")] = "60s",
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the reply as it came over MQTT.")] = False,
) -> None:
    """Ask the running agent."""
    within = _seconds(timeout, "--timeout")
    if question == "-":
        if sys.stdin.isatty():
            raise typer.BadParameter("nothing to ask: jetson-agent ask 'What can you do?'", param_hint="QUESTION")
        try:
            question = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError as error:
            raise typer.BadParameter(
                f"what the pipe gives is not UTF-8 text: {error.reason}", param_hint="QUESTION"
            ) from error
    with told_plainly():
        loaded = load_config(config, os.environ)
        from agent.ask import ask_and_print  # noqa: PLC0415  # see run

        prefix = f"{loaded.topic_root}/{device or loaded.device.id}"
        ask_and_print(loaded.broker, prefix, question, within, as_json=json)


@cli.command(
    help=command_help(
        "Watch a device, live: power against its budget, temperatures, memory, queue, speed, the last requests and "
        "what they cost. It shows the device's telemetry, so any device at the broker can be watched. Ctrl-C ends it.",
        ("jetson-agent top", "the agent of this machine"),
        ("jetson-agent top --device orin-7", "another one at the same broker"),
        ("jetson-agent top --once > now.txt", "one frame, for pipes"),
    ),
)
def top(
    config: ConfigOption = None,
    device: Annotated[
        str | None,
        typer.Option(parser=_device_id, metavar="ID", help="The device to watch. Default: the configured one."),
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="With --once: how long the telemetry may take.")] = "30s",
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one frame and end.")] = False,
) -> None:
    """Watch a device."""
    within = _seconds(timeout, "--timeout")
    with told_plainly():
        loaded = load_config(config, os.environ)
        from agent.top import run_top  # noqa: PLC0415  # see run

        prefix = f"{loaded.topic_root}/{device or loaded.device.id}"
        run_top(loaded.broker, prefix, once=once, timeout=within)


@cli.command(
    help=command_help(
        "See it work on this machine, with nothing set up: starts a private MQTT broker and the agent with the model "
        "that ships, sends a few prompts, shows the answers, and stays up to be tried by hand until Ctrl-C.",
        ("jetson-agent demo", "on a free port that only this machine reaches"),
        ("jetson-agent demo --once", "ends after the prompts; exits 0 when all were answered"),
    ),
)
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End when the prompts are answered.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="The broker's port. Default: a free one.")
    ] = None,
) -> None:
    """See it work on this machine."""
    with told_plainly():
        from agent.demo.demo import run_demo  # noqa: PLC0415  # see run

        raise typer.Exit(run_demo(once=once, port=port))


@cli.command(
    help=command_help(
        "Say what this machine is, what works on it, and what to do about the rest: power meters, temperatures, "
        "memory, engine, model, broker, permissions. Changes nothing; exits 1 if the agent could not serve prompts.",
        ("jetson-agent doctor", f"with {DEFAULT_PATH}"),
        ("jetson-agent doctor -c new.yaml", "with another configuration"),
        ("jetson-agent doctor --json | jq .findings", "for programs"),
    ),
)
def doctor(
    config: ConfigOption = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the findings for programs.")] = False,
) -> None:
    """Examine this machine."""
    from agent.doctor import run_doctor  # noqa: PLC0415  # see run

    raise typer.Exit(run_doctor(lambda: load_config(config, os.environ), json=json))


@cli.command(help="Print the versions of the agent, of Python and of the inference libraries that are installed.")
def version() -> None:
    """Print versions."""
    typer.echo(f"jetson-agent {__version__}")
    typer.echo(f"Python {platform.python_version()}")
    for engine in ENGINES:
        installed = installed_version(engine)
        if installed is not None:
            typer.echo(f"{engine.name} {installed}")


def main() -> None:
    """Run what the arguments say; `__main__` starts it."""
    cli(prog_name="jetson-agent")
