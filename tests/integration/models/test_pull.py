"""From a hub and a mirror that are really there: what is taken, what is refused, what is written down."""

import hashlib
import os
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.utils._http import close_session

from agent.models.manifest import HubSource
from agent.models.manifest_file import manifest_text, read_manifest
from agent.models.pull import From
from agent.models.pull_error import PullError
from tests.integration.models.device import FILES, NAME, WEIGHTS, WHOLE, Device, content, manifest
from tests.integration.models.hub_server import COMMIT, Hub, Trouble


def test_the_hub_is_one_for_its_own_library_too(hub: Hub, tmp_path: Path) -> None:
    for name in ("cpu/model.onnx.data", "cpu/genai_config.json"):
        file = hf_hub_download("owner/model", name, local_dir=tmp_path, endpoint=hub.url, token=False)
        assert Path(file).read_bytes() == FILES[name]


@pytest.mark.usefixtures("hub")
def test_a_first_download_writes_its_digests_down(device: Device) -> None:
    pulled = device.pull()
    assert content(device.own / NAME) == WHOLE
    assert pulled.pinned == device.own / f"{NAME}.yaml"
    pinned = read_manifest(pulled.pinned)
    assert isinstance(pinned.source, HubSource)
    assert pinned.source.revision == COMMIT
    assert {file.path: file.sha256 for file in pinned.files} == {
        name: hashlib.sha256(bytes_).hexdigest() for name, bytes_ in WHOLE.items()
    }
    assert device.left_behind() == []
    assert (device.told.have, device.told.total) == (len(WEIGHTS) + 2, len(WEIGHTS) + 2)


def test_the_second_time_only_the_same_bytes_are_taken(hub: Hub, device: Device, tmp_path: Path) -> None:
    written = device.pull().manifest
    (tmp_path / "other").mkdir()
    other = Device(tmp_path / "other")
    other.knows(written)
    asked = len(hub.paths("/api/"))
    assert other.pull(From()).pinned is None
    assert content(other.own / NAME) == WHOLE
    assert len(hub.paths("/api/")) == asked
    assert other.pull(From()).was_there


@pytest.mark.parametrize("changed", [{"folder": "gpu"}, {"folder": "cpu", "revision": COMMIT}])
def test_a_manifest_that_changed_meanwhile_is_what_counts(hub: Hub, device: Device, changed: dict[str, str]) -> None:
    hub.files |= {"gpu/genai_config.json": b'{"gpu": 1}', "gpu/model.onnx.data": WEIGHTS[:1000]}
    hub.troubles = [Trouble(), Trouble(stop_after=1_000_000), Trouble(status=403)]
    with pytest.raises(PullError, match="403"):
        device.pull()
    source = HubSource.model_validate({"hub": "owner/model", **changed})
    device.knows(manifest(source=source))
    pulled = device.pull()
    lead = f"{source.folder}/"
    of_the_folder = {name.removeprefix(lead): bytes_ for name, bytes_ in hub.files.items() if name.startswith(lead)}
    assert content(pulled.folder) == {name: of_the_folder[name] for name in content(pulled.folder)}
    assert isinstance(pulled.manifest.source, HubSource)
    assert pulled.manifest.source.folder == source.folder
    assert len(hub.paths("/api/")) == 2


def test_a_commit_that_is_gone_is_asked_for_anew(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=1_000_000), Trouble(status=403)]
    with pytest.raises(PullError, match="403"):
        device.pull()
    hub.commit = "f" * 40  # a forced push; the weights stand in the store under their own digest
    hub.files["cpu/genai_config.json"] = b'{"new": 1}'
    sent = hub.sent
    pulled = device.pull()
    assert content(pulled.folder) == {**WHOLE, "genai_config.json": b'{"new": 1}'}
    assert isinstance(pulled.manifest.source, HubSource)
    assert pulled.manifest.source.revision == hub.commit
    assert hub.sent - sent == len(WEIGHTS) - 1_000_000 + len(b'{"new": 1}')
    assert any("no longer" in line for line in device.told.said)


def test_a_commit_of_which_a_file_is_missing_is_not_asked_for_ever(hub: Hub, device: Device) -> None:
    for _ in range(2):
        hub.troubles = [Trouble(status=404), Trouble(status=404)]
        with pytest.raises(PullError, match="404"):
            device.pull()
    assert len(hub.paths("/api/")) == 2


def test_without_accept_new_nothing_is_asked(hub: Hub, device: Device) -> None:
    with pytest.raises(PullError, match="--accept-new"):
        device.pull(From())
    assert hub.seen == []
    assert list(device.own.iterdir()) == []


