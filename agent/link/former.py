"""Subscriptions that this device had once and has no more, so that the broker can be told.

The broker keeps a session over restarts, and with it the subscriptions: a device that was taken out of a pool would
get its share of the pool's prompts for ever. Owns the file. Invariant: a filter is in it before it is subscribed to,
but where the disk does not take it. They are not forgotten when one broker was told: another, or its backup, may still
have them.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from agent.durable_file import write_durably

_MOST = 64
"""Former ones that are remembered; the oldest go."""

_FILTERS = TypeAdapter(list[Annotated[str, Field(min_length=1)]])
_log = logging.getLogger(__name__)


def former_filters(file: Path, wanted: Sequence[str]) -> list[str]:
    """The topic filters of earlier configurations that this one does not have, oldest first. Blocks.

    Args:
        file: Remembers them, and from now on the wanted ones too.
        wanted: Those that there are now.
    """
    known = _read(file)
    former = [it for it in known if it not in wanted][-_MOST:]
    remembered = [*former, *wanted]
    if remembered != known:
        _write(file, remembered)
    return former


def _read(file: Path) -> list[str]:
    try:
        return _FILTERS.validate_json(file.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        _log.warning("subscriptions_not_read", extra={"file": str(file), "reason": str(error).splitlines()[0]})
        return []


def _write(file: Path, filters: Sequence[str]) -> None:
    try:
        write_durably(file, _FILTERS.dump_json(list(filters)))
    except OSError as error:
        _log.warning("subscriptions_not_remembered", extra={"file": str(file), "reason": error.strerror})
