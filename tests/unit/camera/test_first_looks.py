"""Prompts about cameras that have not been looked at since the start."""

import asyncio
import time
from dataclasses import replace

import pytest

from agent.camera.first_looks import FirstLooks
from agent.camera.showing import Showing, nothing_to_show
from agent.camera.values import CameraName, Facts, Picture
from agent.clock import Clock
from agent.errors import EngineWithdrawnError, RejectedError
from agent.prompt import Prompt
from agent.units import Seconds
from tests.unit.camera.observations import DOOR, PICTURE, facts
from tests.unit.camera.test_showing import PROMPT

NOW = Seconds(100.0)
CLOCK = Clock("boot", now=lambda: NOW)
YARD = CameraName("yard")


class Opening:
    """Two cameras that show nothing until they are looked at."""

    def __init__(self) -> None:
        self.first_looks = FirstLooks((DOOR, YARD), CLOCK)
        self.seen: set[CameraName] = set()
        self.showing = Showing(
            self.first_looks, picture=self._picture, facts=self._facts, describe=lambda it: f"{it.light}"
        )

    def look(self, camera: CameraName) -> None:
        self.seen.add(camera)
        self.first_looks.over(camera)

    def _facts(self, camera: CameraName) -> Facts:
        if camera not in self.seen:
            raise nothing_to_show(camera, "it has not been looked at yet")
        return facts()

    async def _picture(self, camera: CameraName) -> Picture:
        self._facts(camera)
        return PICTURE

    async def asked(self, prompt: Prompt = PROMPT, *, takes_images: bool = False) -> asyncio.Task[Prompt]:
        """A prompt that has got as far as it gets without a look."""
        task = asyncio.create_task(self.showing.show(prompt, takes_images))
        await asyncio.sleep(0)
        return task


@pytest.mark.parametrize("takes_images", [True, False])
async def test_a_prompt_waits_for_the_first_look_at_each_camera_that_it_names(*, takes_images: bool) -> None:
    opening = Opening()
    task = await opening.asked(takes_images=takes_images)
    opening.look(YARD)
    await asyncio.sleep(0)
    assert not task.done()
    opening.look(DOOR)
    shown = await asyncio.wait_for(task, 10)
    assert len(shown.messages[1].images) == (3 if takes_images else 1)


async def test_what_cannot_be_opened_is_not_waited_for() -> None:
    opening = Opening()
    task = await opening.asked()
    opening.look(DOOR)
    opening.first_looks.over(YARD)
    with pytest.raises(RejectedError, match="camera yard has no picture"):
        await asyncio.wait_for(task, 10)


@pytest.mark.parametrize("left", [0.05, 0.0, -1.0])
async def test_nobody_waits_beyond_the_deadline(left: float) -> None:
    prompt = replace(PROMPT, received=NOW, timeout=Seconds(left))
    begin = time.monotonic()
    with pytest.raises(RejectedError, match="not been looked at yet"):
        await Opening().showing.show(prompt, takes_images=False)
    assert time.monotonic() - begin < 10


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.camera.first_looks._LONGEST", 0.05)
    with pytest.raises(RejectedError, match="not been looked at yet"):
        await asyncio.wait_for(Opening().showing.show(PROMPT, takes_images=False), 10)


async def test_a_camera_that_is_not_configured_any_more_is_not_waited_for() -> None:
    opening = Opening()
    with pytest.raises(RejectedError, match="camera attic"):
        await asyncio.wait_for(opening.showing.show(replace(PROMPT, cameras=("attic",)), takes_images=False), 10)


async def test_a_stop_puts_back_what_waits() -> None:
    opening = Opening()
    task = await opening.asked()
    opening.showing.stop()
    with pytest.raises(EngineWithdrawnError):
        await asyncio.wait_for(task, 10)
    with pytest.raises(EngineWithdrawnError):
        await opening.showing.show(PROMPT, takes_images=True)
