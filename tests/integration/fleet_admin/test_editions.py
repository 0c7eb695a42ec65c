"""What the operator's commands sign, read by a device's own code over HTTP: afterwards, and amid it."""

import fcntl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.durable_file import write_durably
from agent.fleet.layout import channel_target, device_target, group_target
from agent.fleet.ports import DistrustError
from agent.fleet.values import Distrust, ReleaseName, Requirements
from agent.fleet_admin.checking import check
from agent.fleet_admin.creating import add_channel
from agent.fleet_admin.errors import FleetError, KeyMissingError
from agent.fleet_admin.leftovers import leftovers
from agent.fleet_admin.promoting import history, roll_back, unpin
from agent.fleet_admin.refreshing import refresh
from agent.fleet_admin.rotating import Rotated, rotate
from agent.journal.schema import MAJOR
from tests.fleet.server import StaticServer, serving
from tests.fleet.workshop import Workshop
from tests.integration.fleet.device import Device

WRITES = "agent.fleet_admin.repository.write_durably"
ROLES = ("root", "targets", "snapshot", "timestamp", "releases", "groups", "devices", "channel-stable")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def server(workshop: Workshop) -> Iterator[StaticServer]:
    with serving(workshop.place.repository.folder) as server:
        yield server


class Devices:
    """New devices of the fleet, each in a folder of its own."""

    def __init__(self, workshop: Workshop, server: StaticServer) -> None:
        self._workshop = workshop
        self._server = server
        self.made: list[Device] = []

    def new(self, group: str | None = None) -> Device:
        folder = self._workshop.folder / f"device-{len(self.made)}"
        folder.mkdir()
        root = self._workshop.place.root.read_bytes()
        self.made.append(Device(folder, [self._server.url], root, group))
        return self.made[-1]


@pytest.fixture
def devices(workshop: Workshop, server: StaticServer) -> Iterator[Devices]:
    devices = Devices(workshop, server)
    yield devices
    for device in devices.made:
        device.web.close()


@pytest.fixture
def device(devices: Devices) -> Device:
    return devices.new()


def _rotate(workshop: Workshop, role: str) -> str:
    old = "root-1" if role == "root" else None
    return rotate(workshop.place, workshop.keys(), role, old, workshop.now).new


def _finds(workshop: Workshop) -> tuple[str, ...]:
    return check(workshop.place, workshop.now, lambda _: None, lambda _: None).wrong


def test_an_empty_fleet_wants_nothing(device: Device) -> None:
    assert device.check() == (None, None)


def test_a_device_gets_the_release_that_was_published(workshop: Workshop, device: Device) -> None:
    published = workshop.publish("one").release
    assert device.check() == (None, None)
    desired = workshop.promote("one", 0.25)
    assert device.check() == (desired, published)
    assert (desired.share, desired.cohort, desired.urgent) == (0.25, "one", False)
    assert published.version == "1.2.3"
    assert published.requires == Requirements(("aarch64",), ("NVIDIA Jetson",), 1, journal=MAJOR)
    assert [file.path for file in published.models[0].files] == ["model.onnx", "more/words.json"]


def test_a_device_gets_the_contents(workshop: Workshop, device: Device) -> None:
    model = bytes(range(256)) * 8192
    release = workshop.publish("one", workshop.parts(model=model)).release
    store = device.blobs()
    store.fetch(release, progress=lambda _: None, is_stopped=lambda: False)
    large, small = (file.blob for file in release.models[0].files)
    assert store.path(large.digest).read_bytes() == model
    assert store.path(release.lock.digest).read_bytes() == workshop.parts().lock.read_bytes()
    assert large.index is not None
    assert small.index is None
    assert _finds(workshop) == ()


def test_the_nearest_document_counts(workshop: Workshop, devices: Devices) -> None:
    for name in ("one", "two", "three"):
        workshop.publish(name)
    workshop.promote("one")
    device = devices.new(group="hall-2")
    for name, target in (("two", group_target("hall-2")), ("three", device_target(device.name))):
        workshop.promote(name, target=target)
        desired, _ = device.check()
        assert desired is not None
        assert desired.release == name
    assert _finds(workshop) == ()


