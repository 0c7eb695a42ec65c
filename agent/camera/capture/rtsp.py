"""RTSP, decoded by the hardware where there is a decoder that GStreamer knows, else by FFmpeg.

Either way FFmpeg has the connection: it is given the password in memory, and its waits can be bounded. A `rtspsrc`
would have the password in its arguments, which every user of the machine can read.
"""

import shutil
import subprocess
import threading
from typing import Final

import cv2
import numpy as np

from agent.camera.capture import gstreamer, opencv
from agent.camera.capture.opening import ASK_TIMEOUT, DECODER_TIMEOUT
from agent.camera.capture.outlet import Outlet
from agent.camera.capture.pipelines import decode_pipeline
from agent.camera.capture.source import Rtsp
from agent.camera.capture.spec import CaptureSpec, SourceError

HARDWARE: Final = ("nvv4l2decoder", "nvv4l2decoder ! nvvidconv")
"""The element that has to be there, and what decodes with it."""
_UNDECODED: Final = (cv2.CAP_PROP_FORMAT, -1)
"""OpenCV then gives the stream's packets, in the byte stream's form (Annex B)."""


def read_rtsp(source: Rtsp, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read until it fails.

    Raises:
        SourceError: Always, in the end.
    """
    element, decoder = HARDWARE
    if not has_element(element) or not read_decoded_by(decoder, source, spec, outlet):
        opencv.read_rtsp(source, spec, outlet)


def has_element(name: str) -> bool:
    """Whether GStreamer can be started, and has an element."""
    program = shutil.which("gst-inspect-1.0")
    if program is None or shutil.which(gstreamer.PROGRAM) is None:
        return False
    try:
        asked = subprocess.run(  # noqa: S603 - names of ours
            [program, "--exists", name], check=False, capture_output=True, timeout=ASK_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def read_decoded_by(decoder: str, source: Rtsp, spec: CaptureSpec, outlet: Outlet) -> bool:
    """Read until it fails.

    Returns:
        False: this decoder gave nothing, or nothing that can be read, although the stream did; another one may.

    Raises:
        SourceError: The stream cannot be opened, or fails after there were frames.
    """
    capture = opencv.open_rtsp(source, spec, _UNDECODED)
    codec = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little")
    if decode_pipeline(codec, decoder, fd=0) is None:
        return False
    with gstreamer.running(lambda fd: str(decode_pipeline(codec, decoder, fd))) as pipeline:
        pump = _Pump(capture, spec, pipeline)
        pump.start()
        if _gives_a_frame(pipeline):
            outlet.put(pipeline.reader.pixels())
            gstreamer.pass_on(pipeline, outlet)
            raise SourceError(pump.why or pipeline.why() or "the stream ended")
        if pump.why is not None:
            raise SourceError(pump.why)
    pump.join()  # a camera may have room for one connection only
    return False


def _gives_a_frame(pipeline: gstreamer.RunningPipeline) -> bool:
    """Whether a decoder's first frame comes, and is of a form that is read: not with rows that `y4menc` pads."""
    try:
        return pipeline.speaks_within(DECODER_TIMEOUT) and pipeline.reader.next()
    except SourceError:
        return False


class _Pump(threading.Thread):
    """Carries packets from FFmpeg to the decoder until either fails. Ends with the process."""

    def __init__(self, capture: cv2.VideoCapture, spec: CaptureSpec, pipeline: gstreamer.RunningPipeline) -> None:
        super().__init__(name="packets", daemon=True)
        self._capture = capture
        self._stall_timeout = spec.stall_timeout
        self._into = pipeline.stdin
        self.why: str | None = None

    def run(self) -> None:
        try:
            while True:
                opencv.grab(self._capture, self._stall_timeout)
                is_whole, packet = self._capture.retrieve()
                if is_whole:
                    self._into.write(np.asarray(packet, np.uint8).tobytes())
                    self._into.flush()
        except SourceError as error:
            self.why = str(error)
            self._into.close()
        except OSError:  # the decoder is gone: what reads its frames says why
            pass
