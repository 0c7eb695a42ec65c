"""Sources that fail in every way, and come back: noticed in time, and the process replaced."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.bench.camera_abuse import TROUBLES, run_cycle
from tests.cameras.http_server import Handler, http_camera
from tests.cameras.rtsp import rtsp_server
from tests.cameras.v4l2 import v4l2_camera
from tests.integration.camera.capturing import PATIENCE, STALL, capturing, until
from tests.waiting import first_line, wait_for

NOTICED = 3 * STALL
"""The configured time, and what a busy machine may add to it."""


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_an_rtsp_server_in_trouble(trouble: str) -> None:
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await camera.live()
            cycle = await run_cycle(camera, server, trouble)
            assert cycle.noticed_s <= NOTICED
            assert cycle.why
            assert camera.changes.empty()  # a loss is told once, whatever fails until it is over
            assert camera.keeper.state.restarts >= 1


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
            "the capture process ended by itself (signal SIGKILL)" if killed == "capture" else "the p"
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
        process = psutil.Process(int(first_line(agent, 60)))
        processes = [process, *process.children()]
        assert len(processes) == 2
        agent.kill()

    def has_ended(one: psutil.Process) -> bool:
        try:
            return one.status() == psutil.STATUS_ZOMBIE  # nobody reaps it, where there is no init
        except psutil.NoSuchProcess:
            return True

    wait_for(lambda: all(has_ended(one) for one in processes), PATIENCE, "end of them all")
