"""Which engines did not load which models on this machine, kept from one start to the next.

Owns `<state_dir>/engines.json`. A file that is not there, or is not what it should be, is as good as none: the engines
are then tried anew.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent import __version__
from agent.candidates import Candidate, Way
from agent.durable_file import write_durably
from agent.units import Seconds

_MOST = 64
"""Failures remembered; the oldest is forgotten."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failure:
    """As it is written.

    Attributes:
        reason: Why it does not load.
        within_s: The time limit that it exceeded, where that is why.
    """

    reason: str
    within_s: float | None


_FILE: TypeAdapter[dict[str, _Failure]] = TypeAdapter(dict[str, _Failure])


class EngineOutcomes:
    """Failures by engine, its library's version, this agent's, the model, and the state of the model's files.

    Another version or other files are another matter: what came of the former says nothing of them.

    Args:
        file: Where they are kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)
        self._is_saved = True

    @property
    def is_saved(self) -> bool:
        """Whether there is nothing to `save`."""
        return self._is_saved

    def of(self, candidate: Candidate, load_timeout: Seconds) -> dict[str, str]:
        """A model's engines that do not load, and why. A load that took too long may succeed within a longer time."""
        known = {way.engine.name: self._known.get(_key(candidate, way)) for way in candidate.ways}
        return {
            engine: failure.reason
            for engine, failure in known.items()
            if failure is not None and not _had_less_time(failure, load_timeout)
        }

    def failed(self, candidate: Candidate, way: Way, reason: str, within: Seconds | None) -> None:
        """It does not load; `within` is the time limit that it exceeded, if that is why."""
        self._known.pop(_key(candidate, way), None)
        self._known[_key(candidate, way)] = _Failure(reason, within)
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        self._is_saved = False

    def forget(self, candidate: Candidate, way: Way) -> None:
        """It does load, or is to be tried again."""
        if self._known.pop(_key(candidate, way), None) is not None:
            self._is_saved = False

    def save(self) -> None:
        """Write the file. Blocks; where it cannot be written, the next start tries anew."""
        self._is_saved = True
        try:
            write_durably(self._file, _FILE.dump_json(dict(self._known)))
        except OSError as error:
            _log.warning("outcomes_not_saved", extra={"file": str(self._file), "reason": error.strerror})


def _had_less_time(failure: _Failure, load_timeout: Seconds) -> bool:
    return failure.within_s is not None and failure.within_s < load_timeout


def _key(candidate: Candidate, way: Way) -> str:
    return f"{way.engine.name} {way.version} {__version__} {candidate.model} {candidate.fingerprint}"


def _read(file: Path) -> dict[str, _Failure]:
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        _log.warning("outcomes_not_read", extra={"file": str(file), "reason": str(error).splitlines()[0]})
        return {}
