"""The command line: help, exit codes, and what `check-config` says."""

import importlib.metadata
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent import __version__
from agent.cli import cli
from agent.models import find_model
from agent.models.folder import SOURCE_TREE

COMMANDS = ("run", "check-config", "ask", "top", "demo", "doctor", "models", "bench", "fleet", "version")


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with a model's mark."""
    model = tmp_path / "models" / "edge-tiny"
    model.mkdir(parents=True)
    (model / "genai_config.json").touch()
    return tmp_path / "models"


def _config(folder: Path, text: str) -> str:
    (folder / "agent.yaml").write_text(text)
    return str(folder / "agent.yaml")


def _help(*arguments: str) -> str:
    result = _invoke(*arguments)
    assert result.exit_code == 0
    # Some environments ask for colours even where there is no terminal.
    return re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)


def test_alone_it_prints_its_help() -> None:
    page = _help()
    for command in COMMANDS:
        assert f" {command} " in page


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_teaches(command: str) -> None:
    page = _help(command, "--help")
    if command != "version":
        assert "Examples:" in page
        assert f"  jetson-agent {command}" in page


@pytest.mark.parametrize("command", ["list", "show", "pull", "build", "build-engine", "verify", "remove"])
def test_the_help_about_models_teaches(command: str) -> None:
    assert f" {command} " in _help("models", "--help")
    assert f"  jetson-agent models {command}" in _help("models", command, "--help")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "../x"),
        ("pull", ".hidden"),
        ("pull", "a", "--limit", "much"),
        ("pull", "a", "--limit", "0"),
        ("pull", "a", "--mirror", "ftp://x"),
    ],
)
def test_what_makes_no_sense_about_models_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert _invoke("models", *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "none-such"), 78, "nothing is known of a model 'none-such'"),
        (("verify", "llama-3.2-1b-instruct-int4"), 1, "models pull llama-3.2-1b-instruct-int4"),
        (("pull", "edge-tiny"), 1, "comes with the agent: there is nothing to download"),
        (("pull", "llama-3.2-90b-vision-instruct"), 1, "a server runs it"),
        (("remove", "edge-tiny"), 1, "comes with the agent, and goes only with it"),
    ],
)
def test_what_cannot_be_done_about_models_is_told(
    tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = _invoke("models", *arguments, "-c", _config(tmp_path, "state_dir: state\nmodels_dir: own"))
    assert result.exit_code == code
    assert says in result.stderr


def test_a_model_that_a_server_runs_is_not_downloaded(tmp_path: Path) -> None:
    text = "state_dir: state\nmodels_dir: own\nupstreams: {llama-3.2-1b-instruct-int4: {url: 'http://h/v1'}}"
    result = _invoke(
        "models", "pull", "llama-3.2-1b-instruct-int4", "--mirror", "http://127.0.0.1:9", "-c", _config(tmp_path, text)
    )
    assert result.exit_code == 1
    assert "give the upstream another name" in result.stderr


@pytest.mark.parametrize(("kind", "source"), [("routes", ""), ("cameras", "source: /dev/video0, ")])
def test_a_model_that_the_configuration_names_is_not_removed(tmp_path: Path, kind: str, source: str) -> None:
    folder = tmp_path / "own" / "phi"
    shutil.copytree(find_model("edge-tiny", None, Path("/none")), folder)
    text = f"state_dir: state\nmodels_dir: {folder.parent}\n{kind}: {{look: {{{source}model: phi}}}}"
    result = _invoke("models", "remove", "phi", "-c", _config(tmp_path, text))
    assert result.exit_code == 1
    assert f"names it as {kind}.look.model" in result.stderr
    assert folder.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--cells", "100x100"), 2, "written as 100|100"),
        (("--batch", "0"), 2, "a number from 1 to 256"),
        (("--rounds", "0"), 2, "--rounds"),
        (("--synthetic", "llama-9"), 2, "llama-3.2-1b, smollm2-360m, llama-3.2-3b"),
        (("edge-tiny", "--synthetic", "llama-3.2-1b"), 2, "instead of a model"),
        (("edge-tiny", "--chart", "x.svg", "--json", "x", "--batch", "1"), 2, "not with --batch, --json, MODEL"),
        (("--chart", "x.svg"), 1, "nothing has been measured here yet"),
        (("none-such",), 78, "model 'none-such' was not found"),
        (("edge-tiny", "--against", "./none-such/"), 78, "there is no folder ./none-such/"),
    ],
)
def test_what_cannot_be_measured_is_told(tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    result = _invoke("bench", *arguments, "-c", _config(tmp_path, "state_dir: state"))
    assert result.exit_code == code
    assert says in " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", "", result.stderr).split())


def test_an_unknown_command_is_a_usage_error() -> None:
    result = _invoke("start")
    assert result.exit_code == 2
    assert "No such command 'start'" in result.stderr


