"""Releases of a few kilobytes with real wheels, for tests that stage and start them."""

import base64
import hashlib
import importlib
import io
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.fleet.values import (
    Blob,
    Digest,
    Proof,
    Release,
    ReleasedModel,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.units import Bytes, Ratio, Seconds

_AGENT = """import sys
import tiny_needed

def main():
    print("jetson-agent", {version!r}, *sys.argv[1:])
    {body}
"""


@dataclass(frozen=True, slots=True)
class TinyBlobs:
    """A folder of contents; what a release names is put there by hand."""

    folder: Path

    def put(self, content: bytes) -> Blob:
        """Have a content here."""
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / digest).write_bytes(content)
        return Blob(digest, Bytes(len(content)))

    def missing(self, release: Release) -> Bytes:
        """Nothing ever is."""
        del release
        return Bytes(0)

    def fetch(self, release: Release, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]) -> None:
        """Nothing to be done."""

    def drop_damaged(self, release: Release) -> int:
        """Nothing ever is."""
        del release
        return 0

    def path(self, digest: Digest) -> Path:
        """Where a content is."""
        return self.folder / digest


@dataclass(frozen=True, slots=True)
class TinyRelease:
    """What a release is made of.

    Attributes:
        version: Of the agent.
        body: What the agent does, in Python, after it has said its version and its arguments.
        lock: Of pip. None: one that suits the wheels.
        models: Models, each a content of one file.
        config: A fragment.
        more: Further wheels, by their names.
    """

    version: str = "1.0"
    body: str = "pass"
    lock: str | None = None
    models: dict[str, bytes] = field(default_factory=lambda: {"edge-tiny": b"weights" * 1000})
    config: str | None = "log_level: DEBUG\n"
    more: dict[str, bytes] = field(default_factory=dict)

    def put(self, blobs: TinyBlobs, name: str) -> Release:
        """The release, its contents in `blobs`."""
        needed = wheel("tiny_needed", "2.0", {"tiny_needed.py": ""})
        wheels = {
            f"jetson_agent-{self.version}-py3-none-any.whl": wheel(
                "jetson_agent",
                self.version,
                {"fake_agent.py": _AGENT.format(version=self.version, body=self.body)},
                "[console_scripts]\njetson-agent = fake_agent:main\n",
            ),
            "tiny_needed-2.0-py3-none-any.whl": needed,
            **self.more,
        }
        lock = self.lock
        if lock is None:
            lock = f"tiny-needed==2.0 --hash=sha256:{hashlib.sha256(needed).hexdigest()}\n"
        return Release(
            name=ReleaseName(name),
            version=self.version,
            wheels=tuple(ReleaseFile(path, blobs.put(content)) for path, content in wheels.items()),
            lock=blobs.put(lock.encode()),
            models=tuple(
                ReleasedModel(model, (ReleaseFile("genai_config.json", blobs.put(content)),))
                for model, content in self.models.items()
            ),
            config=None if self.config is None else blobs.put(self.config.encode()),
            requires=Requirements(),
            canaries=(),
            proof=Proof(Seconds(60.0), Seconds(60.0), Ratio(0.7), Ratio(1.5), Ratio(0.1)),
        )


def quick_python(folder: Path) -> Path:
    """A Python that makes real environments with a real pip, which is linked there instead of installed: in no time."""
    pip = Path(next(iter(importlib.import_module("pip").__path__)))
    place = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/pip"
    script = folder / "quick-python"
    script.write_text(
        f"#!/bin/sh\n# -I -m venv PLACE\n{sys.executable} -I -m venv --without-pip $4 && ln -s {pip} $4/{place}\n"
    )
    script.chmod(0o755)
    return script


def wheel(name: str, version: str, files: dict[str, str], entry_points: str | None = None) -> bytes:
    """A wheel, as PEP 427 has it."""
    info = f"{name}-{version}.dist-info"
    parts = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **({} if entry_points is None else {f"{info}/entry_points.txt": entry_points}),
    }
    record = "".join(f"{path},sha256={_urlsafe(text)},{len(text)}\n" for path, text in parts.items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in {**parts, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)  # always of the same time, so of the same digest
    return buffer.getvalue()


def _urlsafe(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
