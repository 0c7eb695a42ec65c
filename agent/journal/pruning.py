"""Which finished prompts are forgotten, and when; and how old they are when the wall clock is set.

What is queued, running or has an unsent reply is never in the view `forgettable`.
"""

from math import ceil
from typing import Final

from agent.clock import Clock
from agent.errors import StorageFullError
from agent.journal.database import Database
from agent.journal.stored import at
from agent.units import Seconds

_TO: Final = 0.8
"""Share of the file's limit that pruning by size leaves in use."""
_AT_ONCE: Final = 500
"""Rows of one transaction, which keeps the write-ahead log small."""

_OLD_OF_THIS_BOOT: Final = """
    DELETE FROM prompts WHERE seq IN (
        SELECT seq FROM forgettable WHERE boot_id = :boot AND finished < :now - :keep LIMIT :at_once)
"""
_OLD_OF_OTHER_BOOTS: Final = """
    DELETE FROM prompts WHERE seq IN (
        SELECT seq FROM forgettable WHERE boot_id <> :boot AND finished_wall < :wall - :keep LIMIT :at_once)
"""
_CLOCK_SET: Final = Seconds(5.0)
"""The wall clock was set when it has moved by more than this against the boot clock; less is NTP's slewing."""
_SET_AT_ONCE: Final = 100
"""Fewer than are deleted at once: SQLite writes a row that changes anew, with its reply."""

_SET_RECEIVED: Final = """
    UPDATE prompts SET received_wall = :wall - (:now - received) WHERE seq IN (
        SELECT seq FROM prompts WHERE state IN ('queued', 'running') AND boot_id = :boot
        AND abs(received_wall - (:wall - (:now - received))) > :clock_set LIMIT :at_once)
"""
_SET_FINISHED: Final = """
    UPDATE prompts SET finished_wall = :wall - (:now - finished) WHERE seq IN (
        SELECT seq FROM prompts WHERE state = 'finished' AND boot_id = :boot
        AND abs(finished_wall - (:wall - (:now - finished))) > :clock_set LIMIT :at_once)
"""
_OLDEST: Final = "DELETE FROM prompts WHERE seq IN (SELECT seq FROM forgettable ORDER BY seq LIMIT :at_once)"


def prune(database: Database, clock: Clock, keep: Seconds, *, to: float = _TO) -> int:
    """Forget what is older than `keep`, then the oldest while more than the share `to` of the file is used; how many.

    Age is by the boot clock in the boot in which a prompt finished, and by the wall clock later: see `follow_clock`.
    """
    values = {**at(clock), "keep": keep, "at_once": _AT_ONCE}
    pruned = 0
    for old in (_OLD_OF_THIS_BOOT, _OLD_OF_OTHER_BOOTS):
        while some := database.execute(old, values).rowcount:
            pruned += some
    while (filled := database.filled()) > to and (some := _forget_oldest(database, 1 - to / filled)):
        pruned += some
    database.shrink()
    return pruned


def follow_clock(database: Database, clock: Clock) -> None:
    """Correct the wall times of this boot's prompts when the wall clock was set, as NTP does some time after a start.

    They are all that the next boot knows of how long ago something was. Without this, what a board without a
    battery-backed clock did before it learned the date would look years old then.
    """
    values = {**at(clock), "clock_set": _CLOCK_SET, "at_once": _SET_AT_ONCE}
    for correct in (_SET_RECEIVED, _SET_FINISHED):
        while database.execute(correct, values).rowcount:
            pass


def _forget_oldest(database: Database, share: float) -> int:
    """Forget about this share of all prompts, rather fewer than more: they differ in size."""
    ((prompts,),) = database.rows("SELECT count(*) FROM prompts")
    at_once = min(_AT_ONCE, ceil(prompts * share / 2))
    return database.execute(_OLDEST, {"at_once": at_once}).rowcount


def make_room(database: Database, clock: Clock, keep: Seconds, *, size: int, below: float) -> None:
    """Prune if `size` bytes more would fill the file to more than the share `below` of its limit.

    Raises:
        StorageFullError: It still would.
    """
    if database.filled(size) <= below:
        return
    needed = database.filled(size) - database.filled()
    prune(database, clock, keep, to=min(_TO, below - needed))
    if database.filled(size) > below:
        raise StorageFullError(
            f"the journal is full: {database.filled():.0%} of its limit (journal.max_size) is used by what cannot be "
            f"forgotten yet, and this needs {needed:.1%}"
        )
