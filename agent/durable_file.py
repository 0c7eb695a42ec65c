"""Writes a file so that after a power cut the old one or the new one is there, whole."""

import contextlib
import os
from pathlib import Path


def write_durably(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace a file: temporary, fsync, rename, fsync of the folder.

    A file has one writer at a time: the temporary's name is always the same, so that what a writer that was killed has
    left is replaced by the next.

    Args:
        file: Which.
        content: All that is to be in it.
        mode: Who may read and write it.

    Raises:
        OSError: It could not be written; the old one is as it was.
    """
    temporary = file.with_name(f".{file.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with contextlib.ExitStack() as undo:
        undo.callback(temporary.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as written:
            written.write(content)
            os.fchmod(written.fileno(), mode)
            written.flush()
            os.fsync(written.fileno())
        temporary.rename(file)
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
