"""Sources that GStreamer reads, in a `gst-launch-1.0` of their own: CSI sensors, and pipelines of the user's.

Frames come over a pipe of their own, because some of NVIDIA's elements print to standard output. Invariant: that
program never outlives this process, and is gone when this process leaves by itself or is told to.
"""

import os
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import F_SETPIPE_SZ, fcntl
from typing import BinaryIO, Final

from agent.camera.capture.outlet import Outlet
from agent.camera.capture.pipelines import arguments_of, csi_pipeline, user_pipeline, why_of
from agent.camera.capture.source import Csi, Pipeline
from agent.camera.capture.spec import LEAVE, CaptureSpec, SourceError
from agent.camera.capture.y4m import Y4mReader
from agent.children.lifeline import die_with_parent
from agent.units import Seconds

PROGRAM: Final = "gst-launch-1.0"
_PIPE_BYTES: Final = 1 << 20
_MOST_SAID: Final = 16 * 1024


class RunningPipeline:
    """A gst-launch that writes frames. Build it with `running`.

    Args:
        process: The program.
        frames: Our end of its pipe.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", frames: BinaryIO) -> None:
        self._process = process
        self._frames = frames
        self._said = bytearray()
        self._listener = threading.Thread(target=self._listen, name="said", daemon=True)
        self._listener.start()
        self.reader = Y4mReader(frames)

    @property
    def stdin(self) -> BinaryIO:
        """Where encoded video goes, if it reads any."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        return self._process.stdin  # type: ignore[return-value]

    def speaks_within(self, timeout: Seconds) -> bool:
        """Whether its first frame has begun to come by then, or its end has. Ask before anything is read."""
        return bool(select.select([self._frames], [], [], timeout)[0])

    def why(self) -> str | None:
        """Once no more frames come: why not; None: it was at its end."""
        code = self._process.wait()
        self._listener.join()
        return None if code == 0 else why_of(self._said.decode(errors="replace"))

    def _listen(self) -> None:
        """Read what it says, or it would stop once its pipe is full; keep the first and the last of it."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        while piece := self._process.stdout.read1(4096):  # type: ignore[attr-defined]
            self._said += piece
            if len(self._said) > 2 * _MOST_SAID:
                del self._said[_MOST_SAID:-_MOST_SAID]


@contextmanager
def running(pipeline_into: Callable[[int], str]) -> Iterator[RunningPipeline]:
    """A pipeline that runs for the length of a block.

    Args:
        pipeline_into: Gives the text, for a pipe's descriptor.

    Raises:
        SourceError: It cannot be started.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise SourceError(f"{PROGRAM} is not installed: sudo apt-get install gstreamer1.0-tools")
    signal.signal(LEAVE, _leave)
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=_PIPE_BYTES) as frames:
        fcntl(ours, F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own pipeline
                [program, "-q", *arguments_of(pipeline_into(theirs))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs],
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no other thread of ours runs yet
            )
        except ValueError as error:
            raise SourceError(f"the pipeline cannot be read: {error}") from None
        finally:
            os.close(theirs)
        try:
            yield RunningPipeline(process, frames)
        finally:
            process.kill()
            process.wait()


def read_csi(source: Csi, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read a sensor until it fails.

    Raises:
        SourceError: Always, in the end.
    """
    with running(lambda fd: csi_pipeline(source, spec.width, spec.height, fd)) as pipeline:
        pass_on(pipeline, outlet)
        raise SourceError(pipeline.why() or "the sensor's pipeline ended")


def read_pipeline(source: Pipeline, spec: CaptureSpec, outlet: Outlet) -> None:
    """Run a pipeline to its end; again and again, if it is to loop.

    Raises:
        SourceError: It fails, or gives nothing.
    """
    while True:
        with running(lambda fd: user_pipeline(source.text, fd)) as pipeline:
            frames = pass_on(pipeline, outlet)
            why = pipeline.why()
        if why is not None:
            raise SourceError(why)
        if not frames:
            raise SourceError("the pipeline ended without a frame")
        if not spec.loop:
            return


def pass_on(pipeline: RunningPipeline, outlet: Outlet) -> int:
    """Pass on a pipeline's frames until no more come; how many came.

    Raises:
        SourceError: They cannot be used.
    """
    frames = 0
    while pipeline.reader.next():
        frames += 1
        if outlet.wants():
            outlet.put(pipeline.reader.pixels())
    return frames


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit
