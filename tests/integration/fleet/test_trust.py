"""Honest repositories over networks and clocks that are not always so."""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.durable_file import write_durably
from agent.errors import ConfigError
from agent.fleet import metadata as metadata_module
from agent.fleet.ports import DistrustError, NoRoomError, UnreachableError
from agent.fleet.values import Distrust
from agent.fleet.web import Web
from agent.units import Seconds
from tests.integration.fleet.conftest import Fleet
from tests.integration.fleet.device import CHANNEL, Device, desired
from tests.integration.fleet.repository import Repository
from tests.integration.fleet.site import Site, Trouble, serving

DAYS = 24 * 3600.0


@pytest.fixture
def mirror(fleet: Fleet) -> Iterator[Site]:
    """Of the fleet's repository, with files of its own."""
    with serving(Site(fleet.repository.files)) as site:
        fleet.device.places.append(site.url)
        yield site


def test_nothing_new_takes_two_requests(fleet: Fleet) -> None:
    fleet.site.seen.clear()
    assert fleet.device.check()[0] == desired("one")
    assert fleet.site.paths() == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_the_nearest_document_counts(fleet: Fleet) -> None:
    repository, device = fleet.repository, fleet.device
    device.group = "north"
    for name, target in [("two", "groups/north.json"), ("three", f"devices/{device.name}.json")]:
        fleet.publish("one")
        repository.desire(target, desired(name))
        trust = device.trust()
        trust.refresh()
        assert trust.desired() == desired(name)
    device.name, device.group = "another", "south"
    trust = device.trust()
    trust.refresh()
    assert trust.desired() == desired("one")


def test_a_channel_without_a_document(tmp_path: Path) -> None:
    repository = Repository(bits=None)
    with serving(Site(repository.files)) as site:
        device = Device(tmp_path, [site.url], repository.root_bytes())
        with device.web:
            assert device.check() == (None, None)


def test_a_device_that_is_three_roots_behind(fleet: Fleet) -> None:
    for _ in range(3):
        fleet.repository.rotate("root")
        fleet.repository.rotate("targets")
        fleet.repository.publish(["targets"])
    fleet.goes_on()
    fleet.site.seen.clear()
    fleet.device.check()
    assert fleet.site.paths("root") == ["metadata/8.root.json"]  # those that it has are read here


def test_a_root_that_has_expired_is_followed_by_the_next(fleet: Fleet) -> None:
    fleet.device.ahead = 400 * DAYS
    fleet.device.refuses(Distrust.EXPIRED, text=r"root\.json is expired")
    fleet.repository.begun += timedelta(days=400)
    fleet.repository.publish_root(*fleet.repository.signers["root"])
    fleet.repository.publish(["targets", "releases", "devices", "device-3", "channel-stable"])
    fleet.goes_on()


def test_a_clock_that_was_ahead_and_is_right_again(fleet: Fleet) -> None:
    fleet.device.ahead = 30 * DAYS
    fleet.device.refuses(Distrust.EXPIRED, text=r"timestamp\.json is expired")
    fleet.device.ahead = 0.0
    fleet.device.refuses(Distrust.EXPIRED)  # what was seen expired stays so
    fleet.repository.begun += timedelta(seconds=1)
    fleet.goes_on()


def test_a_clock_that_is_behind_takes_what_is_new(fleet: Fleet) -> None:
    fleet.device.ahead = -50 * 365 * DAYS
    fleet.goes_on()


def test_the_reference_time_reaches_the_library(fleet: Fleet) -> None:
    """If this fails after an upgrade of tuf: ADR 41."""
    fleet.device.ahead = 6.9 * DAYS
    fleet.device.check()
    known = float((fleet.device.folder / "tuf" / "known-time").read_text(encoding="ascii"))
    assert known == pytest.approx(fleet.device.wall(), abs=60.0)
    fleet.device.ahead = 0.0
    trust = fleet.device.trust()
    trust.refresh()
    assert trust._current is not None
    assert trust._current._trusted_set.reference_time == datetime.fromtimestamp(known, UTC)


