"""What each kind of source costs: frames a second, how old a frame is when the agent can have it, processor time.

`python -m tests.bench.camera_sources` reads every kind from a server, a device or a file of its kind, at 1280x720 and
at the source's own rate, one after the other, for `--seconds` each. Age: from when the source had the picture, which
its marks tell, to when it is in shared memory. Processor time is the capture process's and its pipeline's, in shares
of one core.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import mean, median

import psutil
from PIL import Image

from tests.cameras.h264 import CLIP, FRAMES_PER_SECOND
from tests.cameras.http_server import RATE as HTTP_RATE
from tests.cameras.http_server import Handler, http_camera
from tests.cameras.marked import COUNT, number_in, picture
from tests.cameras.rtsp import rtsp_server
from tests.cameras.v4l2 import RATE as DEVICE_RATE
from tests.cameras.v4l2 import v4l2_camera
from tests.integration.camera.capturing import Capturing, capture_processes, keeping


def _cpu_seconds() -> float:
    times = [process.cpu_times() for process in capture_processes()]
    return float(sum(each.user + each.system for each in times))


async def _measure(
    name: str, camera: Capturing, seconds: float, rate: float, began: Callable[[], float] | None = None
) -> None:
    """One source.

    Args:
        name: For the table.
        camera: It, being read.
        seconds: For how long.
        rate: Pictures a second.
        began: When picture 0 was there, on the boot clock; None: it has no such time.
    """
    await camera.live()
    await asyncio.sleep(2.0)  # what the opening costs is not the question
    zero = None if began is None else began()
    first, cpu = camera.slots.header(), _cpu_seconds()
    ages, after = [], first.number
    until = first.at + seconds
    while camera.slots.header().at < until:
        frame = await camera.frame(after)
        after = frame.number
        if zero is not None:
            late = (frame.at - zero - number_in(frame.pixels) / rate) % (COUNT / rate)
            ages.append(late if late < COUNT / rate / 2 else late - COUNT / rate)
    last = camera.slots.header()
    passed = last.at - first.at
    share = (_cpu_seconds() - cpu) / passed
    resident = sum(process.memory_info().rss for process in capture_processes())
    age = "" if zero is None else f"{median(ages) * 1000:6.0f} ms, at most {max(ages) * 1000:4.0f}"
    print(
        f"{name:34} {(last.number - first.number) / passed:5.1f} of {rate:g} frames/s   age {age or '-':24} "
        f"{share:6.1%} of a core   {resident / 2**20:4.0f} MiB",
        flush=True,
    )


def _folder(path: Path) -> Path:
    for number in range(COUNT):
        Image.fromarray(picture(number)[:, :, ::-1]).save(path / f"{number:03}.jpg")
    return path


def _http_began() -> float:
    return Handler.began


async def measure(seconds: float) -> None:
    """All of them."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(rtsp_server())
        async with keeping(server.url) as camera:
            await _measure("rtsp, decoded by FFmpeg", camera, seconds, FRAMES_PER_SECOND, server.began)
    with http_camera() as host:
        async with keeping(f"http://{host}/mjpeg") as camera:
            await _measure("http, MJPEG", camera, seconds, HTTP_RATE, _http_began)
        async with keeping(f"http://{host}/snapshot", looks=5) as camera:
            await _measure("http, a JPEG 5 times a second", camera, seconds, HTTP_RATE, _http_began)
    with v4l2_camera() as device:
        async with keeping(device.path) as camera:
            await _measure("a device (preloaded shim, YUYV)", camera, seconds, DEVICE_RATE, device.began)
    async with keeping(CLIP) as camera:
        await _measure("a file, H.264", camera, seconds, FRAMES_PER_SECOND)
    with tempfile.TemporaryDirectory() as name:
        async with keeping(_folder(Path(name)), looks=10) as camera:
            await _measure("a folder of JPEGs, looks: 10", camera, seconds, 10)
    for text in (
        "videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=25/1",
        f"filesrc location={CLIP} ! h264parse ! avdec_h264",
    ):
        async with keeping(f"gst:{text}") as camera:
            await _measure(f"gst: {text.split(' ')[0]}", camera, seconds, FRAMES_PER_SECOND)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    print(f"{psutil.cpu_count()} cores, load {mean(psutil.getloadavg()):.1f}")
    asyncio.run(measure(arguments.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