@pytest.mark.parametrize("what", ["folder", "file", "link"])
def test_what_is_no_model_and_in_the_way_is_told_before_anything_comes(hub: Hub, device: Device, what: str) -> None:
    target = device.own / NAME
    match what:
        case "folder":
            target.mkdir()
            (target / "notes.txt").touch()
        case "file":
            target.touch()
        case _:
            target.symlink_to("nowhere")
    with pytest.raises(PullError, match=rf"{NAME} is there already and is no model: move it away"):
        device.pull()
    assert hub.seen == []
    assert device.left_behind() == []


@pytest.mark.usefixtures("hub")
def test_a_download_has_the_room_of_a_removal_that_was_cut_off(device: Device) -> None:
    (device.own / ".removed-other").mkdir()
    (device.own / ".removed-other" / "weights").touch()
    device.pull()
    assert device.left_behind() == []


@pytest.mark.usefixtures("hub")
def test_a_model_is_for_every_user_to_read(device: Device) -> None:
    device.own = device.own / "state" / "models"
    before = os.umask(0o077)
    try:
        pulled = device.pull()
    finally:
        os.umask(before)
    folders = (pulled.folder, device.own, device.own.parent)
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o755] * 3
    assert {file.stat().st_mode & 0o777 for file in pulled.folder.iterdir()} == {0o644}


@pytest.mark.usefixtures("hub")
def test_an_empty_folder_is_in_nobodys_way(device: Device) -> None:
    (device.own / NAME).mkdir()
    device.pull()
    assert content(device.own / NAME) == WHOLE


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ((401, "RepoNotFound"), "does not exist, or is private.*--token-file"),
        ((403, "GatedRepo"), "accepted its licence.*--token-file"),
        ((404, "RepoNotFound"), "does not exist, or is private"),
        ((404, "RevisionNotFound"), "has no revision main"),
        ((429, ""), "429: too many requests"),
        ((500, ""), "500: try again later"),
    ],
)
def test_what_the_hub_refuses_is_told(hub: Hub, device: Device, error: tuple[int, str], says: str) -> None:
    hub.error = error
    with pytest.raises(PullError, match=says):
        device.pull()
    assert list(device.own.iterdir()) == []


def test_a_page_instead_of_the_hub_is_told(hub: Hub, device: Device) -> None:
    hub.page = b"<html>Welcome to our hotel"
    with pytest.raises(PullError, match="what answers is no hub"):
        device.pull()


def test_a_repository_that_is_no_model_is_told(hub: Hub, device: Device) -> None:
    del hub.files["cpu/genai_config.json"]
    with pytest.raises(PullError, match=r"no model for this agent in cpu, which would be one of: genai_config\.json"):
        device.pull()


def test_a_mirror_is_the_models_folder_of_another_machine(hub: Hub, device: Device, tmp_path: Path) -> None:
    device.pull()
    hub.mirror = {f"{NAME}.yaml": (device.own / f"{NAME}.yaml").read_bytes()}
    hub.mirror |= {f"{NAME}/{name}": bytes_ for name, bytes_ in WHOLE.items()}
    (tmp_path / "other").mkdir()
    other = Device(tmp_path / "other")
    with pytest.raises(PullError, match="nothing is known of some-model"):
        other.pull(From(accept_new=True))
    with pytest.raises(PullError, match="--accept-new"):
        other.pull(From(mirror=f"{hub.url}/mirror"))
    hub.troubles = [Trouble(), Trouble(), Trouble(stop_after=1_000_000)]
    before = len(hub.seen)
    assert other.pull(From(mirror=f"{hub.url}/mirror/", accept_new=True)).pinned is not None
    assert content(other.own / NAME) == WHOLE
    assert all(path.startswith("/mirror/") for _, path, _ in hub.seen[before:])


def test_a_mirror_without_the_model(hub: Hub, device: Device) -> None:
    with pytest.raises(
        PullError, match=r"some-model\.yaml: the mirror does not have it \(404\).* a mirror needs the model"
    ):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


def test_a_mirror_that_vouches_for_nothing(hub: Hub, device: Device) -> None:
    hub.mirror = {f"{NAME}.yaml": manifest_text(manifest()).encode()}
    with pytest.raises(PullError, match=r"a manifest without `files`.* the size and the SHA-256 of each file"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


def test_a_mirror_s_manifest_of_another_model(hub: Hub, device: Device) -> None:
    hub.mirror = {f"{NAME}.yaml": manifest_text(manifest(name="other")).encode()}
    with pytest.raises(PullError, match="is the manifest of other, and not of some-model"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


@pytest.mark.parametrize("mirror", [None, "http://127.0.0.1:1"])
def test_without_a_network_it_says_what_to_do(
    device: Device, monkeypatch: pytest.MonkeyPatch, mirror: str | None
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(PullError, match=r"cannot be reached.*Is this machine online.*copy the model's folder"):
        device.pull(From(mirror=mirror, accept_new=True))
    close_session()
