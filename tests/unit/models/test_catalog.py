"""Which manifest belongs to which folder, and what is not a model."""

from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models.catalog import Catalog, Entry
from agent.models.manifest_file import manifest_text, read_manifest
from tests.unit.models.test_folder import place
from tests.unit.models.test_shipped import MODELS


def describe(folder: Path, name: str, title: str) -> None:
    folder.mkdir(exist_ok=True)
    manifest = read_manifest(MODELS / "edge-tiny.yaml").model_copy(update={"name": name, "title": title})
    (folder / f"{name}.yaml").write_text(manifest_text(manifest), encoding="utf-8")


def find(tmp_path: Path, name: str) -> Entry:
    entry = Catalog(tmp_path / "own", tmp_path, (tmp_path / "release", tmp_path / "shipped")).find(name)
    assert entry is not None
    return entry


def title_of(tmp_path: Path) -> str | None:
    entry = find(tmp_path, "some")
    return None if entry.manifest is None else entry.manifest.title


@pytest.mark.parametrize("here", ["own", "release", "shipped"])
def test_a_folder_is_judged_by_the_manifest_beside_it(tmp_path: Path, here: str) -> None:
    place(tmp_path / here, "some")
    for folder in ("own", "release", "shipped"):
        describe(tmp_path / folder, "some", folder)
    assert title_of(tmp_path) == here
    (tmp_path / here / "some.yaml").unlink()
    assert title_of(tmp_path) == ("release" if here == "own" else "own")


def test_without_a_folder_the_operator_s_manifest_counts(tmp_path: Path) -> None:
    describe(tmp_path / "shipped", "some", "shipped")
    assert title_of(tmp_path) == "shipped"
    describe(tmp_path / "own", "some", "own")
    assert title_of(tmp_path) == "own"


def test_a_place_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    (tmp_path / "own").symlink_to("own")  # stands in for a folder of another user: tests may run as root
    with pytest.raises(ConfigError, match="own/some: Too many levels"):
        find(tmp_path, "some")


def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "some.yaml").symlink_to("some.yaml")
    with pytest.raises(ConfigError, match=r"some\.yaml: Too many levels"):
        find(tmp_path, "some")


def test_what_cannot_be_used_takes_nothing_else_with_it(tmp_path: Path) -> None:
    place(tmp_path / "own", "good")
    (tmp_path / "own" / "docker-compose.yaml").write_text("services: {}", encoding="utf-8")
    (tmp_path / "own" / "lost+found").symlink_to("lost+found")  # stands in for a folder of root's
    (tmp_path / "own" / "nowhere.yaml").symlink_to("none")
    entries = {entry.name: entry for entry in Catalog(tmp_path / "own", tmp_path, ()).entries()}
    assert entries.pop("good") == Entry("good", None, tmp_path / "own" / "good", own=True)
    assert [(entry.name, entry.folder, entry.own) for entry in entries.values()] == [
        ("docker-compose", None, False),
        ("lost+found", None, False),
        ("nowhere", None, False),
    ]
    assert "docker-compose.yaml: not a model's manifest" in (entries["docker-compose"].fault or "")
    assert "Too many levels" in (entries["lost+found"].fault or "")
    assert "leads nowhere" in (entries["nowhere"].fault or "")
