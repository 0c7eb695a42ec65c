"""Which paths of a release are taken. Pure, and the one place of these rules.

A release's names become files of this device. Whoever made it, nothing of it may come to lie outside its folder, and
what one file system keeps apart, another one may not: so names are ASCII, and two that differ in case alone are one.
That nothing here is a symbolic link follows from what a release is: contents under names, into folders made anew.
"""

import re
from collections.abc import Iterable

from agent.fleet.values import Digest, Release, ReleaseName

RELEASE_NAME = "[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}"
_NAME = re.compile(r"[A-Za-z0-9_.+@=~,-]{1,200}", re.ASCII)
_RELEASE = re.compile(RELEASE_NAME, re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WHEEL = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.+]+(-[A-Za-z0-9_.]+){3,4}\.whl", re.ASCII)
_LONGEST = 512
_DEEPEST = 16


class UnsafePathError(ValueError):
    """A path that no release may have; the message names it."""


def check_paths(paths: Iterable[str]) -> None:
    """Look at the files of one folder.

    Args:
        paths: As the release has them, relative to the folder.

    Raises:
        UnsafePathError: One is absolute or leads out, has other letters than a plain name, is there twice (whatever its
            case), or is a file and a folder at once.
    """
    files: set[str] = set()
    folders: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        if len(path) > _LONGEST or len(parts) > _DEEPEST or not all(map(_is_plain, parts)):
            raise UnsafePathError(f"{_shown(path)} is not a path of plain names")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        for folder in above:
            if folders.setdefault(folder.lower(), folder) != folder:
                raise UnsafePathError(f"{path} is in a folder that differs from another in case alone")
        if path.lower() in files:
            raise UnsafePathError(f"{path} is there twice")
        files.add(path.lower())
    clash = next(iter(sorted(files & folders.keys())), None)
    if clash is not None:
        raise UnsafePathError(f"{clash} is a file and a folder")


def check_release_name(name: str) -> ReleaseName:
    """The name, when a release may have it.

    Raises:
        UnsafePathError: It may not.
    """
    if _RELEASE.fullmatch(name) is None:
        raise UnsafePathError(f"{_shown(name)} is not a release's name")
    return ReleaseName(name)


def check_digest(digest: str) -> Digest:
    """The digest, when it is one: it is also a file's name.

    Raises:
        UnsafePathError: It is none.
    """
    if _DIGEST.fullmatch(digest) is None:
        raise UnsafePathError(f"{_shown(digest)} is not a SHA-256")
    return Digest(digest)


def check_release(release: Release) -> None:
    """Look at every name of a release.

    Raises:
        UnsafePathError: One is not taken.
    """
    check_release_name(release.name)
    for wheel in release.wheels:
        if _WHEEL.fullmatch(wheel.path) is None:
            raise UnsafePathError(f"{_shown(wheel.path)} is not a wheel's name")
    check_paths(wheel.path for wheel in release.wheels)
    for model in release.models:
        if not _is_plain(model.name) or model.name.startswith("."):
            raise UnsafePathError(f"{_shown(model.name)} is not a model's name")
    check_paths(f"{model.name}/{file.path}" for model in release.models for file in model.files)
    names = [model.name.lower() for model in release.models]
    if len(set(names)) != len(names):
        raise UnsafePathError("two models have one name")
    files = [*release.wheels, *(file for model in release.models for file in model.files)]
    blobs = [release.lock, *([] if release.config is None else [release.config]), *(file.blob for file in files)]
    for blob in blobs:
        check_digest(blob.digest)


def _is_plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in {".", ".."}


def _shown(text: str) -> str:
    return ascii(text[:80])
