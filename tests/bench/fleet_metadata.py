"""What a device's check of its fleet costs: requests, and bytes of metadata and documents, as the server sends them.

`python -m tests.bench.fleet_metadata` signs repositories in which 100, 10,000 and 1,000,000 devices have documents of
their own (and one in which none has), lets one device check them over HTTP, and prints a table. Bytes are those of
bodies; headers and TLS come on top. Of the largest, the snapshot and the device's own bin are real; the other bins are
named in the snapshot, and empty, because no device reads two.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tuf.api.metadata import TargetFile

from agent.fleet import layout
from agent.fleet.documents import encode_desired
from agent.fleet.values import Blob, Digest, Release, ReleasedModel, ReleaseFile, ReleaseName
from agent.units import Bytes
from tests.integration.fleet.device import CHANNEL, Device, desired, release
from tests.integration.fleet.repository import Repository
from tests.integration.fleet.site import Site, serving

_RELEASES = 20
_WHEELS = 60
_MODEL_FILES = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one check."""

    requests: int
    sent: int


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description="What a device's check of its fleet costs.")
    arguments.add_argument("--devices", type=int, nargs="*", default=[0, 100, 10_000, 1_000_000])
    rows = [_row(devices) for devices in arguments.parse_args().devices]
    print("Requests and bytes of one check of one device; bytes are those of bodies, as the server sent them.")
    print(f"{_RELEASES} releases so far; a manifest names {_WHEELS} wheels and {_MODEL_FILES} files of a model.")
    print("1,000,000: the snapshot and the device's own bin are real, the other bins are named in it and empty.\n")
    heads = ["devices with a document", "bins", "snapshot", "its bin", *_CHECKS]
    print("| " + " | ".join(heads) + " |")
    print("| " + " | ".join("---:" for _ in heads) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


def _row(devices: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder, _fleet(Path(folder), devices) as (repository, site, device):
        costs = []
        for change in _CHECKS.values():
            change(repository, device)
            site.seen.clear()
            site.sent = 0
            device.check()
            costs.append(Cost(len(site.seen), site.sent))
        bins = 0 if repository.bits is None else 2**repository.bits
        own = 0 if repository.bits is None else len(_newest(repository, repository.role_of(_own(device))))
        sizes = [f"{devices:,}", f"{bins:,}", f"{len(_newest(repository, 'snapshot')):,}", f"{own:,}"]
        return [*sizes, *(f"{cost.requests}: {cost.sent:,}" for cost in costs)]


@contextmanager
def _fleet(folder: Path, devices: int) -> Iterator[tuple[Repository, Site, Device]]:
    repository = Repository(bits=layout.bin_bits(devices) if devices else None)
    for number in range(_RELEASES):
        repository.release(_release(repository, f"2026.{number}"))
    repository.desire(CHANNEL, desired("2026.0"))
    with serving(Site(repository.files)) as site:
        device = Device(folder, [site.url], repository.root_bytes())
        if devices:
            own = repository.role_of(_own(device))
            repository.publish(_give_documents(repository, devices, own if devices >= 10**6 else None))
        with device.web:
            yield repository, site, device


def _give_documents(repository: Repository, devices: int, only: str | None) -> set[str]:
    """Give so many devices a document, or those of one bin alone; returns the bins that have changed."""
    content = encode_desired(desired("2026.0"))
    changed = set()
    for number in range(devices):
        target = layout.device_target(f"orin-{number:07}")
        role = repository.role_of(target)
        if only in {None, role}:
            repository.documents[role].signed.targets[target] = TargetFile.from_data(target, content, ["sha256"])
            changed.add(role)
    return changed


def _release(repository: Repository, name: str) -> Release:
    def file(path: str, index: Blob | None = None) -> ReleaseFile:
        digest = hashlib.sha256(f"{name} {path}".encode()).hexdigest()
        return ReleaseFile(path, Blob(Digest(digest), Bytes(1_234_567), index))

    wheels = tuple(file(f"some_package_{at}-1.2.{at}-cp312-cp312-manylinux_2_28_aarch64.whl") for at in range(_WHEELS))
    parts = tuple(file(f"model-{at}.onnx", file(f"index {at}").blob) for at in range(_MODEL_FILES))
    return replace(
        release(repository, name), name=ReleaseName(name), wheels=wheels, models=(ReleasedModel("tiny", parts),)
    )


def _own(device: Device) -> str:
    return layout.device_target(device.name)


def _newest(repository: Repository, role: str) -> bytes:
    version = repository.documents[role].signed.version
    return repository.files[f"{layout.METADATA}/{version}.{role}.json"]


def _nothing(_: Repository, __: Device) -> None:
    """As it is."""


def _sign_timestamp(repository: Repository, _: Device) -> None:
    repository.sign("timestamp")


def _new_release(repository: Repository, _: Device) -> None:
    changed = [repository.add_target(CHANNEL, encode_desired(desired("2026.99")))]
    repository.release(_release(repository, "2026.99"))
    repository.publish(changed)


def _larger_share(repository: Repository, _: Device) -> None:
    repository.desire(CHANNEL, desired("2026.99", share=0.5))


def _another_device(repository: Repository, device: Device) -> None:
    if repository.bits is not None:
        names = (f"other-{number}" for number in range(10**6))
        mine = repository.role_of(_own(device))
        target = next(target for target in map(layout.device_target, names) if repository.role_of(target) != mine)
        repository.desire(target, desired("2026.1"))


def _own_document(repository: Repository, device: Device) -> None:
    if repository.bits is not None:
        repository.desire(_own(device), desired("2026.1"))


_CHECKS: dict[str, Callable[[Repository, Device], None]] = {
    "first check": _nothing,
    "nothing new": _nothing,
    "timestamp signed anew": _sign_timestamp,
    "new release": _new_release,
    "larger share": _larger_share,
    "another device's document": _another_device,
    "its own document": _own_document,
}

if __name__ == "__main__":
    main()
