"""Downloads from a hub and a mirror that are really there, over connections that break."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.utils._http import close_session

from agent.models.catalog import Catalog, Entry
from agent.models.manifest import HubSource, Licence, Manifest
from agent.models.manifest_file import manifest_text, read_manifest
from agent.models.pace import Pace
from agent.models.pull import From, Pulled, Puller
from agent.models.pull_error import PullError
from agent.models.transfer import Transfer, new_client
from agent.units import Bytes, Seconds
from tests.integration.hub_server import COMMIT, Hub, Trouble, serving

NAME = "some-model"
WEIGHTS = hashlib.shake_256(b"weights").digest(3_000_000)
FILES = {
    "README.md": b"of the whole repository",
    "cpu/.gitattributes": b"*",
    "cpu/genai_config.json": b"{}",
    "cpu/model.onnx.data": WEIGHTS,
    "cpu/empty.txt": b"",
    "cpu/deeper/model.onnx": b"another",
}
ANEW = From(accept_new=True)


class Told:
    """Remembers a download's progress."""

    def __init__(self) -> None:
        self.total = self.have = 0
        self.kept: int | None = None
        self.said: list[str] = []

    def begin(self, total: Bytes, have: Bytes) -> None:
        self.total, self.have, self.kept = total, have, have

    def advance(self, size: int) -> None:
        self.have += size

    def say(self, what: str) -> None:
        self.said.append(what)


