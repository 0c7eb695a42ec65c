"""Which engines the list of models names, and by whose files its memory is predicted."""

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from agent.config import Config, Device
from agent.engine.catalog import EngineName
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.catalog import Catalog, Entry
from agent.models.geometries import any_geometry, geometry_for
from agent.models.manifest_file import manifest_text
from agent.models.report import engines_here, show_model, show_models, verdict_of
from agent.printable import printable

_SHINE = re.compile(r"\x1b\[[0-9;]*m")
"""Bold and colours."""
SHIPPED = find_model("edge-tiny", None, Path("/none"))


def entry(folder: Path) -> Entry:
    return Entry(folder.name, None, folder, own=True)


def test_the_manifest_s_engines_and_those_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Catalog(None, tmp_path).find("edge-tiny")
    assert shipped is not None
    assert engines_here(shipped) == ("onnxruntime-genai",)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    monkeypatch.setitem(sys.modules, "tensorrt_llm", None)
    assert engines_here(entry(tmp_path)) == ("tensorrt-llm (not installed)",)


def test_why_a_model_cannot_be_used_stands_below_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stray.yaml").write_text("[]", encoding="utf-8")
    show_models(Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.split() == ["stray", "?", "?", "?", "cannot", "be", "used", "?"] for line in lines)
    assert any(line.startswith("edge-tiny") for line in lines)
    assert lines[-1].startswith(f"stray cannot be used: {tmp_path}/stray.yaml")


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (30, {"LICENCE", "ENGINES", "FITS", "HERE", "SIZE"}),
        (40, {"LICENCE", "ENGINES", "FITS", "HERE"}),
        (50, {"LICENCE", "ENGINES", "FITS"}),
        (60, {"LICENCE", "ENGINES"}),
        (80, {"LICENCE"}),
        (100, set()),
        (160, set()),
    ],
)
def test_a_narrow_terminal_breaks_no_word(
    width: int, left_out: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "1000")
    show_models(config)
    words = set(_SHINE.sub("", capsys.readouterr().out).split())
    monkeypatch.setenv("COLUMNS", str(width))
    show_models(config)
    shown, _, note = _SHINE.sub("", capsys.readouterr().out).partition("Wider terminals also show ")
    titles, *lines = shown.splitlines()
    assert {"NAME", "SIZE", "LICENCE", "HERE", "FITS", "ENGINES"} - set(titles.split()) == left_out
    assert all(title in note for title in left_out)
    assert max(map(len, lines)) <= width
    # What fits may have changed in between: the memory is that of this machine.
    assert {word for line in lines for word in line.split() if word[0] not in "0123456789"} <= words


def test_a_manifest_does_not_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = Catalog(None, tmp_path).find("edge-tiny")
    assert shipped is not None
    assert shipped.manifest is not None
    licence = shipped.manifest.licence.model_copy(update={"name": "MIT\x1b[2J\x9b31m"})
    manifest = shipped.manifest.model_copy(
        update={"name": "some", "title": "hi \x1b]0;mine\a there", "licence": licence, "note": "[red]\x7f"}
    )
    (tmp_path / "some.yaml").write_text(manifest_text(manifest), encoding="utf-8")
    config = Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path)
    show_models(config)
    show_model(Entry("some\x1b[2J", manifest, None, own=False), config)
    told = capsys.readouterr().out
    assert told == printable(told)
    assert "MIT[2J31m" in told
    assert "hi ]0;mine there" in told
    assert "[red]" in told


def test_what_is_no_text_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = io.BytesIO()
    strict = io.TextIOWrapper(taken, encoding="utf-8", write_through=True)  # as of a terminal
    monkeypatch.setattr("sys.stdout", strict)
    shipped = (SHIPPED.parent / "edge-tiny.yaml").read_text(encoding="utf-8")
    odd = shipped.replace("name: edge-tiny", "name: odd").replace("title: ", 'title: "a\\ud800b"\nnote: ')
    (tmp_path / "odd.yaml").write_text(odd, encoding="utf-8")
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(SHIPPED, folder)
    config = Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path)
    show_models(config)
    for name in ("odd", folder.name):
        found = Catalog(tmp_path, tmp_path).find(name)
        assert found is not None
        show_model(found, config)
    told = taken.getvalue().decode()
    assert "caf? " in told
    assert "a?b" in told


def test_the_memory_is_predicted_by_the_files_that_tell(tmp_path: Path) -> None:
    assert any_geometry("edge-tiny", SHIPPED) == geometry_for("onnxruntime-genai", "edge-tiny", SHIPPED)
    folder = tmp_path / "untold"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    with pytest.raises(ConfigError, match="does not tell"):
        any_geometry("untold", folder)
    config = Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path)
    assert verdict_of(entry(folder), config) is None


@pytest.mark.parametrize("told", [{"inputs": {"past_key_names": "past_key_%d"}}, {"num_hidden_layers": 10**400}])
def test_a_model_of_a_form_that_is_not_known_is_listed(
    tmp_path: Path, told: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "foreign"
    shutil.copytree(SHIPPED, folder)
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"] |= told
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    show_models(Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path))
    (line,) = (line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("foreign"))
    assert line[-1] == "onnxruntime-genai"


@pytest.mark.parametrize("engine", EngineName)
def test_the_files_of_every_engine_are_read(engine: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        geometry_for(engine, "m", tmp_path)
