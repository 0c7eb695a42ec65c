"""What models have been measured to take on this machine, kept from one start to the next.

Owns `<state_dir>/memory.json`. A file that is not there, or is not what it should be, is as good as none: it only saves
the first prediction after a start from being made without it.
"""

import hashlib
import logging
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.budget.memory import Geometry, Learnt
from agent.durable_file import write_durably

_MOST = 32
"""Models remembered; the longest not loaded is forgotten."""
_WORTH = 0.01
"""A change by less than this share is not worth a write."""
_FILE: TypeAdapter[dict[str, Learnt]] = TypeAdapter(dict[str, Learnt])
_log = logging.getLogger(__name__)


class LearntModels:
    """What is known, by model. A model whose files have changed is another one.

    Args:
        file: Where it is kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)
        self._is_saved = True

    def of(self, geometry: Geometry) -> Learnt | None:
        """What is known of a model."""
        return self._known.get(_key(geometry))

    def learn(self, geometry: Geometry, learnt: Learnt) -> None:
        """Remember; `save` makes it durable."""
        before = self._known.pop(_key(geometry), None)
        self._known[_key(geometry)] = learnt
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        if before is None or _differs(before.loaded, learnt.loaded) or _differs(before.excess, learnt.excess):
            self._is_saved = False

    @property
    def is_saved(self) -> bool:
        """Whether there is nothing to `save`."""
        return self._is_saved

    def save(self) -> None:
        """Write the file. Blocks; where it cannot be written, the next start learns anew."""
        self._is_saved = True
        try:
            write_durably(self._file, _FILE.dump_json(dict(self._known)))
        except OSError as error:
            _log.warning("learnt_not_saved", extra={"file": str(self._file), "reason": error.strerror})


def _read(file: Path) -> dict[str, Learnt]:
    try:
        return _FILE.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        _log.warning("learnt_not_read", extra={"file": str(file), "reason": str(error).splitlines()[0]})
        return {}


def _key(geometry: Geometry) -> str:
    return f"{geometry.model}:{hashlib.sha256(repr(geometry).encode()).hexdigest()[:16]}"


def _differs(before: float, after: float) -> bool:
    return abs(after - before) > _WORTH * max(before, after)
