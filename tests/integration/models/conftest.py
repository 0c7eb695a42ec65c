"""The hub and the machine of these tests."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _detect_agent
from huggingface_hub.utils._http import close_session

from tests.integration.models.device import FILES, Device, manifest
from tests.integration.models.hub_server import Hub, serving


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(dict(FILES), frozenset({"cpu/model.onnx.data"}))) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)  # HF_ENDPOINT is read when the library is imported
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(tmp_path / "harnesses.json"))
        monkeypatch.setattr(_detect_agent, "_registry", None)  # what an earlier run was told of coding tools
        yield hub
        close_session()


@pytest.fixture
def device(tmp_path: Path) -> Device:
    device = Device(tmp_path)
    device.knows(manifest())
    return device


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("a small disk takes the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
