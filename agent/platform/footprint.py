"""What a process holds of the memory that the kernel cannot take back: proc(5), `/proc/<pid>/status`.

Pages of files (libraries, weights that are mapped) are not part of it: the kernel drops them when it needs the room, as
`MemAvailable` counts on. What was swapped out is: it has to come back.
"""

import re
from pathlib import Path

from agent.platform.files import read_text, why_unreadable
from agent.platform.readings import Reading, Why
from agent.units import Bytes

_PARTS = re.compile(r"^(?:RssAnon|RssShmem|VmSwap):\s+(\d{1,15}) kB$", re.MULTILINE)


def footprint(pid: int, root: Path = Path("/")) -> Reading[Bytes]:
    """Of one process; `root` is where the machine's file system is mounted."""
    try:
        text = read_text(root / f"proc/{pid}/status")
    except OSError as error:
        return Reading(None, why_unreadable(error))
    parts = _PARTS.findall(text)
    return Reading(Bytes(sum(map(int, parts)) * 1024)) if parts else Reading(None, Why.GONE)
