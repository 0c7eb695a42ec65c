"""The fragment that a release brings, under the device's own configuration."""

from pathlib import Path

import pytest

from agent.config import Config
from agent.config_file import load_config
from agent.config_file.layers import laid_over
from agent.errors import ConfigError


def _load(folder: Path, fragment: str | None, own: str, **environ: str) -> Config:
    file = folder / "device" / "agent.yaml"
    for place, text in ((folder / "release" / "agent.yaml", fragment), (file, own)):
        place.parent.mkdir(exist_ok=True)
        if text is not None:
            place.write_text(text, encoding="utf-8")
    return load_config(file, environ, release=folder / "release")


@pytest.mark.parametrize(
    ("below", "above", "together"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": {"x": 1}}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [1, 2]}, {"a": []}, {"a": []}),
        ({"a": {"x": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": {"x": 2}}, {"a": {"x": 2}}),
    ],
)
def test_one_tree_over_another(below: dict[str, object], above: dict[str, object], together: dict[str, object]) -> None:
    was = (repr(below), repr(above))
    assert laid_over(below, above) == together
    assert (repr(below), repr(above)) == was


def test_the_device_wins_and_the_environment_over_both(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "log_level: DEBUG\nqueue: {max_prompts: 7, max_payload: 2MiB}\nmodel: {name: of-the-release}\n",
        "queue: {max_prompts: 8}\nmodel:\n",
        JETSON_AGENT__MODEL__FALLBACK="of-the-environment",
        JETSON_AGENT__LOG_LEVEL="ERROR",
    )
    assert config.log_level == "ERROR"
    assert (config.queue.max_prompts, config.queue.max_payload) == (8, 2 << 20)
    assert (config.model.name, config.model.fallback) == ("of-the-release", "of-the-environment")


def test_a_release_without_a_fragment_changes_nothing(tmp_path: Path) -> None:
    assert _load(tmp_path, None, "log_level: ERROR\n") == load_config(tmp_path / "device/agent.yaml", {}, release=None)


def test_relative_paths_start_at_the_folder_of_their_file(tmp_path: Path) -> None:
    config = _load(tmp_path, "models_dir: models\nstate_dir: one\n", "state_dir: two\n")
    assert config.models_dir == tmp_path / "release/models"
    assert config.state_dir == tmp_path / "device/two"


def test_each_mistake_is_told_with_its_own_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        _load(
            tmp_path,
            "log_levl: DEBUG\nqueue: {max_prompts: x}\npower:\n  schedule:\n    - {from: 01:00, to: 02:00, watts: 3}\n",
            "queue: {max_payload: x}\npower:\n\n\n\n  schedule:\n    - {from: 01:00, watts: 3}\n",
        )
    told = [line.replace(f"{tmp_path}/", "").rsplit(": ", 1)[0] for line in str(raised.value).splitlines()]
    assert told == [
        "device/agent.yaml:1: queue.max_payload",
        "device/agent.yaml:7: power.schedule.0.to",
        "release/agent.yaml:1: log_levl",
        "release/agent.yaml:2: queue.max_prompts",
    ]


@pytest.mark.parametrize("text", ["[1]", "a: [", "\udc80"])
def test_a_fragment_that_is_none_is_a_wrong_configuration(tmp_path: Path, text: str) -> None:
    _load(tmp_path, "", "")
    (tmp_path / "release/agent.yaml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=r"release/agent\.yaml:1: not "):
        load_config(None, {}, default_path=tmp_path / "none", release=tmp_path / "release")
