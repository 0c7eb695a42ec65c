"""What has to be downloaded for a model: the files of one revision, and how each is recognised."""

from dataclasses import dataclass

from agent.units import Bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to download.

    Attributes:
        path: Its name in the model's folder.
        sha256: Of its content; None where the hub does not tell.
        git_blob: Its id in git, which the hub tells of the files whose SHA-256 it does not.
    """

    path: str
    url: str
    size: Bytes
    sha256: str | None
    git_blob: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A model's files at one place.

    Attributes:
        origin: The place, for people and to know it again.
        revision: The commit, of a hub.
        asked: The revision and the folder that a hub was asked for; None where none was asked.
    """

    origin: str
    revision: str | None
    files: tuple[Wanted, ...]
    asked: tuple[str, str] | None = None

    @property
    def size(self) -> Bytes:
        """Of all files."""
        return Bytes(sum(file.size for file in self.files))
