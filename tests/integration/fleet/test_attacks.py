"""Attacks on a device's updates, each by its name: refused for the right reason, nothing kept, and life goes on.

Names as in the specification of The Update Framework, section 1.5.2; what the signing keys are assumed to be worth to
the attacker stands with each. What a bundle may do to a slot is tested with slots.
"""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner

from agent.fleet.documents import encode_release
from agent.fleet.least_rate import LeastRate
from agent.fleet.ports import DistrustError
from agent.fleet.values import Distrust
from agent.fleet.web import Web
from agent.units import Bytes, Seconds
from tests.integration.fleet.conftest import Fleet
from tests.integration.fleet.device import CHANNEL, desired, path_of, release
from tests.integration.fleet.repository import Repository
from tests.integration.fleet.site import Trouble

TIMESTAMP = "metadata/timestamp.json"
DAYS = 24 * 3600.0
SIGNED_TIMESTAMP = frozenset({"timestamp.json"})
SIGNED_TOP = frozenset({"timestamp.json", "snapshot.json"})
"""What an attacker who has the keys for it may well change."""


def version(fleet: Fleet, role: str) -> int:
    number: int = fleet.repository.documents[role].signed.version
    return number


def impatient() -> Web:
    """Of a device that waits for less long, so that the test does not wait."""
    return Web(Seconds(0.5), LeastRate(Bytes(1024), Seconds(0.4)))


def test_rollback_of_the_timestamp(fleet: Fleet) -> None:
    """A server that gives what it gave before: no key needed."""
    old = dict(fleet.site.files)
    fleet.publish("two")
    fleet.device.check()
    fleet.site.files = old
    fleet.device.refuses(Distrust.ROLLED_BACK, text="timestamp version")
    fleet.goes_on()


def test_rollback_of_the_snapshot(fleet: Fleet) -> None:
    """With the timestamp's key: a new one that names an older snapshot."""
    fleet.publish("two")
    fleet.device.check()
    stolen = fleet.repository.copy()
    stolen.documents["timestamp"].signed.snapshot_meta.version -= 1
    stolen.sign("timestamp")
    fleet.site.files = stolen.files
    fleet.device.refuses(Distrust.ROLLED_BACK, text="snapshot version")
    fleet.goes_on()


@pytest.mark.parametrize("role", ["targets", "channel-stable", "releases"])
def test_rollback_of_targets(fleet: Fleet, role: str) -> None:
    """With the timestamp's and the snapshot's keys: a new snapshot that names an older version of a role."""
    fleet.repository.publish([role])
    fleet.device.check()
    stolen = fleet.repository.copy()
    stolen.documents["snapshot"].signed.meta[f"{role}.json"].version -= 1
    stolen.publish()
    fleet.site.files = stolen.files
    fleet.device.refuses(Distrust.ROLLED_BACK, text=f"{role}.json", but=SIGNED_TIMESTAMP)
    fleet.goes_on()


def test_freeze(fleet: Fleet) -> None:
    """A server that gives the same for ever: no key needed."""
    fleet.device.ahead = 8 * DAYS
    fleet.device.refuses(Distrust.EXPIRED, text=r"timestamp.json is expired; the clock says .* what was signed before")
    fleet.repository.begun += timedelta(days=8)
    fleet.goes_on()


def test_freeze_of_a_device_whose_clock_is_set_back(fleet: Fleet) -> None:
    """And power over its clock: what was expired once stays expired."""
    fleet.device.ahead = 8 * DAYS
    fleet.device.refuses(Distrust.EXPIRED)
    fleet.device.ahead = -40 * 365 * DAYS
    fleet.device.refuses(Distrust.EXPIRED)
    fleet.repository.begun += timedelta(days=8)
    fleet.goes_on()


def test_freeze_by_a_clock_that_is_set_ahead(fleet: Fleet) -> None:
    """The device refuses while its clock is wrong, and is not spoilt by it."""
    for ahead in (40 * 365 * DAYS, 7900 * 365 * DAYS):
        fleet.device.ahead = ahead
        fleet.device.refuses(Distrust.EXPIRED, text="the clock says")
    fleet.device.ahead = 0.0
    fleet.goes_on()


@pytest.mark.parametrize("given", [2, 4])
def test_mix_and_match(fleet: Fleet, given: int) -> None:
    """A server that gives a role's file of another time under the name of the one that is signed: no key needed."""
    channel = {}
    for name in ("two", "three", "four"):
        fleet.publish(name)
        channel[version(fleet, "channel-stable")] = fleet.repository.copy()
    assert set(channel) == {3, 4, 5}
    channel[2] = channel[4]
    named, others = channel[4], channel[5]
    path = path_of("channel-stable", 4)
    fleet.site.files = {**named.files, path: others.files[path_of("channel-stable", 5 if given == 4 else 3)]}
    fleet.device.refuses(Distrust.ROLLED_BACK, text="channel-stable v4", but=SIGNED_TOP)
    fleet.goes_on()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "channel-stable", "releases"])
