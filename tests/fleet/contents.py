"""Contents of releases: put into a repository's folder, and named by a release that is nothing but them."""

import hashlib
from pathlib import Path

from agent.fleet.chunking import make_index
from agent.fleet.layout import blob_path
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


def put(folder: Path, content: bytes, *, indexed: bool = False) -> Blob:
    """A content in a repository's folder, with its index where that is asked for."""
    digest = Digest(hashlib.sha256(content).hexdigest())
    file = folder / blob_path(digest)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return Blob(digest, Bytes(len(content)), put(folder, make_index(file)) if indexed else None)


def release_of(lock: Blob, *model: Blob) -> Release:
    """A release of one model with these files."""
    return Release(
        name=ReleaseName("one"),
        version="1.2.3",
        wheels=(ReleaseFile("agent-1.2.3-py3-none-any.whl", lock),),
        lock=lock,
        models=(ReleasedModel("tiny", tuple(ReleaseFile(f"part-{at}", blob) for at, blob in enumerate(model))),),
        config=None,
        requires=Requirements(),
        canaries=(),
        proof=Proof(Seconds(60.0), Seconds(600.0), Ratio(0.8), Ratio(1.2), Ratio(0.01)),
    )
