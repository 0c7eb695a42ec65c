"""Reads a file that the configuration names, whatever is there."""

from pathlib import Path


def plain_file(file: Path) -> Path:
    """The file itself, when it is a plain one: opening a pipe would wait for ever.

    Raises:
        OSError: There is none, or it cannot be looked at.
        ValueError: It is something else.
    """
    if not file.is_file():
        file.stat()
        raise ValueError("is not a file")
    return file


def read_text(file: Path) -> str:
    """What is in a plain file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not a file, or not text.
    """
    try:
        return plain_file(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        # Not chained: a decode error carries the bytes, which may be a password's.
        raise ValueError("not UTF-8 text") from None
