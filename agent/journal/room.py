"""Room for what is about to be written: made by pruning, or `StorageFullError`."""

from typing import Final

from agent.clock import Clock
from agent.errors import StorageFullError
from agent.journal.database import Database
from agent.journal.pruning import make_room
from agent.prompt import PromptId
from agent.units import Seconds

_TAKE_BELOW: Final = 0.9
"""What comes in stops before the file is full (share of its limit), so that replies always have room."""
_FULL: Final = 1.0


class Room:
    """Makes room in the file. Each method raises `StorageFullError` when not even pruning does.

    Args:
        database: The file.
        clock: The time.
        keep: How long finished prompts are kept while there is room.
    """

    def __init__(self, database: Database, clock: Clock, keep: Seconds) -> None:
        self._database = database
        self._clock = clock
        self._keep = keep

    def for_arrivals(self, size: int) -> None:
        """For messages that come in together, of so many bytes."""
        if size > self._database.max_transaction:
            raise StorageFullError(
                f"{size} bytes at once are too much for the journal: with its limit (journal.max_size), "
                f"{self._database.max_transaction} bytes"
            )
        if size:
            self.for_new(size)

    def for_new(self, size: int) -> None:
        """For what may be refused."""
        make_room(self._database, self._clock, self._keep, size=size, below=_TAKE_BELOW)

    def for_answer(self, size: int) -> None:
        """For what something waits for that has been taken."""
        make_room(self._database, self._clock, self._keep, size=size, below=_FULL)

    def for_reply(self, prompt_id: PromptId, reply: bytes) -> None:
        """For a prompt's reply, and one more for each place that asked for it."""
        ((copies,),) = self._database.rows("SELECT count(*) FROM reply_to WHERE prompt = ?", (prompt_id,))
        self.for_answer((1 + copies) * len(reply))
