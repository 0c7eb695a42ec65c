"""Contents under their digests: whole, or not at all."""

import hashlib
from pathlib import Path

import pytest

from agent.fleet_admin.contents import store, store_with_index
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.repository import Repository
from agent.units import Bytes


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.make_folders()
    return repository


def _files(repository: Repository) -> list[Path]:
    return [file for file in repository.folder.rglob("*") if file.is_file()]


def test_a_content_is_where_its_digest_says(repository: Repository, tmp_path: Path) -> None:
    file, told = tmp_path / "model", list[Bytes]()
    file.write_bytes(b"w" * 3_000_000)
    for _ in range(2):
        blob = store(repository, file, told.append)
    assert blob.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert repository.blob(blob.digest).read_bytes() == file.read_bytes()
    assert _files(repository) == [repository.blob(blob.digest)]
    assert sum(told) == 2 * blob.size


def test_only_a_large_content_has_an_index(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"small")
    assert store_with_index(repository, file, lambda _: None).index is None
    file.write_bytes(bytes(range(256)) * 8192)
    index = store_with_index(repository, file, lambda _: None).index
    assert index is not None
    assert repository.blob(index.digest).stat().st_size == index.size


def test_what_was_cut_off_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"w" * 3_000_000)

    def cut(_: Bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(repository, file, cut)
    assert _files(repository) == []
    with pytest.raises(FleetError, match="No such file"):
        store(repository, tmp_path / "none", lambda _: None)
