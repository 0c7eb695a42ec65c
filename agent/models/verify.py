"""Whether a model's files are what its manifest says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StopError
from agent.models.digest import sha256
from agent.models.manifest import Manifest, ModelFile


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
        StopError: A file is there and cannot be read, so nothing can be said of it.
    """
    for file in manifest.files:
        path = folder / file.path
        try:
            wrong = _wrong(file, path)
        except OSError as error:
            raise StopError(f"{path} cannot be read: {error.strerror}") from error
        yield Checked(file.path, wrong)


def _wrong(file: ModelFile, path: Path) -> str | None:
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size != file.size:
        return f"has {size:,} bytes and should have {file.size:,}"
    if sha256(path) != file.sha256:
        return "has another content than it should have: its SHA-256 differs"
    return None
