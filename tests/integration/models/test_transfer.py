"""Over connections that break: what goes on, what begins anew, what is thrown away."""

import contextlib
import hashlib
import shutil
from pathlib import Path

import httpx2
import pytest

from agent.download.pace import Pace
from agent.models.manifest import Manifest
from agent.models.manifest_file import manifest_text
from agent.models.pull import From, Puller
from agent.models.pull_error import PullError
from agent.models.transfer import Transfer, new_client
from agent.models.work_folder import WorkFolder
from agent.units import Bytes
from tests.integration.models.device import ANEW, NAME, WEIGHTS, WHOLE, Device, Told, content, manifest
from tests.integration.models.hub_server import Hub, Trouble


def test_the_token_goes_to_the_hub_alone(hub: Hub, device: Device) -> None:
    hub.token = "hf_secret"  # noqa: S105 - of this test
    with pytest.raises(PullError, match="--token-file"):
        device.pull()
    device.pull(From(token="hf_secret", accept_new=True))  # noqa: S106 - likewise
    stored = [headers for _, path, headers in hub.seen if path.startswith("/store/")]
    assert len(stored) == 1
    assert "authorization" not in stored[0]


def test_nothing_but_the_model_is_asked_of_the_hub(hub: Hub, device: Device) -> None:
    device.pull()
    assert hub.paths("/api/") == ["/api/models/owner/model/revision/main?blobs=true"]


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


def test_a_server_without_ranges_is_not_asked_for_ever(hub: Hub, device: Device) -> None:
    breaks = [Trouble(whole=True, stop_after=size) for size in (1_800_000, 1_200_000)]
    hub.troubles = [Trouble(), *breaks * 10]
    with pytest.raises(PullError, match=r"6 times in a row.*is kept"):
        device.pull()
    assert hub.sent == 2 + 3 * (1_800_000 + 1_200_000)


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


def test_a_file_that_is_not_there_says_where_it_is_looked_for(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(status=404)]
    with pytest.raises(PullError, match=r"\(404\)\. Is the address right\? A --mirror has the files in a folder of"):
        device.pull()


@pytest.mark.parametrize("status", [401, 403, 404, 416, 418])
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
    with pytest.raises(PullError, match=r"longer than the 3,000,000 bytes .*\. The server does not send the file"):
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


def test_digests_of_another_device_drop_nothing_that_has_come(hub: Hub, device: Device) -> None:
    digests = manifest_text(device.pull().manifest)
    shutil.rmtree(device.own / NAME)
    (device.own / f"{NAME}.yaml").unlink()
    hub.troubles = [Trouble(), Trouble(stop_after=2_000_000), Trouble(status=404)]
    with pytest.raises(PullError, match="404"):
        device.pull()
    (device.own / f"{NAME}.yaml").write_text(digests)
    sent = hub.sent
    device.pull(From())
    assert device.told.kept == 2_000_000
    assert hub.sent - sent == len(WEIGHTS) - 2_000_000 + len(WHOLE["genai_config.json"])
    assert content(device.own / NAME) == WHOLE


def test_a_model_that_did_not_appear_is_not_sent_again(
    hub: Hub, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(WorkFolder, "finish", power_cut)
        with pytest.raises(KeyboardInterrupt):
            device.pull()
    sent = hub.sent
    device.pull(From())
    assert hub.sent - sent == len(WHOLE["genai_config.json"])
    assert content(device.own / NAME) == WHOLE


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


class Filling(Told):
    """Fills the disk up as soon as something has come.

    Args:
        disk: Where.
    """

    def __init__(self, disk: Path) -> None:
        super().__init__()
        self._other = disk / "other"

    def advance(self, size: int) -> None:
        super().advance(size)
        if not self._other.exists():
            with self._other.open("wb", buffering=0) as other, contextlib.suppress(OSError):
                while other.write(bytes(4096)) == 4096:
                    pass


@pytest.mark.usefixtures("hub")
def test_a_disk_that_fills_up_meanwhile(small_disk: Path) -> None:
    device = Device(small_disk)
    device.knows(manifest())
    filling = Filling(small_disk)
    with new_client(None) as client, pytest.raises(PullError, match=r"the disk is full. What has come is kept"):
        Puller(device.own, client, Transfer(client, Pace(None), filling), filling).pull(NAME, device.entry(), ANEW)
    assert not (device.own / NAME).exists()
    with pytest.raises(PullError, match="the disk is full"):
        device.pull()
    (small_disk / "other").unlink()
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert device.told.kept
