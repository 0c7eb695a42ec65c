"""Which names a release may have, by what an attacker would try."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.release_paths import UnsafePathError, check_digest, check_paths, check_release, check_release_name
from agent.fleet.values import (
    Blob,
    Digest,
    Proof,
    Release,
    ReleasedModel,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.units import Bytes, Ratio, Seconds

_BLOB = Blob(Digest("0" * 64), Bytes(1))
_RELEASE = Release(
    name=ReleaseName("2026.11+1"),
    version="1",
    wheels=(ReleaseFile("jetson_agent-1-py3-none-any.whl", _BLOB),),
    lock=_BLOB,
    models=(ReleasedModel("edge-tiny", (ReleaseFile("a/b.onnx", _BLOB), ReleaseFile("a/.cfg", _BLOB))),),
    config=None,
    requires=Requirements(),
    canaries=(),
    proof=Proof(Seconds(1.0), Seconds(1.0), Ratio(1.0), Ratio(1.0), Ratio(1.0)),
)
_REFUSED = [
    "",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/..",
    "/a",
    "//a",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "a\\b",
    "C:a",
    "a\0b",
    "a\nb",
    "a\n",
    "a b",
    "~/\u202ea",
    "ﬁ",
    "e\u0301",
    "\uff0e\uff0e/a",
    "%2e%2e/a\x7f",
    "a" * 201,
    "/".join("a" * 17),
    "/".join(["a" * 100] * 6),
]
_CLASHES = [
    ["a", "a"],
    ["a", "A"],
    ["d/a", "D/b"],
    ["a", "a/b"],
    ["a/b", "A"],
    ["a/b/c", "a/B"],
]


@pytest.mark.parametrize("path", _REFUSED)
def test_a_path_that_is_not_plain_is_refused(path: str) -> None:
    with pytest.raises(UnsafePathError):
        check_paths(["good", path])


@pytest.mark.parametrize("paths", _CLASHES)
def test_two_names_of_one_file_are_refused(paths: list[str]) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(UnsafePathError):
            check_paths(order)


def test_plain_paths_are_taken() -> None:
    check_paths(["a", "b/a", "b/c/a", ".hidden", "model-00001-of-2.safetensors", "a.b_c+d@e=f~1,2"])


@given(st.text(min_size=1, max_size=30))
def test_what_is_taken_stays_in_its_folder(path: str) -> None:
    try:
        check_paths([path])
    except UnsafePathError:
        return
    parts = PurePosixPath(path).parts
    assert "/".join(parts) == path
    assert path.isascii()
    assert not {"..", ".", "/"} & set(parts)


@pytest.mark.parametrize("name", ["", ".", "..", ".a", "-a", "_a", "a/b", "a\n", "a b", "a" * 65, "ä", "../a"])
def test_a_release_name_that_is_none(name: str) -> None:
    with pytest.raises(UnsafePathError):
        check_release_name(name)


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "A" * 64, "../" + "0" * 61, "0" * 63 + "\n"])
def test_a_digest_that_is_none(digest: str) -> None:
    with pytest.raises(UnsafePathError):
        check_digest(digest)


def _with_wheel(path: str) -> Release:
    return replace(_RELEASE, wheels=(ReleaseFile(path, _BLOB),))


def _with_model(name: str, *paths: str) -> Release:
    return replace(_RELEASE, models=(ReleasedModel(name, tuple(ReleaseFile(path, _BLOB) for path in paths)),))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: replace(_RELEASE, name=ReleaseName("../x")),
        lambda: _with_wheel("../a-1-py3-none-any.whl"),
        lambda: _with_wheel("a/a-1-py3-none-any.whl"),
        lambda: _with_wheel("a.tar.gz"),
        lambda: _with_wheel("-r-1-py3-none-any"),
        lambda: _with_model("..", "a"),
        lambda: _with_model(".a", "a"),
        lambda: _with_model("a/b", "a"),
        lambda: _with_model("a", "../a"),
        lambda: replace(_RELEASE, models=_RELEASE.models * 2),
        lambda: replace(_RELEASE, models=(ReleasedModel("a", ()), ReleasedModel("A", ()))),
        lambda: replace(_RELEASE, lock=Blob(Digest("../x"), Bytes(1))),
        lambda: replace(_RELEASE, config=Blob(Digest("x"), Bytes(1))),
    ],
)
def test_a_release_with_one_bad_name_is_refused(spoil: Callable[[], Release]) -> None:
    check_release(_RELEASE)
    with pytest.raises(UnsafePathError):
        check_release(spoil())
