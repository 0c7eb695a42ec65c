"""Private keys as files."""

import stat
from pathlib import Path

import pytest

from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder, name_of


def _folder(path: Path, passphrase: bytes = b"secret", *others: Path) -> KeyFolder:
    return KeyFolder(path, lambda _: passphrase, others)


def test_a_key_signs_after_it_was_opened_again(tmp_path: Path) -> None:
    public = _folder(tmp_path).make("timestamp")
    signer = _folder(tmp_path).signer(public)
    assert signer is not None
    public.verify_signature(signer.sign(b"words"), b"words")
    file = tmp_path / "timestamp-1.pem"
    assert name_of(public) == "timestamp-1"
    assert b"ENCRYPTED" in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_names_are_given_once(tmp_path: Path) -> None:
    keys = _folder(tmp_path)
    names = [name_of(keys.make("root")) for _ in range(3)]
    assert names == ["root-1", "root-2", "root-3"]
    assert name_of(keys.make("timestamp", ["timestamp-1"])) == "timestamp-2"
    assert sorted(file.name for file in (tmp_path / "root").iterdir()) == [f"{name}.pem" for name in names]


def test_a_wrong_passphrase_is_told_with_the_file(tmp_path: Path) -> None:
    public = _folder(tmp_path).make("timestamp")
    with pytest.raises(FleetError, match=r"timestamp-1.pem: cannot be used: .* Is the passphrase right\?"):
        _folder(tmp_path, b"other").signer(public)


def test_a_passphrase_is_asked_for_again(tmp_path: Path) -> None:
    public = _folder(tmp_path).make("timestamp")
    said = iter([b"wrong", b"secret"])
    assert KeyFolder(tmp_path, lambda _: next(said)).signer(public) is not None


def test_a_key_may_be_on_a_stick_and_may_not_be_there(tmp_path: Path) -> None:
    public = _folder(tmp_path / "keys").make("root")
    stick = tmp_path / "stick"
    stick.mkdir()
    (tmp_path / "keys" / "root" / "root-1.pem").rename(stick / "root-1.pem")
    assert _folder(tmp_path / "keys").signer(public) is None
    assert _folder(tmp_path / "keys", b"secret", stick).signer(public) is not None


def test_metadata_names_no_file_elsewhere(tmp_path: Path) -> None:
    public = _folder(tmp_path / "keys").make("root")
    (tmp_path / "root-1.pem").write_bytes((tmp_path / "keys" / "root" / "root-1.pem").read_bytes())
    public.unrecognized_fields["x-jetson-agent-key"] = "../root-1"
    assert _folder(tmp_path / "keys").signer(public) is None


def test_a_key_that_was_made_for_nothing_is_removed(tmp_path: Path) -> None:
    keys = _folder(tmp_path)
    public = keys.make("timestamp")
    keys.discard(public)
    assert list(tmp_path.iterdir()) == []
    assert keys.signer(public) is None
