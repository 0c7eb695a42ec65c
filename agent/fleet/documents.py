"""The signed documents, as values and as JSON. The operator's tool encodes with it, a device decodes."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from agent.fleet.document_forms import ContentForm, DesiredForm, FileForm, Open, ReleaseForm
from agent.fleet.ports import DistrustError
from agent.fleet.release_paths import UnsafePathError, check_release
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

MOST_DESIRED = Bytes(4 * 1024)
"""Bytes of a document that says what is desired; a larger one is none."""
MOST_RELEASE = Bytes(1024 * 1024)
"""Bytes of a release's manifest; a larger one is none."""

_Form = TypeVar("_Form", bound=Open)


def encode_desired(desired: Desired) -> bytes:
    """The JSON of what is desired; always the same for the same value.

    Raises:
        DistrustError: A device would not take it; the message says where.
    """
    fields = {
        "format": 1,
        "release": desired.release,
        "share": float(desired.share),
        "cohort": desired.cohort,
        "urgent": desired.urgent,
        "back": desired.back,
    }
    return _encode(DesiredForm, fields, f"what is desired ({desired.release})", MOST_DESIRED)


def decode_desired(content: bytes, where: str) -> Desired:
    """What is desired, from its JSON.

    Args:
        content: As it was signed.
        where: What the error calls it.

    Raises:
        DistrustError: `TOO_LARGE`, or `MALFORMED`: the message says where.
    """
    form = _decode(DesiredForm, content, where, MOST_DESIRED)
    return Desired(ReleaseName(form.release), Ratio(form.share), form.cohort, form.urgent, form.back)


def encode_release(release: Release) -> bytes:
    """The JSON of a release's manifest; always the same for the same value.

    Raises:
        DistrustError: A device would not take it; the message says where.
    """
    fields = {
        "format": 1,
        "name": release.name,
        "version": release.version,
        "wheels": _file_fields(release.wheels),
        "lock": _content_fields(release.lock),
        "models": [{"name": model.name, "files": _file_fields(model.files)} for model in release.models],
        "config": None if release.config is None else _content_fields(release.config),
        "requires": {
            "architectures": list(release.requires.architectures),
            "boards": list(release.requires.boards),
            "launcher": release.requires.launcher,
            "journal": release.requires.journal,
        },
        "canaries": [_canary_fields(canary) for canary in release.canaries],
        "proof": {
            "within_s": float(release.proof.within),
            "lasts_s": float(release.proof.lasts),
            "least_speed": float(release.proof.least_speed),
            "most_energy": float(release.proof.most_energy),
            "most_failures": float(release.proof.most_failures),
        },
    }
    content = _encode(ReleaseForm, fields, f"release {release.name}", MOST_RELEASE)
    _check_paths(release, f"release {release.name}")
    return content


def decode_release(content: bytes, where: str) -> Release:
    """A release, from its manifest's JSON.

    Args:
        content: As it was signed.
        where: What the error calls it.

    Raises:
        DistrustError: `TOO_LARGE`, or `MALFORMED`: the message says where.
    """
    form = _decode(ReleaseForm, content, where, MOST_RELEASE)
    requires, proof = form.requires, form.proof
    release = Release(
        name=ReleaseName(form.name),
        version=form.version,
        wheels=_files(form.wheels),
        lock=_blob(form.lock),
        models=tuple(ReleasedModel(model.name, _files(model.files)) for model in form.models),
        config=None if form.config is None else _blob(form.config),
        requires=Requirements(
            tuple(requires.architectures), tuple(requires.boards), requires.launcher, requires.journal
        ),
        canaries=tuple(Canary(it.name, it.prompt, it.max_tokens, tuple(it.contains)) for it in form.canaries),
        proof=Proof(
            Seconds(proof.within_s),
            Seconds(proof.lasts_s),
            Ratio(proof.least_speed),
            Ratio(proof.most_energy),
            Ratio(proof.most_failures),
        ),
    )
    _check_paths(release, where)
    return release


def _content_fields(blob: Blob) -> dict[str, object]:
    return {"sha256": blob.digest, "size": blob.size}


def _file_fields(files: Sequence[ReleaseFile]) -> list[dict[str, object]]:
    return [
        {
            "path": file.path,
            **_content_fields(file.blob),
            "index": None if file.blob.index is None else _content_fields(file.blob.index),
        }
        for file in files
    ]


def _canary_fields(canary: Canary) -> dict[str, object]:
    return {
        "name": canary.name,
        "prompt": canary.prompt,
        "max_tokens": canary.max_tokens,
        "contains": list(canary.contains),
    }


def _blob(form: ContentForm, index: Blob | None = None) -> Blob:
    return Blob(Digest(form.sha256), Bytes(form.size), index)


def _files(forms: Sequence[FileForm]) -> tuple[ReleaseFile, ...]:
    return tuple(
        ReleaseFile(form.path, _blob(form, None if form.index is None else _blob(form.index))) for form in forms
    )


def _encode(form: type[Open], fields: Mapping[str, object], where: str, most: Bytes) -> bytes:
    try:
        content = form.model_validate(fields).model_dump_json(exclude_none=True).encode()
    except ValidationError as error:
        raise _malformed(error, where) from None
    _limit(content, where, most)
    return content


def _decode(form: type[_Form], content: bytes, where: str, most: Bytes) -> _Form:
    _limit(content, where, most)
    try:
        return form.model_validate_json(content)
    except ValidationError as error:
        raise _malformed(error, where) from None


def _check_paths(release: Release, where: str) -> None:
    try:
        check_release(release)
    except UnsafePathError as error:
        raise DistrustError(Distrust.MALFORMED, f"{where}: {error}") from None


def _limit(content: bytes, where: str, most: Bytes) -> None:
    if len(content) > most:
        raise DistrustError(Distrust.TOO_LARGE, f"{where} has {len(content):,} bytes, and may have {most:,}")


def _malformed(error: ValidationError, where: str) -> DistrustError:
    """The first thing that is wrong."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return DistrustError(Distrust.MALFORMED, f"{where}: {path}: {first['msg']}" if path else f"{where}: {first['msg']}")
