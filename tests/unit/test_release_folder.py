"""By what a program knows that it is a release's."""

import os
import subprocess
import sys
from pathlib import Path

from agent.release_folder import THIS_RELEASE, release_around


def test_a_release_is_around_its_environment_and_nothing_else(tmp_path: Path) -> None:
    release = tmp_path / "releases" / "r1"
    (release / "venv").mkdir(parents=True)
    (tmp_path / "trial").symlink_to("releases/r1")
    assert release_around(release / "venv") is None
    (release / "release.json").touch()
    assert release_around(release / "venv") == release
    assert release_around(tmp_path / "trial" / "venv") == release
    assert release_around(release / "bin") is None
    assert THIS_RELEASE is None  # the tests are none


def test_a_release_s_own_program_finds_its_models_and_its_fragment(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "release.json").touch()
    (tmp_path / "models/small").mkdir(parents=True)
    (tmp_path / "models/small/genai_config.json").touch()
    (tmp_path / "agent.yaml").write_text("model: {name: small}\n")
    program = (
        "from pathlib import Path\nfrom agent.config_file import load_config\nfrom agent.models import find_model\n"
        "config = load_config(None, {}, default_path=Path('/none'))\n"
        "print(find_model(config.model.name, None, Path('/none')))"
    )
    found = subprocess.run(
        [tmp_path / "venv/bin/python", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(tmp_path / "models/small")