def test_wrong_key(fleet: Fleet, role: str) -> None:
    """A role's document that somebody else has signed; with the keys of those that name it."""
    stolen = fleet.repository.copy()
    stolen.signers[role] = [CryptoSigner.generate_ed25519()]
    stolen.publish([] if role in {"timestamp", "snapshot"} else [role])
    fleet.site.files = stolen.files
    signed = {"timestamp": frozenset[str](), "snapshot": SIGNED_TIMESTAMP}.get(role, SIGNED_TOP)
    fleet.device.refuses(Distrust.UNSIGNED, text=f"{role} was signed by 0/1 keys", but=signed)
    fleet.repository.publish([] if role in {"timestamp", "snapshot"} else [role])
    fleet.goes_on()


def test_wrong_key_everywhere(fleet: Fleet) -> None:
    """Somebody else's repository, root and all."""
    other = Repository()
    other.publish_root()
    fleet.site.files = other.files
    fleet.device.refuses(Distrust.UNSIGNED, text="root was signed by")
    del other.files["metadata/2.root.json"]
    fleet.device.refuses(Distrust.UNSIGNED, text="timestamp was signed by")
    fleet.goes_on()


def test_threshold_not_met(fleet: Fleet) -> None:
    """With one of the two keys that a role needs."""
    repository = fleet.repository
    second = CryptoSigner.generate_ed25519()
    root = repository.documents["root"].signed
    root.add_key(second.public_key, "targets")
    root.roles["targets"].threshold = 2
    repository.signers["targets"].append(second)
    repository.publish_root()
    repository.publish(["targets"])
    fleet.device.check()
    stolen = repository.copy()
    stolen.signers["targets"] = [second]
    stolen.publish(["targets"])
    fleet.site.files = stolen.files
    fleet.device.refuses(Distrust.UNSIGNED, text="targets was signed by 1/2 keys", but=SIGNED_TOP)
    fleet.repository.publish(["targets"])
    fleet.goes_on()


def test_threshold_met_by_one_key_twice(fleet: Fleet) -> None:
    """Likewise, and its signature is there twice, under two names."""
    repository = fleet.repository
    second = CryptoSigner.generate_ed25519()
    root = repository.documents["root"].signed
    root.add_key(second.public_key, "timestamp")
    root.roles["timestamp"].threshold = 2
    repository.signers["timestamp"].append(second)
    repository.publish_root()
    repository.publish()
    fleet.device.check()
    stolen = repository.copy()
    stolen.signers["timestamp"] = [second]
    forged: dict[str, Any] = json.loads(stolen.sign("timestamp"))
    first = repository.signers["timestamp"][0].public_key.keyid
    forged["signatures"].append({**forged["signatures"][0], "keyid": first})
    fleet.site.troubles = [Trouble("timestamp", content=json.dumps(forged).encode())]
    fleet.device.refuses(Distrust.UNSIGNED, text="1/2 keys")
    fleet.goes_on()


def test_key_rotated_away(fleet: Fleet) -> None:
    """With a timestamp's key that a newer root no longer names."""
    stolen = fleet.repository.copy()
    fleet.repository.rotate("timestamp")
    fleet.repository.publish()
    fleet.device.check()
    stolen.publish()
    fleet.site.troubles = [Trouble("timestamp", content=stolen.files[TIMESTAMP])]
    fleet.device.refuses(Distrust.UNSIGNED, text="timestamp was signed by 0/1")
    fleet.goes_on()


def test_root_key_rotated_away(fleet: Fleet) -> None:
    """With a root's key that a newer root no longer names: the next root is not theirs to sign."""
    stolen = fleet.repository.copy()
    fleet.repository.rotate("root")
    fleet.device.check()
    stolen.publish_root()
    stolen.publish_root()
    fleet.site.files = {**fleet.repository.files, "metadata/3.root.json": stolen.files["metadata/3.root.json"]}
    fleet.device.refuses(Distrust.UNSIGNED, text="root was signed by 0/1")
    fleet.goes_on()