class Device:
    """A machine with a folder for models.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.own = folder / "models"
        self.own.mkdir()
        self.shipped = folder / "shipped"
        self.shipped.mkdir()
        self.told = Told()
        self.waited: list[float] = []

    def knows(self, manifest: Manifest) -> None:
        (self.shipped / f"{manifest.name}.yaml").write_text(manifest_text(manifest), encoding="utf-8")

    def entry(self) -> Entry | None:
        return Catalog(self.own, self.own, (self.shipped,)).find(NAME)

    def pull(self, source: From = ANEW, silence: float = 5.0, rate: Bytes | None = None) -> Pulled:
        self.told = Told()
        with new_client(source.token, Seconds(silence)) as client:
            transfer = Transfer(client, Pace(rate), self.told, self.waited.append)
            return Puller(self.own, client, transfer, self.told).pull(NAME, self.entry(), source)

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in self.own.iterdir() if path.name.startswith("."))


def manifest(**changes: object) -> Manifest:
    return Manifest(
        name=NAME,
        title="A model",
        licence=Licence.model_validate({"name": "MIT", "url": "https://example.org/licence"}),
        source=HubSource(hub="owner/model", folder="cpu"),
        engines=(),
        parameters=1,
        chat_template="none",
        quantization="none",
        minimum_board="any",
    ).model_copy(update=changes)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving(Hub(dict(FILES), frozenset({"cpu/model.onnx.data"}))) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)  # HF_ENDPOINT is read when the library is imported
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield hub
        close_session()


@pytest.fixture
def device(tmp_path: Path) -> Device:
    device = Device(tmp_path)
    device.knows(manifest())
    return device


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


WHOLE = {"genai_config.json": b"{}", "model.onnx.data": WEIGHTS, "empty.txt": b""}


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


def test_without_accept_new_nothing_is_asked(hub: Hub, device: Device) -> None:
    with pytest.raises(PullError, match="--accept-new"):
        device.pull(From())
    assert hub.seen == []
    assert list(device.own.iterdir()) == []


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


def test_a_repository_that_is_no_model_is_told(hub: Hub, device: Device) -> None:
    del hub.files["cpu/genai_config.json"]
    with pytest.raises(PullError, match=r"no genai_config\.json in cpu"):
        device.pull()


def test_the_token_goes_to_the_hub_alone(hub: Hub, device: Device) -> None:
    hub.token = "hf_secret"  # noqa: S105 - of this test
    with pytest.raises(PullError, match="--token-file"):
        device.pull()
    device.pull(From(token="hf_secret", accept_new=True))  # noqa: S106 - likewise
    stored = [headers for _, path, headers in hub.seen if path.startswith("/store/")]
    assert len(stored) == 1
    assert "authorization" not in stored[0]


def test_a_broken_connection_goes_on_where_it_ended(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=1_000_000), Trouble(stop_after=1_000_000)]
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert hub.sent == len(WEIGHTS) + 2
    ranges = [headers.get("range") for _, path, headers in hub.seen if path.startswith("/store/")]
    assert ranges == [None, "bytes=1000000-", "bytes=2000000-"]
    assert device.waited == [1.0, 1.0]


def test_a_server_that_goes_silent_is_asked_again(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stall_after=500_000)]
    device.pull(silence=0.2)
    assert content(device.own / NAME) == WHOLE
    assert any("has gone silent" in line for line in device.told.said)


def test_a_server_without_ranges_begins_anew(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=500_000), Trouble(whole=True)]
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert device.told.have == len(WEIGHTS) + 2


@pytest.mark.parametrize(("status", "after", "waits"), [(429, 7, 7.0), (429, 900, 60.0), (503, None, 1.0)])
def test_a_busy_server_is_asked_again_when_it_wants(
    hub: Hub, device: Device, status: int, after: int | None, waits: float
) -> None:
    hub.troubles = [Trouble(status=status, retry_after=after)]
    device.pull()
    assert device.waited == [waits]
    assert content(device.own / NAME) == WHOLE


def test_what_has_come_is_kept_when_we_give_up(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=2_000_000), *[Trouble(status=503)] * 5]
    with pytest.raises(PullError, match=r"6 times in a row.*is kept"):
        device.pull()
    assert not (device.own / NAME).exists()
    assert device.left_behind() == [f".pull-{NAME}"]
    sent = hub.sent
    device.pull()
    assert device.told.kept == 2_000_002
    assert hub.sent - sent == len(WEIGHTS) - 2_000_000
    assert len(hub.paths("/api/")) == 1  # it goes on with the commit that it began with
    assert content(device.own / NAME) == WHOLE


@pytest.mark.parametrize("status", [401, 403, 404, 418])
def test_a_file_that_is_refused_ends_it(hub: Hub, device: Device, status: int) -> None:
    hub.troubles = [Trouble(), Trouble(status=status)]
    with pytest.raises(PullError, match=str(status)):
        device.pull()
    assert device.waited == []


def test_a_damaged_file_is_fetched_once_more(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(flipped=True)]
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert any("digest is wrong" in line for line in device.told.said)


@pytest.mark.parametrize("at", [0, 1])
def test_a_file_that_stays_wrong_is_thrown_away(hub: Hub, device: Device, at: int) -> None:
    hub.troubles = [*[Trouble()] * at, Trouble(flipped=True), Trouble(flipped=True)]
    with pytest.raises(PullError, match="twice, its digest was not"):
        device.pull()
    assert not (device.own / NAME).exists()
    assert not (device.own / f"{NAME}.yaml").exists()


def test_other_bytes_under_a_pinned_name_are_not_taken(hub: Hub, device: Device) -> None:
    device.knows(device.pull().manifest)
    (device.own / NAME).rename(device.own / "aside")
    hub.files["cpu/model.onnx.data"] = bytes(len(WEIGHTS))
    with pytest.raises(PullError, match="twice, its digest was not"):
        device.pull(From())
    hub.files["cpu/model.onnx.data"] = WEIGHTS + b"more"
    with pytest.raises(PullError, match="longer than the 3,000,000 bytes"):
        device.pull(From())


def test_a_pinned_manifest_that_has_changed_drops_the_part_of_the_old_file(hub: Hub, device: Device) -> None:
    written = device.pull().manifest
    (device.own / NAME).rename(device.own / "aside")
    hub.troubles = [Trouble(), Trouble(stop_after=1_000_000), Trouble(status=404)]
    with pytest.raises(PullError, match="404"):
        device.pull(From())
    new = bytes(1_500_000)
    hub.files["cpu/model.onnx.data"] = new
    files = [file.model_dump() for file in written.files]
    files[1] |= {"size": len(new), "sha256": hashlib.sha256(new).hexdigest()}
    (device.own / f"{NAME}.yaml").write_text(
        manifest_text(Manifest.model_validate({**written.model_dump(), "files": files}))
    )
    device.pull(From())
    assert content(device.own / NAME) == {**WHOLE, "model.onnx.data": new}


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
    with pytest.raises(PullError, match="the mirror answers 404"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


def test_a_mirror_that_vouches_for_nothing(hub: Hub, device: Device) -> None:
    hub.mirror = {f"{NAME}.yaml": manifest_text(manifest()).encode()}
    with pytest.raises(PullError, match="names its files with their digests"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


@pytest.mark.parametrize("mirror", [None, "http://127.0.0.1:1"])
def test_without_a_network_it_says_what_to_do(
    device: Device, monkeypatch: pytest.MonkeyPatch, mirror: str | None
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(PullError, match=r"cannot be reached.*Is this machine online.*copy the model's folder"):
        device.pull(From(mirror=mirror, accept_new=True))
    close_session()


@pytest.mark.usefixtures("hub")
def test_a_rate_is_kept(device: Device) -> None:
    device.pull(rate=Bytes(1_000_000))
    assert sum(device.waited) > 2.0  # what a real sleep would have waited is only noted here


@pytest.mark.usefixtures("hub")
def test_two_at_once_do_not_spoil_it(device: Device) -> None:
    said: list[str] = []

    class Second(Told):
        def begin(self, total: Bytes, have: Bytes) -> None:
            super().begin(total, have)
            with pytest.raises(PullError, match="by another process") as error:
                device.pull()
            said.append(str(error.value))

    with new_client(None) as client:
        Puller(device.own, client, Transfer(client, Pace(None), Second()), Second()).pull(NAME, device.entry(), ANEW)
    assert said
    assert content(device.own / NAME) == WHOLE


def test_a_client_asks_for_no_compression() -> None:
    with new_client(None) as client:
        assert client.headers["Accept-Encoding"] == "identity"
        assert isinstance(client, httpx2.Client)
