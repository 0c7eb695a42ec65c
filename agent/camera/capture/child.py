"""The capture process: reads one camera and keeps the latest frame in shared memory.

Started by `process` as `python -m agent.camera.capture.child <socket> <agent> <slots>`, with the descriptors inherited.
Owns the device or the connection. Invariants: it never outlives the agent; it ends when its source fails, and says why,
in words without credentials; nothing else that it or its libraries say reaches anyone.
"""

import contextlib
import socket
import sys
from types import TracebackType

from agent.camera.capture.spec import MOST_LINE, Report, SourceError, decode_spec, encode
from agent.camera.frames import FrameSlots
from agent.children.lifeline import live_and_die_with_the_agent
from agent.credentials import redact, secrets_of

OOM_SCORE_ADJ = 600
"""When memory runs out this process is ended before the engine's and the agent's (proc(5), /proc/pid/oom_score_adj)."""


def main(control: socket.socket, agent_pid: int, slots: FrameSlots) -> None:
    """Read until the source fails or ends, and say so."""
    live_and_die_with_the_agent(agent_pid, oom_score_adj=OOM_SCORE_ADJ)
    with control.makefile("rb") as lines:
        spec = decode_spec(lines.readline(MOST_LINE))
    secrets = secrets_of(spec.source)

    def report(has_ended: bool, reason: str = "") -> None:  # noqa: FBT001 - as in `Report`
        with contextlib.suppress(OSError):  # the agent is gone, or has given this process up
            control.sendall(encode(Report(has_ended, redact(reason, secrets))))

    def report_fault(kind: type[BaseException], fault: BaseException, _: TracebackType | None) -> None:
        report(has_ended=False, reason=f"{kind.__name__}: {fault}")

    sys.excepthook = report_fault  # a traceback would show the source
    from agent.camera.capture.reading import read  # noqa: PLC0415 - its faults, and its libraries', are reported too

    try:
        read(spec, slots)
    except SourceError as error:
        report(has_ended=False, reason=str(error))
    else:
        report(has_ended=True)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), FrameSlots.open(int(sys.argv[3])))
