"""Reads a source of any kind, to its end.

What reads a kind is imported when it is needed: there is a process for each camera, and each would have all of it.
"""

from importlib import import_module
from pathlib import Path
from typing import assert_never

import cv2

from agent.camera.capture.outlet import Outlet
from agent.camera.capture.source import Csi, Device, Http, Pipeline, Rtsp, Source, Stored, source_of
from agent.camera.capture.spec import CaptureSpec
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
    source = source_of(spec.source)
    module, function = _reader_of(source)
    getattr(import_module(f"agent.camera.capture.{module}"), function)(source, spec, outlet)


def _reader_of(source: Source) -> tuple[str, str]:  # noqa: PLR0911 - one for each kind
    """Module and function."""
    match source:
        case Device():
            return "opencv", "read_device"
        case Rtsp():
            return "rtsp", "read_rtsp"
        case Http():
            return "http", "read_http"
        case Stored(path) if Path(path).is_dir():
            return "folder", "read_folder"
        case Stored():
            return "opencv", "read_video_file"
        case Csi():
            return "gstreamer", "read_csi"
        case Pipeline():
            return "gstreamer", "read_pipeline"
        case other:
            assert_never(other)
