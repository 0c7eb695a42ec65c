"""What is told at start of what cameras can be read with."""

import asyncio
import logging
import threading

import pytest

from agent.camera.capture.abilities import Abilities, OpenCv
from agent.camera.capture.equipment import tell_equipment
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.events import CameraTrouble

PLAIN = Abilities(OpenCv("5.0.0", ffmpeg=True, v4l2=True), None, ())
CAMERAS = {CameraName("yard"): Camera(source="csi://0"), CameraName("door"): Camera(source="rtsp://ann@cam/live")}


async def test_what_there_is_goes_to_the_log_and_what_is_missing_to_the_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    told: list[CameraTrouble] = []
    await tell_equipment(CAMERAS, told.append, lambda: PLAIN)
    (record,) = [record for record in caplog.records if record.message == "camera_equipment"]
    assert record.__dict__["found"].startswith("OpenCV 5.0.0 with FFmpeg and V4L2. Without GStreamer")
    (missing,) = told
    assert missing.camera == "yard"
    assert missing.reason.startswith("GStreamer's programs are not installed. sudo apt-get install gstreamer1.0-tools")


async def test_a_stop_does_not_wait_for_it() -> None:
    asked, answers = threading.Event(), threading.Event()

    def find() -> Abilities:
        asked.set()
        answers.wait()
        return PLAIN

    told: list[CameraTrouble] = []
    telling = asyncio.create_task(tell_equipment(CAMERAS, told.append, find))
    await asyncio.to_thread(asked.wait)
    telling.cancel()
    await asyncio.wait([telling])
    answers.set()
    assert telling.cancelled()
    assert told == []
