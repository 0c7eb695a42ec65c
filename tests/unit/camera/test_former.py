"""What is left of cameras that the configuration has no more."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from agent.camera import former as former_module
from agent.camera.former import FormerCameras
from agent.camera.ring import Ring
from agent.camera.values import Picture
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, PublishRefusedError
from agent.prompt import OutMessage
from agent.units import Bytes, Seconds, UnixSeconds
from tests.unit.camera.links import FakeLink

GATE = OutMessage("edge/dev/camera/gate/state", b"", retain=True)
PATIENCE = 10.0


def former(folder: Path, link: FakeLink, configured: Collection[str]) -> FormerCameras:
    return FormerCameras(folder, configured, prefix="edge/dev", link=link)


async def run(folder: Path, link: FakeLink, configured: Collection[str]) -> None:
    """One start of the agent."""
    cameras = former(folder, link, configured)
    cameras.find()
    await asyncio.wait_for(cameras.run(), PATIENCE)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def keep(folder: Path, camera: str) -> None:
    Ring(folder / camera, Bytes(1000)).keep("p", Picture(bytes(10), UnixSeconds(1.0), 320, 180))


async def test_a_camera_that_was_there_at_the_last_start_is_forgotten_once(tmp_path: Path) -> None:
    folder, link = tmp_path / "cameras", FakeLink()
    await run(folder, link, {"door", "gate"})
    assert link.published == []
    keep(folder, "door")
    keep(folder, "gate")
    await run(folder, link, {"door"})
    assert link.published == [GATE]
    assert names(folder) == ["door"]
    assert len(names(folder / "door")) == 1
    await run(folder, link, {"door"})
    assert link.published == [GATE]


async def test_also_when_there_are_no_cameras_any_more(tmp_path: Path) -> None:
    link = FakeLink()
    await run(tmp_path, link, {"gate"})
    await run(tmp_path, link, ())
    assert link.published == [GATE]
    assert names(tmp_path) == []


async def test_without_a_broker_the_pictures_go_and_the_state_at_the_next_start(tmp_path: Path) -> None:
    link = FakeLink()
    link.up.clear()
    keep(tmp_path, "gate")
    cameras = former(tmp_path, link, ())
    cameras.find()
    assert names(tmp_path / "gate") == []
    running = asyncio.create_task(cameras.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    link.up.set()
    await run(tmp_path, link, ())
    assert link.published == [GATE]


@pytest.mark.parametrize("error", [NotConnectedError("gone"), BrokerBusyError("quota")])
async def test_a_broker_that_does_not_take_it_now_is_asked_again(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(former_module, "_BUSY_PAUSE", Seconds(0.0))
    link = FakeLink()
    link.errors = [error]
    keep(tmp_path, "gate")
    await run(tmp_path, link, ())
    assert link.published == [GATE]


async def test_one_that_refuses_is_asked_at_the_next_start(tmp_path: Path) -> None:
    link = FakeLink()
    link.errors = [PublishRefusedError("not authorized")]
    keep(tmp_path, "gate")
    await run(tmp_path, link, ())
    assert link.published == []
    await run(tmp_path, link, ())
    assert link.published == [GATE]


async def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "lost+found" / "a.jpg").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "notes.txt").touch()
    link = FakeLink()
    await run(tmp_path, link, ())
    assert link.published == [GATE]
    assert (tmp_path / "lost+found" / "a.jpg").exists()
    assert (tmp_path / "gate" / "notes.txt").exists()


async def test_a_folder_that_cannot_be_made_costs_only_the_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cameras").touch()
    link = FakeLink()
    await run(tmp_path / "cameras", link, {"door"})
    assert caplog.messages == ["cameras_not_remembered"]
    assert link.published == []
