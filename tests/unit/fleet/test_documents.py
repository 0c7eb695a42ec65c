"""Signed documents: what is written is read back, and nothing that makes no sense is taken."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.documents import (
    MOST_DESIRED,
    MOST_RELEASE,
    decode_desired,
    decode_release,
    encode_desired,
    encode_release,
)
from agent.fleet.ports import DistrustError
from agent.fleet.values import (
    Blob,
    Canary,
    Desired,
    Digest,
    Distrust,
    Proof,
    Release,
    ReleasedModel,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.units import Bytes, Ratio, Seconds

DIGEST = "0f" * 32
INDEXED = Blob(Digest(DIGEST), Bytes(5_000_000), Blob(Digest("1e" * 32), Bytes(4_000)))
PLAIN = Blob(Digest("2d" * 32), Bytes(0))
RELEASE = Release(
    name=ReleaseName("2026.11+edge"),
    version="1.2.3",
    wheels=(ReleaseFile("agent-1.2.3+local-py3-none-any.whl", PLAIN),),
    lock=PLAIN,
    models=(
        ReleasedModel("tiny", (ReleaseFile("model.onnx", INDEXED), ReleaseFile("engine/rank_0/config.json", PLAIN))),
        ReleasedModel("tiny.2", (ReleaseFile("model.onnx", INDEXED),)),
    ),
    config=PLAIN,
    requires=Requirements(("aarch64",), ("Jetson Orin",), 2, 3),
    canaries=(Canary("capital", "The capital of France?", 8, ("Paris", "é")),),
    proof=Proof(Seconds(60.0), Seconds(600.0), Ratio(0.8), Ratio(1.25), Ratio(0.01)),
)
DESIRED = Desired(ReleaseName("one"), Ratio(0.25), "spring", urgent=True, back=True)


def changed(content: bytes, path: str, value: object) -> bytes:
    """A document with another value at a place."""
    tree: Any = json.loads(content)
    *parents, last = (int(part) if part.isdecimal() else part for part in path.split("."))
    place = tree
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(tree).encode()


def refused(content: bytes, where: str) -> None:
    with pytest.raises(DistrustError) as error:
        decode_release(content, "releases/x.json")
    assert error.value.kind is Distrust.MALFORMED
    assert str(error.value).startswith(f"releases/x.json: {where}")


@pytest.mark.parametrize("release", [RELEASE, replace(RELEASE, config=None, models=(), canaries=())])
def test_a_release_is_read_as_it_was_written(release: Release) -> None:
    assert decode_release(encode_release(release), "x") == release


@given(st.floats(0, 1), st.text(st.characters(codec="utf-8"), max_size=128), st.booleans(), st.booleans())
def test_what_is_desired_is_read_as_it_was_written(share: float, cohort: str, urgent: bool, back: bool) -> None:  # noqa: FBT001 - given
    desired = Desired(ReleaseName("one"), Ratio(share), cohort, urgent, back)
    assert decode_desired(encode_desired(desired), "x") == desired


@given(st.binary(max_size=200) | st.from_type(dict[str, int]).map(lambda tree: json.dumps(tree).encode()))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    for decode in (decode_desired, decode_release):
        with pytest.raises(DistrustError) as error:
            decode(content, "x")
        assert error.value.kind is Distrust.MALFORMED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", 2),
        ("name", "../x"),
        ("name", ".x"),
        ("name", "x" * 65),
        ("version", "v1"),
        ("wheels", []),
        ("wheels.0.sha256", DIGEST.upper()),
        ("wheels.0.sha256", "0f"),
        ("wheels.0.size", -1),
        ("wheels.0.size", "12"),
        ("wheels.0.size", 1e300),
        ("wheels.0.patches", []),
        ("lock", ...),
        ("models.0.files", []),
        ("models.0.files.0.index.index", None),
        ("models.0.secret", 1),
        ("requires", ...),
        ("requires.cuda", 12),
        ("requires.launcher", 0),
        ("requires.journal", True),
        ("proof.within_s", 0),
        ("proof.lasts_s", 1e9),
        ("proof.most_failures", 1.5),
        ("canaries.0.max_tokens", 0),
        ("canaries.0.contains.0", ""),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(path: str, value: object) -> None:
    refused(changed(encode_release(RELEASE), path, value), path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("wheels.0.path", "folder/agent-1-py3-none-any.whl"),
        ("wheels.0.path", "agent.tar.gz"),
        ("models.0.name", "../tiny"),
        ("models.0.files.0.path", "a/../b"),
        ("models.0.files.0.path", "\\\\server\\share"),
        ("models.0.files.0.path", "a\x00b"),
        ("models.0.files.0.path", "a/" * 16 + "b"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(path: str, value: str) -> None:
    with pytest.raises(DistrustError, match=r"^releases/x\.json: .* is not a (wheel's|model's|path of plain)") as error:
        decode_release(changed(encode_release(RELEASE), path, value), "releases/x.json")
    assert error.value.kind is Distrust.MALFORMED


@pytest.mark.parametrize("path", ["model.onnx", "engine", "engine/rank_0"])
def test_no_file_is_where_another_or_its_folder_is(path: str) -> None:
    files = (*RELEASE.models[0].files, ReleaseFile(path, PLAIN))
    with pytest.raises(DistrustError, match=r"^release 2026\.11\+edge: tiny/\S+ is (there twice|a file and a folder)"):
        encode_release(replace(RELEASE, models=(ReleasedModel("tiny", files),)))


def test_no_model_is_there_twice() -> None:
    with pytest.raises(DistrustError, match="is there twice"):
        encode_release(replace(RELEASE, models=(RELEASE.models[0],) * 2))


@pytest.mark.parametrize("path", ["later", "proof.later", "canaries.0.later"])
def test_a_document_of_a_newer_agent_is_read(path: str) -> None:
    assert decode_release(changed(encode_release(RELEASE), path, {"x": 1}), "x") == RELEASE


def test_what_is_desired_may_say_more() -> None:
    assert decode_desired(changed(encode_desired(DESIRED), "later", 1), "x") == DESIRED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("release", "a/b"),
        ("release", ""),
        ("share", 1.01),
        ("share", -0.1),
        ("share", "1"),
        ("urgent", 1),
        ("format", 2),
    ],
)
def test_what_is_desired_is_checked(path: str, value: object) -> None:
    with pytest.raises(DistrustError, match=rf"channels/a\.json: {path}: ") as error:
        decode_desired(changed(encode_desired(DESIRED), path, value), "channels/a.json")
    assert error.value.kind is Distrust.MALFORMED


def test_too_much_is_not_read() -> None:
    for decode, most in ((decode_desired, MOST_DESIRED), (decode_release, MOST_RELEASE)):
        with pytest.raises(DistrustError) as error:
            decode(b" " * (most + 1), "x")
        assert error.value.kind is Distrust.TOO_LARGE


def test_what_no_device_would_take_is_not_written() -> None:
    with pytest.raises(DistrustError, match="release: "):
        encode_desired(replace(DESIRED, release=ReleaseName("a b")))
    with pytest.raises(DistrustError, match=r"share: "):
        encode_desired(replace(DESIRED, share=Ratio(float("nan"))))
    with pytest.raises(DistrustError) as error:
        encode_release(replace(RELEASE, canaries=(Canary("c", "é" * 16_000, 8, ()),) * 64))
    assert error.value.kind is Distrust.TOO_LARGE
