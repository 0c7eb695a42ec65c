"""Writes a file so that after a power cut the old one or the new one is there, whole."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_durably(file: Path, content: bytes) -> None:
    """Replace a file: temporary, fsync, rename, fsync of the folder.

    Raises:
        OSError: It could not be written; the old one is as it was.
    """
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with contextlib.ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(name).rename(file)
        undo.pop_all()
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """What was renamed, made or removed in a folder is so after a power cut, too.

    Raises:
        OSError: The disk does not say so.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
