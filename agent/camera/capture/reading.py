"""Reads a source of any kind, to its end."""

from pathlib import Path
from typing import assert_never

import cv2

from agent.camera.capture import folder, gstreamer, http, opencv, rtsp
from agent.camera.capture.outlet import Outlet
from agent.camera.capture.source import Csi, Device, Http, Pipeline, Rtsp, Stored, source_of
from agent.camera.capture.spec import CaptureSpec, SourceError
from agent.camera.frames import FrameSlots
from agent.clock import Clock


def read(spec: CaptureSpec, slots: FrameSlots) -> None:
    """Read a source to its end; a live one has none.

    Raises:
        SourceError: It cannot be opened, or fails.
    """
    cv2.setNumThreads(1)
    per_second = max(2.0 * spec.looks, 2.0 / spec.stall_timeout)  # fresh when it is looked at; never like a stall
    outlet = Outlet(slots, spec.width, spec.height, per_second=per_second, clock=Clock.of_this_machine())
    try:
        source = source_of(spec.source)
    except ValueError as error:
        raise SourceError(str(error)) from None
    match source:
        case Device():
            opencv.read_device(source, spec, outlet)
        case Rtsp():
            rtsp.read_rtsp(source, spec, outlet)
        case Http():
            http.read_http(source, spec, outlet)
        case Stored(path) if Path(path).is_dir():
            folder.read_folder(Path(path), spec, outlet)
        case Stored(path):
            opencv.read_video_file(Path(path), spec, outlet)
        case Csi():
            gstreamer.read_csi(source, spec, outlet)
        case Pipeline():
            gstreamer.read_pipeline(source, spec, outlet)
        case other:
            assert_never(other)
