"""Digests of files."""

import hashlib
from pathlib import Path


def sha256(file: Path) -> str:
    """Of a file's content.

    Raises:
        OSError: It cannot be read.
    """
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def git_blob(file: Path) -> str:
    """The id that git gives to the content: what a hub tells of files that are not in its large storage.

    Raises:
        OSError: It cannot be read.
    """
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