def test_what_was_signed_for_a_device_or_a_group_is_taken_back(workshop: Workshop, devices: Devices) -> None:
    for name in ("one", "two", "three"):
        workshop.publish(name)
    device = devices.new(group="hall-2")
    pins = {"three": device_target(device.name), "two": group_target("hall-2")}
    for name, target in (("one", channel_target("stable")), *pins.items()):
        workshop.promote(name, target=target)
    for name, then in (("three", "two"), ("two", "one")):
        assert _wanted(device) == name
        assert unpin(workshop.place, workshop.keys(), pins[name], workshop.now).release == name
        assert _wanted(device) == then
        assert _wanted(devices.new(group="hall-2")) == then
    assert _finds(workshop) == ()
    with pytest.raises(FleetError, match="groups/hall-2 has no release of its own"):
        unpin(workshop.place, workshop.keys(), pins["two"], workshop.now)
    workshop.promote("three", target=pins["three"])
    assert _wanted(device) == "three"


def _wanted(device: Device) -> str | None:
    desired, _ = device.check()
    return None if desired is None else desired.release


def test_a_name_is_never_used_for_another_content(workshop: Workshop, device: Device) -> None:
    workshop.release("one")
    before = device.check()
    assert workshop.publish("one").was_there
    with pytest.raises(FleetError, match="another content"):
        workshop.publish("one", workshop.parts(agent=b"other"))
    assert device.check() == before


def test_a_name_that_is_taken_is_told_before_anything_is_copied(workshop: Workshop) -> None:
    model = bytes(range(256)) * 8192
    workshop.publish("one", workshop.parts(model=model))
    assert workshop.publish("one", workshop.parts(model=model)).was_there
    files = sorted(workshop.place.repository.folder.rglob("*"))
    for other_model, config in ((model[1:], b"log_level: INFO\n"), (model, b"log_level: DEBUG\n")):
        with pytest.raises(FleetError, match="another content"):
            workshop.publish("one", workshop.parts(model=other_model, config=config))
        assert sorted(workshop.place.repository.folder.rglob("*")) == files


@pytest.mark.parametrize("role", ROLES)
def test_devices_follow_to_a_new_key(workshop: Workshop, device: Device, devices: Devices, role: str) -> None:
    workshop.release("one")
    device.check()
    assert _rotate(workshop, role) == f"{role}-{4 if role == 'root' else 2}"
    # The old one signs nothing any more: it may be gone.
    (workshop.place.keys / ("root" if role == "root" else "") / f"{role}-1.pem").unlink()
    release = workshop.release("two")
    assert device.check()[1] == release
    assert devices.new().check()[1] == release
    assert _finds(workshop) == ()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "channel-stable"])
def test_a_lost_key_is_replaced(workshop: Workshop, device: Device, role: str) -> None:
    workshop.release("one")
    device.check()
    (workshop.place.keys / f"{role}-1.pem").unlink()
    with pytest.raises(KeyMissingError, match=f"bring one of {role}-1"):
        _needs_all_of_them(workshop)
    _rotate(workshop, role)
    release = workshop.release("two")
    assert device.check()[1] == release


def _needs_all_of_them(workshop: Workshop) -> None:
    workshop.promote("one", 0.5)
    add_channel(workshop.place, workshop.keys(), "canary", workshop.now)


def test_a_stranger_to_root_changes_no_key(workshop: Workshop, device: Device) -> None:
    workshop.release("one")
    before = device.check()
    files = sorted(workshop.folder.rglob("*"))
    for number in (1, 2):
        (workshop.place.keys / "root" / f"root-{number}.pem").rename(workshop.folder / f"root-{number}.pem")
    away = sorted(workshop.folder.rglob("*"))
    for role in ("timestamp", "targets"):
        with pytest.raises(KeyMissingError, match=r"root needs 2 of its 3 keys and has 1: bring one of root-1, root-2"):
            _rotate(workshop, role)
    assert sorted(workshop.folder.rglob("*")) == away
    assert len(files) == len(away)
    assert device.check() == before
    rotated = rotate(workshop.place, workshop.keys(workshop.folder), "timestamp", None, workshop.now)
    assert rotated == Rotated("timestamp-2", "timestamp-1")
    assert device.check() == before


