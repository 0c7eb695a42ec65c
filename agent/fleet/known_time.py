"""The newest time that this device knows of from what was signed (ADR 41). Owns the file that remembers it.

Invariant: it never goes back, and it is never later than the end of a timestamp that was verified.
"""

from datetime import UTC, datetime
from pathlib import Path

from agent.durable_file import write_durably
from agent.units import UnixSeconds

_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class KnownTime:
    """Remembered in a file.

    Args:
        file: Its folder exists.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def newest(self) -> UnixSeconds:
        """The newest; 1970 where nothing is known, or the file is damaged."""
        try:
            known = float(self._file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return UnixSeconds(0.0)
        return UnixSeconds(known if 0.0 <= known <= _LAST else 0.0)

    def reference(self, wall: UnixSeconds) -> datetime:
        """What the time is at least: by this a document is expired or not.

        Args:
            wall: What the clock says.
        """
        return datetime.fromtimestamp(min(max(wall, self.newest()), _LAST), UTC)

    def told(self, wall: UnixSeconds) -> str:
        """Both times, for a person who has to find out which is wrong."""
        return f"the clock says {_text(wall)}, what was signed before says {_text(self.newest())} at least"

    def learn(self, wall: UnixSeconds, end: UnixSeconds) -> None:
        """A timestamp was verified that ends then: up to there the clock is believed, and no further.

        Raises:
            OSError: It could not be written.
        """
        known = min(wall, end)
        if known > self.newest():
            write_durably(self._file, f"{known:.0f}\n".encode())


def _text(time: UnixSeconds) -> str:
    return datetime.fromtimestamp(min(max(time, 0.0), _LAST), UTC).isoformat(timespec="seconds")
