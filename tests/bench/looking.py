"""What looking at cameras costs, and whether eight cameras keep their rates.

`python -m tests.bench.looking` measures on frames of 1280x720:

- milliseconds of one thread for each step of a look, in rounds of all steps, and for pictures;
- eight cameras at five looks a second for so many seconds: what share of a core the looking process takes, and how
  many looks come. On a machine that does other things too, the processor's time for a look says more than the rates.

With `--detector FILE --labels N` also the milliseconds of a detector.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import platform
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import psutil

from agent.camera.frames import FrameSlots
from agent.camera.looking import picture
from agent.camera.looking.change import Reference
from agent.camera.looking.codes import CodeReader
from agent.camera.looking.detector import Detector
from agent.camera.looking.host import Looking
from agent.camera.looking.light import measure_light
from agent.camera.looking.motion import Motion
from agent.camera.looking.plan import DetectorPlan, LookPlan
from agent.camera.looking.repeated import is_repeated
from agent.camera.looking.scaled import Pixels, Scaled, grey_of, unmasked
from agent.camera.looking.trouble import Trouble
from agent.camera.values import CameraName, Look
from agent.clock import boottime
from agent.units import Bytes, Ratio, Seconds, UnixSeconds
from tests.bench.overhead import spread
from tests.synthetic_frames import Yard, with_code

CAMERAS = 8
PER_SECOND = 5.0
SHOWN_PER_SECOND = 15.0
WIDTH, HEIGHT = 1280, 720


def scenes() -> dict[str, list[Pixels]]:
    """Frames of a still yard, and of one in which somebody walks."""
    yard = Yard(width=WIDTH, height=HEIGHT)
    return {
        "still": [yard.frame() for _ in range(12)],
        "walking": [yard.with_person(0.05 + 0.07 * step)[0] for step in range(12)],
    }


def steps(frames: list[Pixels]) -> dict[str, Callable[[int], object]]:
    """Each step of a look, at the frame with a number."""
    scaled = [Scaled.of(frame) for frame in frames]
    counts = unmasked(scaled[0].small.shape, ())
    motion, reference = Motion(counts), Reference(counts)
    slots = FrameSlots.create(WIDTH, HEIGHT)
    slots.write(frames[0], boottime(), UnixSeconds(0.0))
    qr, barcode = CodeReader(("qr",)), CodeReader(("barcode",))
    held = Scaled.of(with_code(frames[0], "How many people are at the door?", 300, (500, 200)))
    camera, size = CameraName("bench"), len(frames)
    return {
        "copy from the shared memory": lambda _: slots.latest(),
        "scale to 640 and 320": lambda n: Scaled.of(frames[n % size]),
        "light and sharpness": lambda n: measure_light(scaled[n % size].grey),
        "motion": lambda n: motion.measure(scaled[n % size].small, Seconds(n / PER_SECOND)),
        "change": lambda n: reference.measure(grey_of(scaled[n % size].small), Seconds(n / PER_SECOND)),
        "repeated, no": lambda n: is_repeated(scaled[n % size], scaled[(n + 1) % size]),
        "repeated, yes": lambda n: is_repeated(scaled[n % size], Scaled.of(frames[n % size])),
        "QR code at 640, none": lambda n: qr.read(scaled[n % size].grey, thoroughly=False),
        "QR code at 640, one": lambda _: qr.read(held.grey, thoroughly=False),
        "QR code in the whole frame, none": lambda n: qr.read(grey_of(frames[n % size]), thoroughly=True),
        "barcode at 640, none": lambda n: barcode.read(scaled[n % size].grey, thoroughly=False),
        "picture of at most 256 KiB": lambda n: picture.encode(
            frames[n % size], camera, UnixSeconds(0.0), Bytes(262144)
        ),
        "picture of at most 32 KiB": lambda n: picture.encode(frames[n % size], camera, UnixSeconds(0.0), Bytes(32768)),
    }


def measure_steps(rounds: int) -> None:
    """Print milliseconds, by what a processor worked: other processes do not count."""
    cv2.setNumThreads(1)
    for name, frames in scenes().items():
        taken: dict[str, list[float]] = {}
        for number in range(rounds + 2):
            for step, run in steps_of(name, frames).items():
                began = time.thread_time()
                run(number)
                if number >= 2:
                    taken.setdefault(step, []).append((time.thread_time() - began) * 1000)
        for step, milliseconds in taken.items():
            print(f"{name}: {step}, ms: {spread(milliseconds, '.2f')}", flush=True)


_STEPS: dict[str, dict[str, Callable[[int], object]]] = {}


def steps_of(name: str, frames: list[Pixels]) -> dict[str, Callable[[int], object]]:
    """The steps for one scene, made once."""
    if name not in _STEPS:
        _STEPS[name] = steps(frames)
    return _STEPS[name]


def show(descriptors: list[int], name: str) -> None:
    """In a process of its own: write frames, as capture processes do, until killed."""
    frames = scenes()[name]
    cameras = [FrameSlots.open(descriptor) for descriptor in descriptors]
    number = 0
    while True:
        for slots in cameras:
            slots.write(frames[number % len(frames)], boottime(), UnixSeconds(time.time()))
        number += 1
        time.sleep(1 / SHOWN_PER_SECOND)


class Watched:
    """What came of the cameras."""

    def __init__(self) -> None:
        self.cameras = {CameraName(f"camera{number}"): FrameSlots.create(WIDTH, HEIGHT) for number in range(CAMERAS)}
        self.every_camera_seen = asyncio.Event()
        self.looks = Counter[CameraName]()
        self.delays: list[float] = []
        self.troubles: list[Trouble] = []

    def saw(self, look: Look) -> None:
        """A look came."""
        self.looks[look.camera] += 1
        self.delays.append((boottime() - look.at) * 1000)
        if len(self.looks) == CAMERAS:
            self.every_camera_seen.set()

    def begin(self) -> None:
        """Count from here."""
        self.looks.clear()
        self.delays.clear()
        self.troubles.clear()

    def report(self, name: str, took: float, worked: float, memory: float) -> None:
        """Print what it comes to.

        Args:
            name: Of the scene.
            took: Seconds.
            worked: Processor seconds of the looking process.
            memory: Its, in MB.
        """
        rates = [self.looks[camera] / took for camera in self.cameras]
        each = worked / self.looks.total()
        print(f"{name}: {CAMERAS} cameras at {PER_SECOND:g} looks/s for {took:.0f} s, load {os.getloadavg()[0]:.1f}")
        print(f"{name}: looks/s of each camera: {min(rates):.2f} to {max(rates):.2f}; shed: {len(self.troubles)} told")
        print(f"{name}: age of a frame when its look arrives, ms: {spread(self.delays, '.0f')}")
        print(
            f"{name}: {100 * worked / took:.0f} % of a core, {memory:.0f} MB; {1000 * each:.1f} ms a look, "
            f"{100 * each * CAMERAS * PER_SECOND:.0f} % of a core for all looks",
            flush=True,
        )


async def watch(name: str, seconds: float) -> None:
    """Print what eight cameras come to."""
    watched, plan = Watched(), LookPlan(PER_SECOND, code_kinds=("qr",))
    cameras = {camera: (slots, plan) for camera, slots in watched.cameras.items()}
    looking = Looking(cameras, on_look=watched.saw, on_blind=lambda *_: None, on_trouble=watched.troubles.append)
    descriptors = [slots.fd for slots in watched.cameras.values()]
    shower = multiprocessing.get_context("fork").Process(target=show, args=(descriptors, name), daemon=True)
    shower.start()
    run = asyncio.create_task(looking.run())
    await watched.every_camera_seen.wait()
    await asyncio.sleep(seconds / 4)
    process = psutil.Process(looking.pid)
    watched.begin()
    worked, began = sum(process.cpu_times()[:2]), time.monotonic()
    await asyncio.sleep(seconds)
    worked, took = sum(process.cpu_times()[:2]) - worked, time.monotonic() - began
    watched.report(name, took, worked, process.memory_info().rss / 1e6)
    shower.kill()
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run


def measure_detector(path: Path, labels: int, rounds: int) -> None:
    """Print milliseconds of a detector."""
    plan = DetectorPlan(path, tuple(str(number) for number in range(labels)), (Ratio(0.5),) * labels)
    detector = Detector.open(plan)
    frames = scenes()["still"]
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        detector.detect(frames[number % len(frames)])
        taken.append((time.perf_counter() - began) * 1000)
    print(f"detector {path.name}, ms: {spread(taken, '.1f')}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--detector", type=Path)
    parser.add_argument("--labels", type=int, default=80)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores, load {load:.1f}; OpenCV {cv2.__version__}")
    measure_steps(arguments.rounds)
    for name in ("still", "walking"):
        asyncio.run(watch(name, arguments.seconds))
    if arguments.detector is not None:
        measure_detector(arguments.detector, arguments.labels, arguments.rounds)


if __name__ == "__main__":
    main()
