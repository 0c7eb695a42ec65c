"""A device of a fleet, as far as trust and contents go."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.fleet.blobs import BlobStore
from agent.fleet.layout import METADATA
from agent.fleet.least_rate import LeastRate
from agent.fleet.ports import DistrustError
from agent.fleet.settings import Fleet
from agent.fleet.trust import FleetTrust
from agent.fleet.values import (
    Blob,
    Canary,
    Desired,
    Digest,
    Distrust,
    Proof,
    Release,
    ReleasedModel,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.fleet.web import Web
from agent.units import Bytes, Ratio, Seconds, UnixSeconds
from tests.integration.fleet.repository import Repository

CHANNEL = "channels/stable.json"


def desired(name: str = "one", share: float = 1.0) -> Desired:
    return Desired(ReleaseName(name), Ratio(share), "spring", urgent=False)


def blob(repository: Repository, content: bytes) -> Blob:
    return Blob(Digest(repository.put_blob(content)), Bytes(len(content)))


def release(repository: Repository, name: str = "one", model: bytes = b"weights" * 1000) -> Release:
    """Its contents are put into the repository; its manifest is not signed yet."""
    return Release(
        name=ReleaseName(name),
        version="1.2.3",
        wheels=(ReleaseFile("agent-1.2.3-py3-none-any.whl", blob(repository, b"wheel of " + name.encode())),),
        lock=blob(repository, b"lock"),
        models=(ReleasedModel("tiny", (ReleaseFile("model.onnx", blob(repository, model)),)),),
        config=blob(repository, b"log_level: info"),
        requires=Requirements(("aarch64", "x86_64")),
        canaries=(Canary("capital", "The capital of France?", 8, ("Paris",)),),
        proof=Proof(Seconds(60.0), Seconds(600.0), Ratio(0.8), Ratio(1.2), Ratio(0.01)),
    )


@dataclass
class Device:
    """Keeps what it trusts in a folder; each trust made of it is that of a process started anew.

    Attributes:
        ahead: How far its clock is ahead of this machine's.
        waited: Instead of waiting between tries, and for the rate.
    """

    folder: Path
    places: list[str]
    root: bytes
    group: str | None = None
    name: str = "press-7"
    ahead: float = 0.0
    waited: list[float] = field(default_factory=list)
    web: Web = field(default_factory=lambda: Web(Seconds(5.0), LeastRate(Bytes(1024), Seconds(1.0))))

    def __post_init__(self) -> None:
        """Its root of trust comes with the installation."""
        (self.folder / "root.json").write_bytes(self.root)

    def settings(self) -> Fleet:
        return Fleet.model_validate(
            {
                "url": self.places[0],
                "mirrors": tuple(self.places[1:]),
                "root": self.folder / "root.json",
                "group": self.group,
            }
        )

    def trust(self) -> FleetTrust:
        return FleetTrust(self.settings(), self.name, self.folder / "tuf", self.web, self.wall)

    def blobs(self, rate: Bytes | None = None) -> BlobStore:
        return BlobStore(self.folder / "blobs", self.places, self.web, rate, sleep=self.waited.append)

    def wall(self) -> UnixSeconds:
        return UnixSeconds(time.time() + self.ahead)

    def stored(self) -> dict[str, bytes]:
        """What it has verified, by the file."""
        return {
            str(file.relative_to(self.folder / "tuf")): file.read_bytes()
            for file in sorted((self.folder / "tuf").rglob("*"))
            if file.suffix == ".json" and not file.is_symlink()
        }

    def refuses(self, kind: Distrust, *, text: str | None = None, but: frozenset[str] = frozenset()) -> None:
        """A check ends in distrust of that kind, and leaves what is stored as it was but for what is signed."""
        before = self.stored()
        with pytest.raises(DistrustError, match=text) as error:
            self.check()
        assert error.value.kind is kind, error.value
        after = self.stored()
        assert {name for name in before | after if before.get(name) != after.get(name)} == but

    def check(self) -> tuple[Desired | None, Release | None]:
        """Do what each check does: refresh, what is desired, its manifest."""
        trust = self.trust()
        trust.refresh()
        wanted = trust.desired()
        return wanted, None if wanted is None else trust.release(wanted.release)


def path_of(role: str, version: int) -> str:
    return f"{METADATA}/{version}.{role}.json"
