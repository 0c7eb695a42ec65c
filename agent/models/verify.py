"""Whether a model's files are what its manifest says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.models.digest import sha256
from agent.models.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """One file.

    Attributes:
        wrong: What is; None when nothing is.
    """

    path: str
    wrong: str | None


def verify(manifest: Manifest, folder: Path) -> Iterator[Checked]:
    """Look at every file of a pinned manifest.

    Raises:
        OSError: A file is there and cannot be read.
    """
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            yield Checked(file.path, "is missing")
        elif path.stat().st_size != file.size:
            yield Checked(file.path, f"has {path.stat().st_size:,} bytes and should have {file.size:,}")
        elif sha256(path) != file.sha256:
            yield Checked(file.path, "has another content than it should have: its SHA-256 differs")
        else:
            yield Checked(file.path, None)
