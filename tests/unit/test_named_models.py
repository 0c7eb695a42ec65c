"""The models that a configuration names: what is said before the agent starts, and where they stand."""

from pathlib import Path

import pytest

from agent.config import Config
from agent.config_file import Use, load_config
from agent.config_file.named_models import keys_naming
from agent.errors import ConfigError

NOWHERE = "there is no model 'nims', neither upstream (nim) nor on this machine (edge-tiny, my-tiny)"
TAKEN = "has the name of a model that is on this machine: choose another, and give the server's as `model`"
NO_FILES = "model 'edge-tiny': model.engine is tensorrt-llm, and "
ROUTES = """
routes:
  door: {model: nims}
  far: {model: nim}
  near: {model: my-tiny}
cameras:
  gate:
    source: /dev/video0
    model: nims
upstreams: {nim: {url: 'http://h/v1'}}"""

WRONG = {
    "an upstream like a model that is here": (
        "\nupstreams:\n  my-tiny: {url: 'http://h/v1'}",
        [f"4: upstreams.my-tiny: {TAKEN}"],
    ),
    "an upstream like the device's own is told once": (
        "\nupstreams:\n  edge-tiny: {url: 'http://h/v1'}",
        ["4: upstreams.edge-tiny: has the name of the device's own model"],
    ),
    "models that are nowhere": (ROUTES, [f"4: routes.door.model: {NOWHERE}", f"10: cameras.gate.model: {NOWHERE}"]),
    "a model of a route where the upstreams are not known": (
        "routes: {door: {model: nims}}\nupstreams: 5",
        ["3: upstreams: must be a section, with its keys below it"],
    ),
    "an engine for which the model has no files": ("model:\n  engine: tensorrt-llm", [f"3: model.engine: {NO_FILES}"]),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_name_is_told_with_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    for name in ("edge-tiny", "my-tiny"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "genai_config.json").touch()
    file = tmp_path / "agent.yaml"
    file.write_text(f"models_dir: models\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(file, {}, use=Use.CHECK)
    lines = str(raised.value).replace(f"{file}:", "").splitlines()
    assert [line.partition(str(tmp_path))[0] for line in lines] == expected


def test_what_only_some_prompts_name_keeps_no_agent_from_starting(tmp_path: Path) -> None:
    for name in ("edge-tiny", "nim"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "genai_config.json").touch()
    file = tmp_path / "agent.yaml"
    file.write_text(f"models_dir: models\n{ROUTES}\n", encoding="utf-8")
    assert load_config(file, {}, use=Use.RUN).routes["door"].model == "nims"


def test_a_model_that_can_be_used_is_here_also_where_its_folder_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("edge-tiny", "nims"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "genai_config.json").touch()
    file = tmp_path / "agent.yaml"
    file.write_text("models_dir: models\nroutes: {door: {model: nims}}\n", encoding="utf-8")
    monkeypatch.setattr("agent.config_file.named_models.models_here", lambda *_: ())  # as of a folder without r
    assert load_config(file, {}, use=Use.CHECK).routes["door"].model == "nims"


def test_elsewhere_other_models_may_be(tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text("routes: {door: {model: nims}}\nupstreams: {edge-small: {url: 'http://h/v1'}}", encoding="utf-8")
    assert load_config(file, {}, use=Use.ELSEWHERE).routes["door"].model == "nims"


def test_what_names_a_model() -> None:
    config = Config.model_validate(
        {
            "model": {"name": "a", "fallback": "b"},
            "routes": {"look": {"model": "phi"}, "plain": {}},
            "cameras": {"door": {"source": "/dev/video0", "model": "phi"}},
        }
    )
    assert keys_naming("a", config) == ("model.name",)
    assert keys_naming("b", config) == ("model.fallback",)
    assert keys_naming("phi", config) == ("routes.look.model", "cameras.door.model")
    assert keys_naming("c", config) == ()
