"""What came of this process's start, for deploy/launcher, which has counted it before it was made (ADR 40).

Owns no file: the launcher writes the counts, and they are removed here.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Self

from agent.durable_file import sync_folder
from agent.errors import ConfigError

FLEET: Final = "JETSON_AGENT_FLEET"
"""The launcher says here in which folder it looks for releases, and counts."""

_log = logging.getLogger(__name__)


class CountedStart:
    """Of this process.

    Args:
        folder: Where the counts are; None: it was not the launcher that started it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """As the launcher says."""
        folder = environ.get(FLEET)
        return cls(Path(folder) if folder else None)

    def serves(self) -> None:
        """Everything runs: what crashed before is not added to what may crash in a year."""
        self._forget("good.boots")

    @contextlib.contextmanager
    def unless_misconfigured(self) -> Iterator[None]:
        """A wrong configuration is no fault of the good release: it is for a person, however often he tries."""
        try:
            yield
        except ConfigError:
            self._forget("good.boots")
            raise

    def _forget(self, count: str) -> None:
        if self._folder is None:
            return
        file = self._folder / count
        try:
            if file.exists():
                file.unlink()
                sync_folder(self._folder)
        except OSError as error:
            _log.warning("start_stays_counted", extra={"file": str(file), "reason": error.strerror})