@pytest.mark.parametrize(
    "path",
    [r"\.root", "timestamp", r"\.snapshot", r"\.channel-stable", r"\.releases", "targets/channels", "targets/releases"],
)
def test_endless_data(fleet: Fleet, path: str) -> None:
    """A server that never stops to send; no key needed. It is left as soon as it sends more than is signed."""
    fleet.publish("two")
    fleet.site.troubles = [Trouble(path, content=b" ", endless=True)]
    with pytest.raises(DistrustError) as error:
        fleet.device.check()
    assert error.value.kind is Distrust.TOO_LARGE
    assert fleet.site.sent < 16 * 1024 * 1024
    fleet.goes_on()


def test_endless_data_of_a_redirect(fleet: Fleet) -> None:
    """A redirect's body is not read at all."""
    fleet.site.troubles = [Trouble("timestamp", status=302, location="/metadata/1.root.json", endless=True)]
    fleet.device.refuses(Distrust.MALFORMED, text="Expected 'timestamp', got 'root'")
    fleet.goes_on()


@pytest.mark.parametrize("path", [r"\.root", "timestamp", r"\.snapshot", "targets/releases"])
@pytest.mark.parametrize("how", ["body", "header"])
def test_slow_retrieval(fleet: Fleet, path: str, how: str) -> None:
    """A server that sends a byte from time to time, so that no silence ends it; no key needed."""
    fleet.publish("two")
    patient, fleet.device.web = fleet.device.web, impatient()
    drip = {"drip": 0.05} if how == "body" else {"drip_header": 0.05}
    fleet.site.troubles = [Trouble(path, content=b" " * 1000, **drip)]  # type: ignore[arg-type] # both are seconds
    with fleet.device.web, pytest.raises(DistrustError) as error:
        fleet.device.check()
    assert error.value.kind is Distrust.TOO_SLOW
    fleet.device.web = patient
    fleet.goes_on()


@pytest.mark.parametrize("target", [CHANNEL, "releases/two.json"])
@pytest.mark.parametrize("how", ["truncated", "swapped", "longer"])
def test_truncated_and_swapped_target(fleet: Fleet, target: str, how: str) -> None:
    """A server that changes a document; no key needed."""
    fleet.publish("two")
    path = fleet.repository.target_path(target)
    whole = fleet.site.files[path]
    content = {"truncated": whole[:-1], "swapped": whole[:-1] + b" ", "longer": whole + b" "}[how]
    fleet.site.troubles = [Trouble(path, content=content)]
    with pytest.raises(DistrustError) as error:
        fleet.device.check()
    assert error.value.kind is (Distrust.TOO_LARGE if how == "longer" else Distrust.WRONG_CONTENT)
    fleet.goes_on()


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble("blobs/", flip=True), Distrust.WRONG_CONTENT),
        (Trouble("blobs/", content=b"short"), Distrust.WRONG_CONTENT),
        (Trouble("blobs/", content=b"x" * 7000), Distrust.WRONG_CONTENT),
        (Trouble("blobs/", content=b"x" * 7001), Distrust.TOO_LARGE),
    ],
    ids=["one bit", "truncated", "swapped", "longer"],
)
def test_a_content_that_is_not_the_signed_one(fleet: Fleet, trouble: Trouble, kind: Distrust) -> None:
    """A server that changes a content; no key needed. Nothing is ever there under its digest."""
    no_content_from(fleet, trouble, {kind})
    comes_whole(fleet)


def test_a_content_that_never_ends(fleet: Fleet) -> None:
    """A server that never stops to send; no key needed. It is left as soon as it sends more than is signed."""
    # What is found first hangs on the pieces in which it comes: that it is too long, or that it is another.
    no_content_from(fleet, Trouble("blobs/", flip=True, endless=True), {Distrust.TOO_LARGE, Distrust.WRONG_CONTENT})
    assert fleet.site.sent < 64 * 1024 * 1024
    comes_whole(fleet)


@pytest.mark.parametrize(
    "trouble", [Trouble("blobs/", drip=0.05), Trouble("blobs/", drip_header=0.05)], ids=["body", "header"]
)
def test_a_content_that_comes_too_slowly(fleet: Fleet, trouble: Trouble) -> None:
    """A server that sends a byte from time to time; no key needed."""
    patient, fleet.device.web = fleet.device.web, impatient()
    with fleet.device.web:
        no_content_from(fleet, trouble, {Distrust.TOO_SLOW})
    fleet.device.web = patient
    comes_whole(fleet)


def no_content_from(fleet: Fleet, trouble: Trouble, kinds: set[Distrust]) -> None:
    _, manifest = fleet.device.check()
    assert manifest is not None
    model = manifest.models[0].files[0].blob
    fleet.site.troubles = [replace(trouble, path=model.digest)]
    with pytest.raises(DistrustError) as error:
        fleet.device.blobs().fetch(manifest, progress=lambda _: None, is_stopped=lambda: False)
    assert error.value.kind in kinds
    assert not (fleet.device.folder / "blobs" / model.digest).exists()
    fleet.site.troubles.clear()


