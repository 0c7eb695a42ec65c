"""A device without cameras: what it answers, and what it does without."""

import subprocess
import sys

import pytest

from agent.camera.optional import OptionalCameras
from agent.camera.run_time import Change
from agent.camera.values import CameraName
from agent.errors import RejectedError
from agent.prompt import Message, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.units import Seconds, UnixSeconds

PROMPT = Prompt(
    id=PromptId("a"),
    messages=(Message(Role.USER, "Is the gate open?"),),
    sampling=Sampling(),
    reply_to=ReplyTo("r"),
    received=Seconds(1),
    received_wall=UnixSeconds(1),
)


async def test_without_cameras_there_is_nothing_to_show_to_set_or_to_run() -> None:
    cameras = OptionalCameras()
    assert await cameras.show(PROMPT, True) is PROMPT  # noqa: FBT003 - `answering.Show`
    await cameras.set(CameraName("gate"), Change())
    cameras.connected()
    await cameras.run()
    with pytest.raises(RejectedError, match="this device has no cameras"):
        await cameras.snapshot("gate")


def test_without_cameras_nothing_of_them_is_loaded() -> None:
    without = [f"agent.camera.{name}" for name in ("building", "cameras", "showing", "frames", "capture.keeper")]
    program = f"import sys, agent.app; print([name for name in {[*without, 'numpy']!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
