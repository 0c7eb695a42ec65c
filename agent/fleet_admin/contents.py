"""Puts contents into a repository, each under its digest: whole, or not at all."""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from agent.durable_file import sync_folder
from agent.fleet.chunking import make_index
from agent.fleet.delta import WORTH_AN_INDEX
from agent.fleet.layout import BLOBS
from agent.fleet.values import Blob, Digest
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.repository import Repository
from agent.units import Bytes

_PIECE = 1024 * 1024
_FOR_ALL = 0o644
INCOMING = ".incoming-"
"""Begins the name of a content that is being copied."""

Progress = Callable[[Bytes], None]


def store(repository: Repository, file: Path, progress: Progress) -> Blob:
    """Copy a content to where its digest says. Raises `FleetError`."""
    try:
        return _store(repository, file, progress)
    except OSError as error:
        raise FleetError(f"{error.filename or file}: {error.strerror}") from error


def store_with_index(repository: Repository, file: Path, progress: Progress) -> Blob:
    """Likewise, with the list of its chunks where it is large enough to be worth one. Raises `FleetError`."""
    blob = store(repository, file, progress)
    if blob.size < WORTH_AN_INDEX:
        return blob
    try:
        with tempfile.TemporaryDirectory() as folder:
            index = Path(folder, "index")
            # Of the copy: what is signed is what was copied, whatever becomes of the original.
            index.write_bytes(make_index(repository.blob(blob.digest)))
            return replace(blob, index=_store(repository, index, lambda _: None))
    except OSError as error:
        raise FleetError(f"{error.filename or file}: {error.strerror}") from error


def _store(repository: Repository, file: Path, progress: Progress) -> Blob:
    digest, size = sha256(), 0
    with ExitStack() as undo:
        source = undo.enter_context(file.open("rb"))
        descriptor, name = tempfile.mkstemp(dir=repository.folder / BLOBS, prefix=INCOMING)
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as copy:
            while piece := source.read(_PIECE):
                digest.update(piece)
                copy.write(piece)
                size += len(piece)
                progress(Bytes(len(piece)))
            os.fchmod(copy.fileno(), _FOR_ALL)
            copy.flush()
            os.fsync(copy.fileno())
        blob = Blob(Digest(digest.hexdigest()), Bytes(size))
        place = repository.blob(blob.digest)
        place.parent.mkdir(exist_ok=True)
        Path(name).rename(place)
        sync_folder(place.parent)
    return blob
