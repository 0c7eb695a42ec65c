"""Keeps a camera's capture process alive: starts it, sees that frames come, ends it when they do not, starts another.

Owns the process. Invariant: at most one runs for a camera, also while one that was killed does not end, because a
driver hangs; and none is left when `run` is done, but such a one, for which the agent's stop does not wait.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.camera.capture.opening import opening_time
from agent.camera.capture.process import CaptureProcess
from agent.camera.capture.progress import Progress, advance, has_stalled, was_good
from agent.camera.capture.source import Http, Rtsp, source_of
from agent.camera.capture.spec import CaptureSpec, Report
from agent.camera.frames import FrameSlots
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.children.restarts import wait_before_restart
from agent.clock import Clock
from agent.credentials import redact, secrets_of, with_password
from agent.plain_file import read_text
from agent.units import Seconds

DEFAULT_SIZE: Final = "1280x720"
_LOOK_EVERY: Final = Seconds(0.2)


@dataclass(frozen=True, slots=True)
class CaptureState:
    """How it is with a camera's frames.

    Attributes:
        is_live: Whether they come.
        why: Why they do not, for a person; empty while they do.
        since: When `is_live` became what it is, on the boot clock.
        restarts: How often its process has been replaced since the agent's start.
        has_ended: A file or a folder was read to its end: no loss.
    """

    is_live: bool
    why: str
    since: Seconds
    restarts: int = 0
    has_ended: bool = False


class CaptureKeeper:
    """Keeps frames coming.

    Args:
        name: The camera's, for its task.
        settings: What to read, and how.
        slots: Where the frames go: `size` of the settings, or `DEFAULT_SIZE`. The caller's to close, after `run`.
        clock: For the stall timeout.
        on_change: Told when frames come for the first time, when they are lost, are back, and at the end of a file.
    """

    def __init__(
        self,
        name: CameraName,
        settings: Camera,
        slots: FrameSlots,
        *,
        clock: Clock,
        on_change: Callable[[CaptureState], None],
    ) -> None:
        self.name = name
        self._settings = settings
        self._slots = slots
        self._clock = clock
        self._on_change = on_change
        self._restarts = 0
        self._is_first = True
        self._pid: int | None = None
        self.state = CaptureState(is_live=False, why="it is being opened", since=clock.now())

    @property
    def pid(self) -> int | None:
        """The capture process; None while there is none."""
        return self._pid

    async def run(self) -> None:
        """Keep frames coming, until cancelled or at the end of a file that does not begin again."""
        failures = 0
        while True:
            report, has_been_good = await self._run_process()
            if report.has_ended:
                return
            failures = 1 if has_been_good else failures + 1
            await asyncio.sleep(wait_before_restart(failures))
            self._restarts += 1

    async def _run_process(self) -> tuple[Report, bool]:
        """One process, to its end: what it came to, and whether it was good for some time."""
        progress = Progress(self._slots.header().number, self._clock.now())
        try:
            process = await CaptureProcess.start(spec_of(self._settings), self._slots)
        except (OSError, ValueError) as error:
            refused = Report(has_ended=False, reason=redact(_words_of(error), secrets_of(self._settings.source)))
            self._tell_end(refused)
            return refused, False
        self._pid = process.pid
        report: Report | None = None
        try:
            try:
                report, progress = await self._watch(process, progress)
                if report is not None:
                    self._tell_end(report)
            finally:
                await process.end()
            how = await process.ending()
        finally:
            self._pid = None
        if report is None:
            report = Report(has_ended=False, reason=f"the capture process ended by itself ({how})")
            self._tell_end(report)
        return report, was_good(progress, self._settings.stall_timeout)

    async def _watch(self, process: CaptureProcess, progress: Progress) -> tuple[Report | None, Progress]:
        """See frames come, until they do not: what the process says of it, None when it is gone without a word."""
        stall_timeout, opening = self._settings.stall_timeout, opening_time(source_of(self._settings.source))
        reporting = asyncio.ensure_future(process.report())
        try:
            while True:
                done, _ = await asyncio.wait({reporting}, timeout=_LOOK_EVERY)
                now = self._clock.now()
                progress = advance(progress, self._slots.header().number, now)
                if progress.first_at is not None and not self.state.is_live:
                    self._tell(CaptureState(is_live=True, why="", since=now, restarts=self._restarts))
                if done:
                    return reporting.result(), progress
                if has_stalled(progress, now, stall_timeout, opening):
                    return Report(has_ended=False, reason=_words_of_stall(progress, now)), progress
        finally:
            reporting.cancel()

    def _tell_end(self, report: Report) -> None:
        """A loss is told once, however many attempts fail after it; the state has the latest reason."""
        is_news = self.state.is_live or self._is_first or report.has_ended
        since = self._clock.now() if is_news else self.state.since
        why = "it is at its end" if report.has_ended else report.reason
        state = CaptureState(False, why, since, self._restarts, report.has_ended)  # noqa: FBT003 - not live
        if is_news:
            self._tell(state)
        else:
            self.state = state

    def _tell(self, state: CaptureState) -> None:
        self._is_first = False
        self.state = state
        self._on_change(state)


def spec_of(settings: Camera) -> CaptureSpec:
    """What a capture process is told, with the password read from its file.

    Raises:
        OSError: That file cannot be read.
        ValueError: It is of no use, or the source has no place for it.
    """
    source = settings.source
    if settings.password_file is not None:
        if not isinstance(source_of(source), Rtsp | Http):
            raise ValueError("password_file is for rtsp:// and http:// sources")
        source = with_password(source, read_text(settings.password_file).strip("\r\n"))
    width, _, height = (settings.size or DEFAULT_SIZE).partition("x")
    return CaptureSpec(source, settings.loop, int(width), int(height), settings.stall_timeout, settings.looks)


def _words_of(error: OSError | ValueError) -> str:
    """Why a process could not be started."""
    if isinstance(error, OSError):
        return f"{error.filename or 'the capture process'}: {(error.strerror or 'not started').lower()}"
    return str(error)


def _words_of_stall(progress: Progress, now: Seconds) -> str:
    passed = now - progress.at
    return f"no frame came for {passed:.0f} s" if progress.first_at is not None else f"no frame within {passed:.0f} s"
