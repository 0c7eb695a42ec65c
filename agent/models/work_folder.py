"""The folder in which a model comes together: `<models_dir>/.pull-<name>`.

No model is looked for there. Invariant: `files/<file>` is whole and verified; what is not yet is `files/<file>.part`.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.durable_file import write_durably
from agent.models.listing import Listing, Wanted
from agent.models.pull_error import PullError
from agent.units import Bytes

_LISTING: TypeAdapter[Listing] = TypeAdapter(Listing)


def pull_folder(own: Path, name: str) -> Path:
    """Where it is, for a model."""
    return own / f".pull-{name}"


class WorkFolder:
    """One model's, held by one process. From `hold`.

    Args:
        folder: It exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / "files"
        self._listing = folder / "listing.json"

    @property
    def kept(self) -> Listing | None:
        """What an earlier download was about."""
        try:
            return _LISTING.validate_json(self._listing.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, listing: Listing) -> None:
        """Remember what this download is about, and drop what an earlier one has left of other files."""
        before = () if self.kept is None else self.kept.files
        same = {file.path for file in listing.files if any(_is_same(file, other) for other in before)}
        names = {name for path in same for name in (path, f"{path}.part")}
        self._files.mkdir(exist_ok=True)
        for file in self._files.iterdir():
            if file.name not in names:
                file.unlink()
        write_durably(self._listing, _LISTING.dump_json(listing))

    def part(self, wanted: Wanted) -> Path:
        """The file that grows."""
        return self._files / f"{wanted.path}.part"

    def is_done(self, wanted: Wanted) -> bool:
        """Whether it is whole."""
        return (self._files / wanted.path).exists()

    def done(self, wanted: Wanted) -> None:
        """It is whole, and verified."""
        self.part(wanted).rename(self._files / wanted.path)

    def file(self, wanted: Wanted) -> Path:
        """A whole one."""
        return self._files / wanted.path

    def have(self, listing: Listing) -> Bytes:
        """Bytes that are there already."""
        paths = (self.file(file) if self.is_done(file) else self.part(file) for file in listing.files)
        return Bytes(sum(path.stat().st_size for path in paths if path.exists()))

    def finish(self, model_dir: Path) -> None:
        """All files are whole: the model appears, at once, for every user to read, whatever the umask is."""
        for path in self._files.iterdir():
            path.chmod(path.stat().st_mode | 0o444)
        self._files.chmod(self._files.stat().st_mode | 0o555)
        _sync(self._files)
        self._files.rename(model_dir)
        _sync(model_dir.parent)
        shutil.rmtree(self._folder)


@contextlib.contextmanager
def hold(own: Path, name: str) -> Iterator[WorkFolder]:
    """Make the folder if need be, and keep other processes out of it.

    Raises:
        PullError: Another one is at it, or it may not be made.
    """
    folder = pull_folder(own, name)
    descriptor = _locked(folder, own, name)
    try:
        yield WorkFolder(folder)
    finally:
        with contextlib.suppress(OSError):  # not empty: there is something to go on with
            if _is_at(descriptor, folder):  # else it has been moved away, and this is the next one's
                folder.rmdir()
        os.close(descriptor)  # last: who waits for the lock must not get a folder that goes


def _locked(folder: Path, own: Path, name: str) -> int:
    """The descriptor that holds the lock."""
    while True:
        try:
            _make(own)
            folder.mkdir(exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise PullError(f"{folder}: {error.strerror}. Run this as a user who may write to {own}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise PullError(f"{name} is being downloaded by another process: wait for it, or end it") from error
        if _is_at(descriptor, folder):
            return descriptor
        os.close(descriptor)  # who held it has taken it away between the two: another one


def _make(own: Path) -> None:
    """The folder of models and those above it that are not there, for every user to look into, whatever the umask is.

    Raises:
        OSError: It may not be made.
    """
    missing = [path for path in (own, *own.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(path.stat().st_mode | 0o555)


def _is_at(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _is_same(file: Wanted, other: Wanted) -> bool:
    """By a digest that both have: a hub tells another one than a manifest, or two of a file."""
    if (file.path, file.size) != (other.path, other.size):
        return False
    if file.sha256 is not None and other.sha256 is not None:
        return file.sha256 == other.sha256
    return file.git_blob is not None and file.git_blob == other.git_blob


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