def test_version_names_all_that_matters() -> None:
    lines = _invoke("version").stdout.splitlines()
    assert lines[0] == f"jetson-agent {__version__}"
    assert [line.split()[0] for line in lines[:3]] == ["jetson-agent", "Python", "onnxruntime-genai"]


def test_version_is_told_where_the_library_is_another_build_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-genai-cuda\nVersion: 0.18.1\n")

    def of_cuda(package: str) -> importlib.metadata.Distribution:
        if package == "onnxruntime-genai-cuda":
            return importlib.metadata.Distribution.at(tmp_path)
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "distribution", of_cuda)
    assert _invoke("version").stdout.splitlines()[2] == "onnxruntime-genai 0.18.1"


def test_check_config_says_what_would_run_and_no_secret(tmp_path: Path, models: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    (tmp_path / "s.json").write_text("{}")
    text = f"""
device: {{id: orin-7}}
models_dir: {models}
state_dir: state
broker: {{host: broker.local, tls: {{}}, user: me, password_file: password, groups: [hall-5, spare]}}
routes:
  triage: {{schema: s.json, max_tokens: 32}}
  plain: {{}}
upstreams:
  big: {{url: "https://h/v1", api_key_file: password, may_leave: {{routes: [plain], images: true, cameras: [door]}}}}
  shut: {{url: "http://h/v1"}}
cameras:
  door: {{source: "rtsp://me:hunter2@10.0.0.9/1", when: [motion, code]}}
"""
    result = _invoke("check-config", "-c", _config(tmp_path, text))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"ok: {tmp_path}/agent.yaml",
        "  device  orin-7, prompts on edge/orin-7/prompt",
        "  broker  broker.local:8883, TLS, user me, password from a file, groups hall-5, spare",
        f"  model   edge-tiny, in {models}/edge-tiny, by onnxruntime-genai",
        "  routes  triage (schema, max_tokens); plain",
        "  leaves  for big at https://h/v1: route plain, camera door, with images; for shut at http://h/v1: nothing",
        "  cameras door (motion, code)",
        f"  state   {tmp_path}/state",
    ]


def test_check_config_lists_every_error_and_exits_78(tmp_path: Path) -> None:
    file = _config(tmp_path, "log_level: loud\nbroker:\n  prt: 1\n")
    result = _invoke("check-config", "-c", file)
    assert result.exit_code == 78
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f'{file}:1: log_level: must be one of DEBUG, INFO, WARNING, ERROR, not "loud"',
        f"{file}:3: broker.prt: unknown key; did you mean `port`?",
    ]


def test_check_config_counts_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JETSON_AGENT__BROKER__PORT", "0")
    result = _invoke("check-config", "-c", _config(tmp_path, ""))
    assert result.exit_code == 78
    assert result.stderr == "environment JETSON_AGENT__BROKER__PORT: broker.port: must be at least 1, not 0\n"


def test_check_config_misses_a_model_that_is_not_there(tmp_path: Path) -> None:
    file = _config(tmp_path, "model:\n  name: none-such\n  fallback: no-other\nqueue: {max_prompts: 0}")
    for command in ("check-config", "run"):
        result = _invoke(command, "-c", file)
        assert result.exit_code == 78
        name, fallback, queue = result.stderr.splitlines()
        assert name.startswith(f"{file}:2: model.name: model 'none-such' was not found")
        assert name.endswith("jetson-agent models pull none-such; to see which there are: jetson-agent models list")
        assert fallback.startswith(f"{file}:3: model.fallback: model 'no-other' was not found")
        assert queue == f"{file}:4: queue.max_prompts: must be at least 1, not 0"


def test_a_model_is_not_missed_where_nobody_knows_where_to_look(tmp_path: Path) -> None:
    result = _invoke("check-config", "-c", _config(tmp_path, "models_dir: 5\nmodel: {name: none-such}"))
    assert len(result.stderr.splitlines()) == 1


def test_a_model_of_the_environment_is_missed_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JETSON_AGENT__MODEL__NAME", "none-such")
    result = _invoke("check-config")
    assert result.stderr.startswith("environment JETSON_AGENT__MODEL__NAME: model.name: model 'none-such' was not")


def test_run_does_not_start_with_a_wrong_configuration(tmp_path: Path) -> None:
    result = _invoke("run", "-c", _config(tmp_path, "nope: 1"))
    assert result.exit_code == 78
    assert ":1: nope: unknown key" in result.stderr


def test_an_error_that_quotes_a_file_does_not_command_the_terminal(tmp_path: Path) -> None:
    manifest = (SOURCE_TREE / "edge-tiny.yaml").read_text(encoding="utf-8").replace("name: edge-tiny", "name: some", 1)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "some.yaml").write_text(f'{manifest}"\\e]0;mine\\a": 1\n', encoding="utf-8")
    config = _config(tmp_path, f"models_dir: {tmp_path}/models\nstate_dir: {tmp_path}\n")
    result = _invoke("models", "show", "some", "-c", config)
    assert result.exit_code == 78
    assert "not a model's manifest: ]0;mine: " in result.output