def test_metadata_is_written_durably(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails after an upgrade of tuf: ADR 41."""
    written: list[str] = []

    def note(file: Path, content: bytes) -> None:
        written.append(file.name)
        write_durably(file, content)

    monkeypatch.setattr(metadata_module, "write_durably", note)
    fleet.repository.rotate("timestamp")
    fleet.goes_on()
    assert {"2.root.json", "timestamp.json", "snapshot.json", "channel-stable.json", "releases.json"} <= set(written)


@pytest.mark.parametrize("spoilt", [b"", b"{}", b"\xff"])
def test_what_is_stored_is_damaged(fleet: Fleet, spoilt: bytes) -> None:
    for file in (fleet.device.folder / "tuf").rglob("*"):
        if file.is_file() and not file.is_symlink():
            file.write_bytes(spoilt)
    assert fleet.device.check()[0] == desired("one")
    fleet.goes_on()


def test_a_mirror_is_asked_when_the_first_does_not_answer(fleet: Fleet, mirror: Site) -> None:
    fleet.site.troubles = [Trouble("timestamp", status=503)]
    mirror.files = fleet.repository.files
    fleet.publish("two")
    assert fleet.device.check()[0] == desired("two")
    assert mirror.paths("timestamp")


def test_a_mirror_is_asked_when_the_first_lies(fleet: Fleet, mirror: Site, caplog: pytest.LogCaptureFixture) -> None:
    fleet.publish("two")
    fleet.site.troubles = [Trouble("targets/releases", flip=True)]
    wanted, manifest = fleet.device.check()
    assert wanted == desired("two")
    assert manifest is not None
    assert mirror.paths("targets/releases")
    assert [record.message for record in caplog.records] == ["fleet_place_failed"]


def test_a_mirror_that_lags_behind_is_passed_over(fleet: Fleet, mirror: Site) -> None:
    mirror.files = dict(fleet.repository.files)
    fleet.device.places.reverse()
    fleet.publish("two")
    assert fleet.device.check()[0] == desired("one")  # signed, and as fresh as it needs to be
    fleet.device.places.reverse()
    assert fleet.device.check()[0] == desired("two")
    fleet.device.places.reverse()
    assert fleet.device.check()[0] == desired("two")
    fleet.site.troubles = [Trouble("timestamp", status=503)]
    with pytest.raises(DistrustError) as error:
        fleet.device.check()
    assert error.value.kind is Distrust.ROLLED_BACK


def test_no_place_answers(fleet: Fleet) -> None:
    fleet.device.places = ["http://127.0.0.1:9", "http://127.0.0.1:9/other/"]
    with pytest.raises(UnreachableError, match=r"9/metadata.*9/other/metadata"):
        fleet.device.check()


@pytest.mark.parametrize(
    ("path", "status"), [("timestamp", 404), ("timestamp", 500), (r"\.root", 500), (r"\.snapshot", 404), ("one", 403)]
)
def test_a_place_that_does_not_give_it(fleet: Fleet, path: str, status: int) -> None:
    fleet.publish("two")
    fleet.publish("one")
    fleet.site.troubles = [Trouble(path, status=status)]
    (fleet.device.folder / "tuf" / "documents" / "release.json").unlink()
    with pytest.raises(UnreachableError, match=f"the server answers {status}"):
        fleet.device.check()
    fleet.goes_on()


def test_a_place_that_goes_silent(fleet: Fleet) -> None:
    fleet.publish("two")
    fleet.device.web.close()
    fleet.device.web = Web(Seconds(0.3))
    fleet.site.troubles = [Trouble(r"\.snapshot", stall_after=10)]
    with fleet.device.web, pytest.raises(UnreachableError):
        fleet.device.check()


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1:9/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[", "/x"]
)
def test_a_redirect_that_leads_elsewhere(fleet: Fleet, location: str) -> None:
    fleet.site.troubles = [Trouble("timestamp|^x", status=302, location=location)]
    with pytest.raises(UnreachableError):
        fleet.device.check()
    fleet.goes_on()


def test_a_redirect_within_the_scheme_is_followed(fleet: Fleet, mirror: Site) -> None:
    fleet.device.places.pop()
    fleet.publish("two")
    fleet.site.troubles = [Trouble("timestamp", status=307, location=f"{mirror.url}/metadata/timestamp.json")]
    assert fleet.device.check()[0] == desired("two")
    assert mirror.paths() == ["metadata/timestamp.json"]


def test_a_release_that_is_not_there(fleet: Fleet) -> None:
    fleet.repository.desire(CHANNEL, desired("nowhere"))
    with pytest.raises(DistrustError, match=r"nowhere is desired, and there is no releases/nowhere\.json") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.MALFORMED


def test_a_document_that_is_too_large(fleet: Fleet) -> None:
    fleet.repository.desire(CHANNEL, b" " * 5000)
    with pytest.raises(DistrustError, match="5,000 bytes, and may have 4,096") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.TOO_LARGE


@pytest.mark.parametrize("root", [None, b"", b"{}", b'{"signed": {}, "signatures": []}'])
def test_a_root_that_is_none(tmp_path: Path, root: bytes | None) -> None:
    device = Device(tmp_path, ["http://127.0.0.1:9"], root or b"")
    if root is None:
        (tmp_path / "root.json").unlink()
    with pytest.raises(ConfigError, match=r"root\.json"):
        device.trust()


@pytest.mark.parametrize(("number", "raised"), [(errno.ENOSPC, NoRoomError), (errno.EIO, OSError)])
def test_a_disk_that_does_not_take_it(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, number: int, raised: type[Exception]
) -> None:
    def fail(file: Path, _: bytes) -> None:
        raise OSError(number, os.strerror(number), str(file))

    fleet.publish("two")
    with monkeypatch.context() as patch:
        patch.setattr(metadata_module, "write_durably", fail)
        with pytest.raises(raised):
            fleet.device.check()
    fleet.goes_on()


def test_a_root_that_is_another_role(fleet: Fleet) -> None:
    fleet.device.root = fleet.repository.files["metadata/timestamp.json"]
    (fleet.device.folder / "root.json").write_bytes(fleet.device.root)
    with pytest.raises(ConfigError, match=r"root\.json: not a root of trust: it is of the type timestamp"):
        fleet.device.trust()