def test_going_back_is_a_new_version(workshop: Workshop, device: Device) -> None:
    one = workshop.release("one")
    workshop.release("two")
    device.check()
    workshop.promote("two", 0.5)
    back = roll_back(workshop.place, workshop.keys(), "stable", workshop.now)
    assert (back.release, back.urgent, back.back) == ("one", True, True)
    desired, release = device.check()
    assert release == one
    assert desired is not None
    assert desired.share == 1.0
    assert [it.release for it in history(workshop.place, "stable")] == ["one", "two", "two", "one"]
    with pytest.raises(FleetError, match="no release before this one"):
        roll_back(workshop.place, workshop.keys(), "stable", workshop.now)


def test_what_expires_is_signed_anew_in_time(workshop: Workshop, device: Device) -> None:
    release = workshop.release("one")
    assert refresh(workshop.place, workshop.keys(), workshop.now).signed == ()
    device.ahead = 8 * 86400.0
    with pytest.raises(DistrustError) as error:
        device.check()
    assert error.value.kind is Distrust.EXPIRED
    later = workshop.now + timedelta(days=4)
    assert refresh(workshop.place, workshop.keys(), later).signed == ("timestamp",)
    assert device.check()[1] == release


def test_a_timestamp_never_ends_before_the_one_before_it(workshop: Workshop) -> None:
    workshop.release("one")
    before = workshop.place.repository.timestamp().signed
    workshop.now -= timedelta(days=2)  # the operator's clock has gone back
    workshop.promote("one", 0.5)
    after = workshop.place.repository.timestamp().signed
    assert (after.version, after.expires) == (before.version + 1, before.expires)


def test_an_end_that_a_clock_years_ahead_has_signed_is_not_kept(workshop: Workshop, device: Device) -> None:
    release = workshop.release("one")
    now = workshop.now
    workshop.now += timedelta(days=3650)
    workshop.promote("one", 0.5)
    workshop.now = now
    before = workshop.place.repository.timestamp().signed
    assert device.check()[1] == release
    with pytest.raises(FleetError, match="refresh --end-sooner"):
        workshop.promote("one")
    with pytest.raises(FleetError, match="refresh --end-sooner"):
        workshop.publish("two")
    assert workshop.place.repository.timestamp().signed.version == before.version
    assert {"timestamp", "snapshot"} <= set(refresh(workshop.place, workshop.keys(), now, end_sooner=True).signed)
    after = workshop.place.repository.timestamp().signed
    assert after.version == before.version + 1
    assert after.expires <= now + timedelta(days=8)
    workshop.promote("one")
    assert device.check()[1] == release


def test_after_most_of_a_year_what_has_its_keys_here_is_signed(workshop: Workshop) -> None:
    for number in (1, 2):
        (workshop.place.keys / "root" / f"root-{number}.pem").unlink()
    later = workshop.now + timedelta(days=340)
    refreshed = refresh(workshop.place, workshop.keys(), later)
    assert list(refreshed.missing) == ["root"]
    assert {"targets", "releases", "groups", "devices", "device-0", "channel-stable", "timestamp"} <= set(
        refreshed.signed
    )
    assert [it.role for it in check(workshop.place, later, lambda _: None, lambda _: None).due] == ["root"]


def test_what_is_damaged_is_found(workshop: Workshop) -> None:
    release = workshop.release("one")
    blobs = workshop.place.repository
    lock, wheel = blobs.blob(release.lock.digest), blobs.blob(release.wheels[0].blob.digest)
    lock.write_bytes(b"x" * release.lock.size)
    wheel.unlink()
    stray = lock.with_name("0" * 64)
    stray.touch()
    finding = check(workshop.place, workshop.now, lambda _: None, lambda _: None)
    assert finding.orphans == (stray,)
    assert [str(lock) in wrong or str(wheel) in wrong for wrong in finding.wrong] == [True, True]
    workshop.publish("one")
    assert _finds(workshop) == ()


