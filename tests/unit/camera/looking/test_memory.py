"""What a process does not need it does not load."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("agent.camera.looking.host", ["cv2", "numpy", "PIL", "onnxruntime"]),
        ("agent.camera.looking.child", ["onnxruntime", "pydantic", "paho"]),
    ],
)
def test_libraries_are_loaded_by_who_needs_them(module: str, without: list[str]) -> None:
    program = f"import sys, {module}; print([name for name in {without!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
