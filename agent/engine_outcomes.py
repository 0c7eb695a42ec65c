"""What came of each engine with each model on this machine, kept from one start to the next.

Owns `<state_dir>/engines.json`. A file that is not there, or is not what it should be, is as good as none: the engines
are then tried anew.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent import __version__
from agent.candidates import Candidate, Way
from agent.durable_file import write_durably
from agent.engine.preference import Remembered
from agent.units import Seconds

_MOST = 64
"""Outcomes remembered; the oldest is forgotten."""
_WORTH = 0.1
"""A speed that differs by less than this share is not worth a write."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """As it is written.

    Attributes:
        failure: Why it does not load.
        within_s: The time limit that it exceeded, where that is why.
        tokens_per_s: How fast it generated.
    """

    failure: str | None = None
    within_s: float | None = None
    tokens_per_s: float | None = None


_FILE: TypeAdapter[dict[str, _Outcome]] = TypeAdapter(dict[str, _Outcome])


class EngineOutcomes:
    """Outcomes by engine, its library's version, this agent's, the model, and the state of the model's files.

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

    def of(self, candidate: Candidate, load_timeout: Seconds) -> dict[str, Remembered]:
        """What is known of a model's engines. A load that took too long may succeed within a longer time."""
        outcomes = {way.engine.name: self._known.get(_key(candidate, way)) for way in candidate.ways}
        return {
            engine: Remembered(None if _had_less_time(outcome, load_timeout) else outcome.failure, outcome.tokens_per_s)
            for engine, outcome in outcomes.items()
            if outcome is not None
        }

    def failed(self, candidate: Candidate, way: Way, reason: str, within: Seconds | None) -> None:
        """It does not load; `within` is the time limit that it exceeded, if that is why."""
        self._put(_key(candidate, way), replace(self._of(candidate, way), failure=reason, within_s=within))

    def forget_failure(self, candidate: Candidate, way: Way) -> None:
        """It does load, or is to be tried again."""
        before = self._of(candidate, way)
        if before.failure is not None:
            self._put(_key(candidate, way), replace(before, failure=None, within_s=None))

    def generated(self, candidate: Candidate, way: Way, tokens_per_s: float) -> None:
        """It was so fast, with one request at a time."""
        before = self._of(candidate, way)
        if before.tokens_per_s is None or abs(before.tokens_per_s / tokens_per_s - 1) > _WORTH:
            self._put(_key(candidate, way), replace(before, tokens_per_s=tokens_per_s))

    def save(self) -> None:
        """Write the file. Blocks; where it cannot be written, the next start tries anew."""
        self._is_saved = True
        try:
            write_durably(self._file, _FILE.dump_json(dict(self._known)))
        except OSError as error:
            _log.warning("outcomes_not_saved", extra={"file": str(self._file), "reason": error.strerror})

    def _of(self, candidate: Candidate, way: Way) -> _Outcome:
        return self._known.get(_key(candidate, way), _Outcome())

    def _put(self, key: str, outcome: _Outcome) -> None:
        self._known.pop(key, None)
        self._known[key] = outcome
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        self._is_saved = False


def _had_less_time(outcome: _Outcome, load_timeout: Seconds) -> bool:
    return outcome.within_s is not None and outcome.within_s < load_timeout


def _key(candidate: Candidate, way: Way) -> str:
    return f"{way.engine.name} {way.version} {__version__} {candidate.model} {candidate.fingerprint}"


def _read(file: Path) -> dict[str, _Outcome]:
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        _log.warning("outcomes_not_read", extra={"file": str(file), "reason": str(error).splitlines()[0]})
        return {}