def test_what_commands_that_were_killed_have_left_is_listed_and_cleared(workshop: Workshop) -> None:
    release = workshop.release("one")
    repository = workshop.place.repository.folder
    names = (
        "metadata/.9.snapshot.json.new",
        "metadata/.timestamp.json.new",
        f"targets/releases/.{release.lock.digest}.two.json.new",
        "blobs/.incoming-abcd_123",
        "../keys/.targets-2.pem.new",
        "../.root.json.new",
    )
    left = {(repository / name).resolve() for name in names}
    for file in left:
        file.touch()
    kept = workshop.place.folder / ".htaccess"
    kept.touch()
    with (repository / "blobs" / ".incoming-copied").open("wb") as copied:
        fcntl.flock(copied, fcntl.LOCK_EX)  # as a command that is copying does
        finding = check(workshop.place, workshop.now, lambda _: None, lambda _: None)
        assert set(finding.leftovers) == {*left, Path(copied.name)}
        assert (finding.orphans, finding.wrong) == ((), ())
        workshop.promote("one", 0.5)
        assert list(leftovers(workshop.place.folder)) == [Path(copied.name)]
    workshop.promote("one", 0.75)
    assert list(leftovers(workshop.place.folder)) == []
    assert kept.exists()
    assert _finds(workshop) == ()


def test_a_target_that_is_gone_is_found(workshop: Workshop) -> None:
    workshop.release("one")
    next((workshop.place.repository.folder / "targets" / "releases").iterdir()).unlink()
    assert any("releases/one.json" in wrong for wrong in _finds(workshop))


def _pin_and_unpin(workshop: Workshop) -> None:
    workshop.promote("one", target=device_target("press-7"))
    unpin(workshop.place, workshop.keys(), device_target("press-7"), workshop.now)


Command = Callable[[Workshop], object]
COMMANDS: dict[str, Command] = {
    "publish": lambda workshop: workshop.publish("two"),
    "promote": lambda workshop: workshop.promote("one", 0.5),
    "single": lambda workshop: workshop.promote("one", target=device_target("press-7")),
    "unpin": _pin_and_unpin,
    "channel": lambda workshop: add_channel(workshop.place, workshop.keys(), "canary", workshop.now),
    **{f"rotate {role}": lambda workshop, role=role: _rotate(workshop, role) for role in ROLES},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_device_that_reads_amid_a_command_finds_nothing_broken(
    workshop: Workshop, devices: Devices, device: Device, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    release = workshop.release("one")
    assert device.check()[1] == release
    reads = 0

    def written(file: Path, content: bytes, *, mode: int) -> None:
        nonlocal reads
        write_durably(file, content, mode=mode)
        reads += 1
        assert device.check()[1] == release
        assert devices.new().check()[1] == release

    monkeypatch.setattr(WRITES, written)
    COMMANDS[name](workshop)
    assert reads >= 3


class CutOffError(Exception):
    """The power is gone."""


@pytest.mark.parametrize("name", ["publish", "promote", "rotate timestamp", "rotate root", "rotate devices"])
def test_a_command_that_was_cut_off_is_given_again(
    workshop: Workshop, device: Device, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    release = workshop.release("one")
    for survived in range(100):
        left = survived

        def cut(file: Path, content: bytes, *, mode: int) -> None:
            nonlocal left
            if left == 0:
                raise CutOffError
            left -= 1
            write_durably(file, content, mode=mode)

        monkeypatch.setattr(WRITES, cut)
        try:
            COMMANDS[name](workshop)
        except CutOffError:
            assert device.check()[1] == release
            assert _finds(workshop) == ()
            continue
        break
    assert survived >= 3
    monkeypatch.undo()
    assert device.check()[1] == release
    workshop.promote("one", 0.75)
    desired, _ = device.check()
    assert desired is not None
    assert (desired.release, desired.share) == (ReleaseName("one"), 0.75)


def test_there_is_no_release_and_no_channel_of_that_name(workshop: Workshop) -> None:
    with pytest.raises(FleetError, match="no release two"):
        workshop.promote("two")
    workshop.publish("two")
    with pytest.raises(FleetError, match="no channel none"):
        workshop.promote("two", target=channel_target("none"))
    with pytest.raises(FleetError, match="no role channel:none"):
        rotate(workshop.place, workshop.keys(), "channel-none", None, workshop.now)
    with pytest.raises(FleetError, match="root-1, root-2, root-3"):
        rotate(workshop.place, workshop.keys(), "root", None, workshop.now)
    with pytest.raises(FleetError, match="a channel beta already"):
        add_channel(workshop.place, workshop.keys(), "beta", workshop.now)
