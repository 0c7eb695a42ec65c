"""Sources that fail in every way, and come back: noticed in time, and the process replaced."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from agent.clock import boottime
from tests.cameras.http_server import Handler, http_camera
from tests.cameras.rtsp import rtsp_server
from tests.cameras.v4l2 import v4l2_camera
from tests.integration.camera.capturing import STALL, capturing, until
from tests.waiting import wait_for

NOTICED = STALL + 1.0
"""The configured time, with a second for a busy machine."""


async def test_a_frozen_server() -> None:
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await camera.live()
            server.freeze()
            state = await camera.lost()
            assert state.since - camera.slots.header().at <= NOTICED
            assert "no frame came for 1 s" in state.why
            server.thaw()
            assert (await camera.live()).restarts >= 1
            assert camera.changes.empty()


async def test_a_server_that_is_killed_and_comes_back() -> None:
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await camera.live()
            server.kill()
            state = await camera.lost()
            assert state.since - camera.slots.header().at <= NOTICED
            await until(lambda: "refused" in camera.keeper.state.why)
            assert camera.changes.empty()  # the loss is told once
            server.restart()
            await camera.live()


@pytest.mark.parametrize("mode", ["slow", "garbage"])
async def test_a_server_that_turns_bad(mode: str) -> None:
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await camera.live()
            server.kill()
            await camera.lost()
            server.restart("--mode", mode)
            if mode == "garbage":  # it begins well
                await camera.live()
                await camera.lost()
            server.kill()
            server.restart()
            while not (await camera.change()).is_live:
                pass
            before = camera.slots.header().number
            await camera.frame(after=before + 10)


async def test_a_device_that_is_unplugged_and_plugged_in_again() -> None:
    with v4l2_camera(320, 180) as device:
        async with capturing(device.path) as camera:
            await camera.live()
            device.unplug()
            assert "the stream ended" in (await camera.lost()).why
            await until(lambda: "is not there" in camera.keeper.state.why)
            device.plug_in()
            await camera.live()


async def test_a_driver_that_hangs() -> None:
    with v4l2_camera(320, 180) as device:
        async with capturing(device.path) as camera:
            await camera.live()
            device.freeze()
            state = await camera.lost()
            assert state.since - camera.slots.header().at <= NOTICED
            device.thaw()
            await camera.live()


async def test_mjpeg_that_falls_silent() -> None:
    with http_camera() as host:
        async with capturing(f"http://{host}/mjpeg") as camera:
            await camera.live()
            Handler.silent.set()
            state = await camera.lost()
            assert state.since - camera.slots.header().at <= NOTICED
            Handler.silent.clear()
            await camera.live()


@pytest.mark.parametrize("killed", ["capture", "pipeline"])
async def test_a_process_that_is_killed_is_replaced(killed: str) -> None:
    async with capturing("gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240") as camera:
        await camera.live()
        assert camera.keeper.pid is not None
        process = psutil.Process(camera.keeper.pid)
        (pipeline,) = process.children()
        (process if killed == "capture" else pipeline).kill()
        why = (await camera.lost()).why
        assert why.startswith(
            "the capture process ended by itself (signal SIGKILL)" if killed == "capture" else "the pipeline ended"
        )
        await camera.live()
        assert not pipeline.is_running() or pipeline.status() == psutil.STATUS_ZOMBIE


async def test_a_stopped_process_is_replaced() -> None:
    async with capturing("gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240") as camera:
        await camera.live()
        assert camera.keeper.pid is not None
        os.kill(camera.keeper.pid, signal.SIGSTOP)
        assert "no frame came" in (await camera.lost()).why
        await camera.live()


_AGENT = """
import asyncio, sys
from agent.camera.capture.keeper import CaptureKeeper
from agent.camera.frames import FrameSlots
from agent.camera.settings import Camera
from agent.clock import Clock

async def main():
    keeper = CaptureKeeper("x", Camera(source=sys.argv[1]), FrameSlots.create(320, 240), clock=Clock.of_this_machine(),
                           on_change=lambda state: print(keeper.pid, flush=True))
    await keeper.run()

asyncio.run(main())
"""


def test_nothing_outlives_an_agent_that_is_killed() -> None:
    source = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240"
    with subprocess.Popen([sys.executable, "-c", _AGENT, source], stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout is not None
        process = psutil.Process(int(agent.stdout.readline()))
        processes = [process, *process.children()]
        assert len(processes) == 2
        agent.kill()

    def has_ended(one: psutil.Process) -> bool:
        try:
            return one.status() == psutil.STATUS_ZOMBIE  # nobody reaps it, where there is no init
        except psutil.NoSuchProcess:
            return True

    wait_for(lambda: all(has_ended(one) for one in processes), 5.0, "end of them all")


def test_no_secret_is_in_the_arguments_or_the_environment(tmp_path: Path) -> None:
    source = "rtsp://ann:hunter2@127.0.0.1:1/x"
    code = _AGENT.replace("Camera(source=sys.argv[1])", "Camera(source=sys.stdin.readline())")
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as agent:
        assert agent.stdin is not None
        agent.stdin.write(source.encode())
        agent.stdin.close()
        seen: list[bytes] = []
        until_at = boottime() + 3.0
        while boottime() < until_at and len(seen) < 20:
            for child in psutil.Process(agent.pid).children(recursive=True):
                try:
                    folder = Path(f"/proc/{child.pid}")
                    seen.append((folder / "cmdline").read_bytes() + (folder / "environ").read_bytes())
                except (OSError, psutil.Error):
                    continue
        agent.kill()
        assert agent.stderr is not None
        said = agent.stderr.read()
    assert seen
    assert not any(b"hunter2" in one for one in (*seen, said))
