"""Small things that were found out about the models on this machine, kept from one start to the next.

A file that is not there, or is not what it should be, is as good as none: it only saves finding out again.
"""

import hashlib
import logging
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from agent.budget.memory import Geometry
from agent.durable_file import write_durably

_MOST = 32
"""Models remembered; the longest not loaded is forgotten."""
_ValueT = TypeVar("_ValueT")
_log = logging.getLogger(__name__)


class Remembered(Generic[_ValueT]):
    """Values by model. A model whose files have changed is another one.

    Args:
        file: Where they are kept. Owned.
        values: Reads and writes all of them.
    """

    def __init__(self, file: Path, values: TypeAdapter[dict[str, _ValueT]]) -> None:
        self._file = file
        self._values = values
        self._known = _read(file, values)
        self._is_saved = True

    def of(self, geometry: Geometry) -> _ValueT | None:
        """What is known of a model."""
        return self._known.get(_key(geometry))

    def put(self, geometry: Geometry, value: _ValueT, *, is_worth_saving: bool = True) -> None:
        """Remember; `save` makes it durable, where it is worth a write."""
        self._known.pop(_key(geometry), None)
        self._known[_key(geometry)] = value
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        if is_worth_saving:
            self._is_saved = False

    @property
    def is_saved(self) -> bool:
        """Whether there is nothing to `save`."""
        return self._is_saved

    def save(self) -> None:
        """Write the file. Blocks; where it cannot be written, the next start finds out anew."""
        self._is_saved = True
        try:
            write_durably(self._file, self._values.dump_json(dict(self._known)))
        except OSError as error:
            _log.warning("learnt_not_saved", extra={"file": str(self._file), "reason": error.strerror})


def _read(file: Path, values: TypeAdapter[dict[str, _ValueT]]) -> dict[str, _ValueT]:
    try:
        return values.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        _log.warning("learnt_not_read", extra={"file": str(file), "reason": str(error).splitlines()[0]})
        return {}


def _key(geometry: Geometry) -> str:
    return f"{geometry.model}:{hashlib.sha256(repr(geometry).encode()).hexdigest()[:16]}"
