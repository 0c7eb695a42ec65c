"""What a keeper tells its process."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from agent.camera.capture.keeper import CaptureKeeper, CaptureState, spec_of
from agent.camera.frames import FrameSlots
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.clock import Clock


def test_a_spec_has_the_settings() -> None:
    written = {"source": "/dev/video0", "size": "640x480", "looks": 2.0, "loop": False, "stall_timeout": "3s"}
    spec = spec_of(Camera.model_validate(written))
    assert (spec.source, spec.width, spec.height, spec.looks) == ("/dev/video0", 640, 480, 2.0)
    assert (spec.loop, spec.stall_timeout) == (False, 3.0)
    spec = spec_of(Camera(source="/dev/video0"))
    assert (spec.width, spec.height) == (1280, 720)


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd\n", encoding="utf-8")
    spec = spec_of(Camera(source="rtsp://ann@cam/live", password_file=file))
    assert spec.source == "rtsp://ann:p%40ss%2Fw%3Ard@cam/live"


@pytest.mark.parametrize(
    ("source", "why"),
    [("/dev/video0", "is for rtsp"), ("gst:rtspsrc user-id=a", "is for rtsp"), ("rtsp://cam/", "user")],
)
def test_a_password_that_has_no_place(source: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret", encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        spec_of(Camera(source=source, password_file=file))


async def test_why_a_process_does_not_start_is_told_without_a_password() -> None:
    slots = FrameSlots.create(320, 240)
    told: asyncio.Queue[CaptureState] = asyncio.Queue()
    keeper = CaptureKeeper(
        CameraName("door"),
        Camera(source="rtsp://ann@cam/live", password_file=Path("/nowhere/rtsp:/ann:S3cret@cam")),
        slots,
        clock=Clock.of_this_machine(),
        on_change=told.put_nowait,
    )
    run = asyncio.create_task(keeper.run())
    assert (await asyncio.wait_for(told.get(), 10)).why == "***@cam: no such file or directory"
    run.cancel()
    await asyncio.wait({run})
    slots.close()


def test_the_agent_imports_no_decoder() -> None:
    code = "import agent.camera.capture.keeper, sys; print(sorted({'cv2', 'numpy', 'PIL'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "[]\n"
