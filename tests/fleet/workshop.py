"""An operator's workshop for tests: a fleet in a folder, and what releases are made of."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from agent.fleet.layout import channel_target
from agent.fleet.values import Canary, Desired, Release, ReleaseName
from agent.fleet_admin.creating import NewFleet, create
from agent.fleet_admin.demands import USUAL_PROOF
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.promoting import Promotion, promote
from agent.fleet_admin.publishing import Parts, Published, publish
from agent.units import Ratio

PASSPHRASE = b"correct horse"
AGENT = "jetson_agent-1.2.3-py3-none-any.whl"
LIBRARY = "thing-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"


def agent_wheel(content: bytes = b"agent", schema: str | None = "MAJOR: Final = 1\n") -> bytes:
    """An agent's wheel; the same parts give the same bytes."""
    file = io.BytesIO()
    with ZipFile(file, "w") as wheel:
        wheel.writestr(ZipInfo("agent/content"), content)
        if schema is not None:
            wheel.writestr(ZipInfo("agent/journal/schema.py"), schema)
    return file.getvalue()


def make_wheels(folder: Path, agent: bytes | None = None) -> tuple[Path, Path]:
    """A folder of wheels, and a lock file that names them."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    (wheels / AGENT).write_bytes(agent_wheel() if agent is None else agent)
    (wheels / LIBRARY).write_bytes(b"library")
    lock = folder / "requirements.lock"
    lock.write_text(f"thing==1.0 \\\n    --hash=sha256:{hashlib.sha256(b'library').hexdigest()}\n")
    return wheels, lock


@dataclass
class Workshop:
    """A fleet with the channels `stable` and `beta`, whose keys are all at hand."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """Make the fleet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.place = Place(self.folder / "fleet")
        create(self.place, self.keys(), NewFleet(("stable", "beta"), 3, 2, 1), self.now)

    def keys(self, *others: Path) -> KeyFolder:
        """As a new command opens them."""
        return KeyFolder(self.place.keys, lambda _: PASSPHRASE, others)

    def parts(self, agent: bytes = b"agent", model: bytes = b"weights", config: bytes = b"log_level: INFO\n") -> Parts:
        """What a release is made of."""
        wheels, lock = make_wheels(self.folder / "parts", agent_wheel(agent))
        tiny = self.folder / "parts" / "tiny"
        (tiny / "more").mkdir(parents=True, exist_ok=True)
        (tiny / "model.onnx").write_bytes(model)
        (tiny / "more" / "words.json").write_bytes(b"{}")
        (tiny / ".cache").write_bytes(b"nobody needs it")
        fragment = self.folder / "parts" / "fragment.yaml"
        fragment.write_bytes(config)
        canaries = (Canary("capital", "The capital of France?", 8, ("Paris",)),)
        return Parts(wheels, lock, (tiny,), fragment, canaries, USUAL_PROOF, ("NVIDIA Jetson",), 1)

    def publish(self, name: str, parts: Parts | None = None) -> Published:
        """Publish a release."""
        chosen = self.parts(agent=name.encode()) if parts is None else parts
        return publish(self.place, self.keys(), ReleaseName(name), chosen, now=self.now, progress=lambda _: None)

    def promote(self, name: str, share: float = 1.0, target: str = channel_target("stable")) -> Desired:
        """Promote one."""
        return promote(self.place, self.keys(), Promotion(target, ReleaseName(name), Ratio(share)), self.now)

    def release(self, name: str) -> Release:
        """Publish and promote one."""
        published = self.publish(name)
        self.promote(name)
        return published.release
