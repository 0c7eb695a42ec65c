"""A file that cannot be read is neither right nor wrong."""

import hashlib
from pathlib import Path

import pytest

from agent.errors import StopError
from agent.models.manifest import ModelFile
from agent.models.manifest_file import read_manifest
from agent.models.verify import Checked, verify
from tests.unit.models.test_shipped import MODELS


def test_what_cannot_be_read_ends_it(tmp_path: Path) -> None:
    (tmp_path / "good").touch()
    (tmp_path / "bad").symlink_to("/proc/self/mem")  # cannot be read from its beginning, by root either
    files = (ModelFile(path=name, size=0, sha256=hashlib.sha256().hexdigest()) for name in ("good", "bad"))
    manifest = read_manifest(MODELS / "edge-tiny.yaml").model_copy(update={"files": tuple(files)})
    checked = verify(manifest, tmp_path)
    assert next(checked) == Checked("good", None)
    with pytest.raises(StopError, match=rf"{tmp_path}/bad cannot be read: Input/output error"):
        next(checked)