def comes_whole(fleet: Fleet) -> None:
    _, manifest = fleet.device.check()
    assert manifest is not None
    model = manifest.models[0].files[0].blob
    blobs = fleet.device.blobs()
    blobs.fetch(manifest, progress=lambda _: None, is_stopped=lambda: False)
    assert hashlib.sha256(blobs.path(model.digest).read_bytes()).hexdigest() == model.digest


@pytest.mark.parametrize(
    "path", ["../../bin/sh", "/etc/passwd", "a/../../b", "a//b", "./a", "a\\b", "", "a/", "a\n", ".."]
)
def test_traversal_in_a_release(fleet: Fleet, path: str) -> None:
    """With the key of releases: a manifest with a path that leads elsewhere."""
    two = encode_release(release(fleet.repository, "two"))
    forged = two.replace(b'"path":"model.onnx"', b'"path":' + json.dumps(path).encode())
    assert forged != two
    repository = fleet.repository
    repository.publish([repository.add_target("releases/two.json", forged)])
    repository.desire(CHANNEL, desired("two"))
    with pytest.raises(DistrustError, match=r"releases/two\.json: ") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.MALFORMED
    fleet.goes_on()


@pytest.mark.parametrize("name", ["../one", "/one", "one/../one", ".", "..", "%2e%2e/one", ""])
def test_traversal_in_what_is_desired(fleet: Fleet, name: str) -> None:
    """With a channel's key: a release's name that leads elsewhere."""
    forged = json.dumps({"release": name, "share": 1.0, "cohort": ""}).encode()
    fleet.repository.desire(CHANNEL, forged)
    with pytest.raises(DistrustError, match=r"stable.json: release") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.MALFORMED
    fleet.goes_on()


def test_a_channel_signs_a_release(fleet: Fleet) -> None:
    """With a channel's key: it may choose among releases, and make none."""
    repository = fleet.repository
    repository.desire(CHANNEL, desired("evil"))
    stolen = repository.copy()
    content = encode_release(release(stolen, "evil"))
    stolen.add_target("releases/evil.json", content)
    releases, channel = (stolen.documents[role].signed for role in ("releases", "channel-stable"))
    channel.targets["releases/evil.json"] = releases.targets.pop("releases/evil.json")
    stolen.publish(["channel-stable"])
    fleet.site.files = stolen.files
    with pytest.raises(DistrustError, match=r"there is no releases/evil\.json") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.MALFORMED


def test_another_channel_speaks_for_this_one(fleet: Fleet) -> None:
    """With the key of the channel `beta`: it says nothing to devices of `stable`."""
    repository = fleet.repository
    stolen = repository.copy()
    stolen.desire(CHANNEL, desired("evil"))
    beta, stable = (stolen.documents[role].signed for role in ("channel-beta", "channel-stable"))
    beta.targets[CHANNEL] = stable.targets[CHANNEL]
    beta_files = repository.copy()
    beta_files.documents["channel-beta"].signed.targets[CHANNEL] = stable.targets[CHANNEL]
    beta_files.publish(["channel-beta"])
    fleet.site.files = {**stolen.files, **beta_files.files}
    assert fleet.device.check()[0] == desired("one")


def test_an_old_release_under_a_new_name(fleet: Fleet) -> None:
    """With the key of releases: a manifest that says it is another's."""
    repository = fleet.repository
    repository.publish([repository.add_target("releases/two.json", encode_release(release(repository, "one")))])
    repository.desire(CHANNEL, desired("two"))
    with pytest.raises(DistrustError, match="is the manifest of one") as error:
        fleet.device.check()
    assert error.value.kind is Distrust.MALFORMED
    fleet.goes_on()


def test_fast_forward(fleet: Fleet) -> None:
    """With the timestamp's and the snapshot's keys: versions so high that nothing newer can ever come.

    It is accepted, since it is signed; rotating both keys by a new root undoes it (specification, 5.3.11).
    """
    stolen = fleet.repository.copy()
    stolen.sign("snapshot", version=2**31)
    stolen.documents["timestamp"].signed.snapshot_meta.version = 2**31
    stolen.sign("timestamp", version=2**31)
    fleet.site.files = stolen.files
    fleet.device.check()
    fleet.site.files = fleet.repository.files
    fleet.device.refuses(Distrust.ROLLED_BACK)
    fleet.repository.rotate("timestamp")
    fleet.repository.rotate("snapshot")
    fleet.goes_on()
