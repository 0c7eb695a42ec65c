"""Sources that OpenCV opens: RTSP by its FFmpeg, devices by V4L2, video files.

OpenCV says only whether a read succeeded. After a stall it may say so of a frame that is as old as the stall, so that
how long a read took counts too (docs/adr/0031); and a capture that failed never recovers: the process ends with it.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from agent.camera.capture.opening import CONNECT_TIMEOUT, OPEN_TIMEOUT
from agent.camera.capture.outlet import Outlet
from agent.camera.capture.reachable import check_reachable, place_of
from agent.camera.capture.source import Device, Rtsp, Stored
from agent.camera.capture.spec import CaptureSpec, SourceError
from agent.plain_file import plain_file
from agent.units import Seconds

_USUAL_RATE: Final = 25.0
_RATES: Final = (1.0, 240.0)
"""A file that claims less or more frames a second than these is read at `_USUAL_RATE`."""


def read_rtsp(source: Rtsp, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read until it fails.

    Raises:
        SourceError: Always, in the end.
    """
    capture = open_rtsp(source, spec)
    read_live(capture, spec.stall_timeout, outlet)


def open_rtsp(source: Rtsp, spec: CaptureSpec, further: Sequence[int] = ()) -> cv2.VideoCapture:
    """Open a stream; what it is read with bounds its reads to the stall timeout.

    Args:
        source: The server.
        spec: For the stall timeout.
        further: Properties and values besides the usual ones.

    Raises:
        SourceError: It cannot be opened.
    """
    check_reachable(source.url, min(spec.stall_timeout, CONNECT_TIMEOUT))
    began = time.monotonic()
    capture = cv2.VideoCapture(
        source.url,
        cv2.CAP_FFMPEG,
        [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(OPEN_TIMEOUT * 1000)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(spec.stall_timeout * 1000)),
            *(cv2.CAP_PROP_N_THREADS, 1),
            *further,
        ],
    )
    if not capture.isOpened():
        host, port = place_of(source.url)
        if time.monotonic() - began >= OPEN_TIMEOUT:
            raise SourceError(f"{host}:{port} takes connections, but sends no video within {OPEN_TIMEOUT:g} s")
        raise SourceError(f"{host}:{port} answers, but not with video: are path, user and password right?")
    return capture


def read_device(source: Device, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read until it fails, or is unplugged.

    Raises:
        SourceError: Always, in the end.
    """
    _check_device(source.path)
    capture = cv2.VideoCapture(source.path, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceError(f"{source.path} cannot be opened: another program may have it, or it takes no pictures")
    # Over USB 2 there is room for large frames as JPEGs only. A device that has none keeps the format that it has.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, spec.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, spec.height)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 2)
    read_live(capture, spec.stall_timeout, outlet)


def read_live(capture: cv2.VideoCapture, stall_timeout: Seconds, outlet: Outlet) -> None:
    """Read until it fails.

    Raises:
        SourceError: Always, in the end.
    """
    while True:
        grab(capture, stall_timeout)
        if outlet.wants():
            is_whole, pixels = capture.retrieve()
            if is_whole:
                outlet.put(np.asarray(pixels, np.uint8))


def grab(capture: cv2.VideoCapture, stall_timeout: Seconds) -> None:
    """Take the next frame from a live source.

    Raises:
        SourceError: There is none, or not soon enough.
    """
    began = time.monotonic()
    is_there = capture.grab()
    if time.monotonic() - began >= stall_timeout:
        raise SourceError(f"no frame came for {stall_timeout:g} s")
    if not is_there:
        raise SourceError("the stream ended")


def read_video_file(source: Stored, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read a file at its own speed, to its end, or again and again.

    Raises:
        SourceError: There is no video in it.
    """
    path = Path(source.path)
    try:
        plain_file(path)
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'not readable').lower()}") from None
    except ValueError as error:
        raise SourceError(f"{path} {error}") from None
    while True:
        if not _read_once(path, outlet):
            raise SourceError(f"{path} is no video that this OpenCV reads")
        if not spec.loop:
            return


def _read_once(path: Path, outlet: Outlet) -> int:
    """Read a file once; how many frames there were."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    rate = capture.get(cv2.CAP_PROP_FPS)
    interval = 1.0 / (rate if _RATES[0] <= rate <= _RATES[1] else _USUAL_RATE)
    frames = 0
    due = time.monotonic()
    while capture.grab():
        frames += 1
        if outlet.wants():
            is_whole, pixels = capture.retrieve()
            if is_whole:
                outlet.put(np.asarray(pixels, np.uint8))
        due = max(due + interval, time.monotonic() - 1.0)  # what was lost to a busy machine is not caught up with
        time.sleep(max(0.0, due - time.monotonic()))
    capture.release()
    return frames


def _check_device(path: str) -> None:
    """Say what OpenCV does not: why a device cannot be opened.

    Raises:
        SourceError: It cannot.
    """
    if not Path(path).exists():
        raise SourceError(f"{path} is not there: is the camera plugged in?")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(f"{path} may not be opened: the agent's user has to be in the group video")
