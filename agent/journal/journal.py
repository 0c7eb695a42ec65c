"""What has become of every prompt, and what is to be sent.

Invariants: a prompt that `append` took is queued, running or finished until it is pruned, or until `replace` puts a
newer one into its place, of those that nobody waits for. It is finished exactly when it has its one reply, and the
reply went into the outbox in the same transaction. What is queued, running or unsent is never pruned;
of what only the newest counts for (`enqueue_newest`, `finish_observation`), older ones go unsent.
"""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.clock import Clock
from agent.errors import StorageFullError
from agent.journal import commands, outbox, states
from agent.journal.arrivals import answer, content_of, storable, stored_size, take, take_instead
from agent.journal.database import Database
from agent.journal.newest import keep_newest_answers, send_newest
from agent.journal.pruning import follow_clock, prune
from agent.journal.records import Arrival, Claimed, JournalStats, OutboxItem, Refuse
from agent.journal.room import Room
from agent.prompt import OutMessage, Pending, Prompt, PromptId
from agent.units import Bytes, Seconds


class Journal:
    """The prompts and the outbox in one SQLite file. Synchronous; belongs to the thread that opened it.

    Every method that changes something is one transaction (`prune`: several), durable when it returns. Each raises
    `StorageFullError` when there is no room: then nothing has changed, and the same call may succeed later. Each raises
    `JournalDamagedError` when SQLite finds the file damaged.

    Attributes:
        damaged: Where a damaged file was set aside while opening, so that this journal began empty; else None.
    """

    def __init__(self, database: Database, *, clock: Clock, keep: Seconds) -> None:
        self.damaged = database.damaged
        self._database = database
        self._clock = clock
        self._keep = keep
        self._room = Room(database, clock, keep)
        self._is_to_recover = False

    @classmethod
    def open(cls, path: Path, *, clock: Clock, keep: Seconds, max_size: Bytes) -> Self:
        """Open the journal at `path`, or begin one. Call `recover` next.

        Args:
            path: The file. Its folder is locked for this process: one agent has one state folder.
            clock: The time.
            keep: How long finished prompts are kept.
            max_size: The most bytes on the disk.

        Raises:
            StopError: The file cannot be used, belongs to a newer agent, or to one that is running.
            StorageFullError: The disk has no room for it.
        """
        return cls(Database(path, max_size=max_size, wall=clock.wall()), clock=clock, keep=keep)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def recover(self) -> list[Pending]:
        """Queue again what was running when the agent ended; all that is queued, oldest first. Once after `open`.

        A start that was cut off stays counted in `Claimed.claims`. A prompt from an earlier boot gets its `received`
        on this boot's clock, from the time that has passed by the wall clock; if that went backwards, from now.

        Without room it holds all the same, and is written with the first change that hangs on it.
        """
        self._is_to_recover = True
        with contextlib.suppress(StorageFullError), self._recovered():
            pass
        return states.unfinished(self._database, self._clock)

    def append(self, arrivals: Sequence[Arrival], *, room: int, refuse: Refuse) -> list[Pending]:
        """Make messages durable, all in one transaction; the prompts among them that are to run.

        A message that came before does not run again. While its prompt has not finished, the reply goes to every place
        where one of its messages asked for it; after that, the stored reply is sent again, where it is asked for now.
        Except a retryable refusal: sent again by the client (not by the broker), the message is a new one.

        Args:
            arrivals: The messages.
            room: New prompts that the queue takes; what is more is refused with `QUEUE_FULL`.
            refuse: Makes that refusal, that of an id that another prompt has, `ID_TAKEN`, and that of a prompt for
                which there would be no room on an empty disk either, `TOO_LARGE`.

        Raises:
            StorageFullError: Not even pruning made room. Fewer at once may still fit.
        """
        stored = [storable(self._database, arrival, refuse) for arrival in arrivals]
        self._room.for_arrivals(sum(size for _, _, size in stored))
        taken: list[Pending] = []
        with self._database.transaction():
            for arrival, content, _ in stored:
                has_room = len(taken) < room
                pending = take(self._database, self._clock, arrival, content, has_room=has_room, refuse=refuse)
                if pending is not None:
                    taken.append(pending)
        return taken

    def replace(self, older: Sequence[PromptId], prompt: Prompt) -> tuple[Pending, list[PromptId]]:
        """Queue a new prompt that nobody waits for, in the place of older ones, which are forgotten without a reply.

        Args:
            older: What it replaces, as far as that is still queued; nothing of it: the prompt comes last.
            prompt: The new one; nobody sent it, so that it comes once.

        Returns:
            The prompt, and which of `older` are gone.

        Raises:
            StorageFullError: Not even pruning made room; the older ones are still queued.
        """
        arrival = Arrival(prompt.id, prompt.reply_to, prompt, key=None, digest="", redelivered=False)
        self._room.for_arrivals(stored_size(self._database, arrival, content_of(arrival)))
        with self._recovered():
            return take_instead(self._database, self._clock, arrival, prompt, older)

    def answer(self, arrival: Arrival, *, refuse: Refuse) -> OutMessage | None:
        """What to tell the sender of a message for which there is no room. Writes nothing.

        Args:
            arrival: The message.
            refuse: Makes the refusal of what is not stored, `STORAGE_FULL` or `ID_TAKEN`.

        Returns:
            The message to send; None when its reply comes by itself.
        """
        return answer(self._database, arrival, refuse)

    def claim(self, prompt_id: PromptId) -> Claimed | None:
        """Queued → running. None when it is not queued any more."""
        with self._recovered():
            return states.claim(self._database, prompt_id)

    def put_back(self, prompt_id: PromptId, *, engine_lost: bool) -> None:
        """Running → queued. Ignored when it is not running.

        Args:
            prompt_id: The prompt.
            engine_lost: Count a lost engine. Otherwise it is put back whole: its start does not count.
        """
        states.put_back(self._database, prompt_id, engine_lost=engine_lost)

    def finish(self, prompt_id: PromptId, reply: bytes) -> bool:
        """Queued or running → finished, with its reply in the outbox. False, and nothing changed, if it was already.

        Args:
            prompt_id: The prompt.
            reply: The payload. It goes to every place where a message with this prompt asked for it.
        """
        self._room.for_reply(prompt_id, reply)
        with self._database.transaction():
            return states.finish(self._database, self._clock, prompt_id, reply)

    def finish_observation(self, prompt_id: PromptId, reply: bytes, *, most: int) -> int:
        """`finish` a prompt of a camera, of whose unsent answers only the newest are kept; how many older ones went.

        Args:
            prompt_id: The prompt.
            reply: The payload.
            most: So many of its topic may be in the outbox.
        """
        self._room.for_reply(prompt_id, reply)
        with self._database.transaction():
            is_new = states.finish(self._database, self._clock, prompt_id, reply)
            return keep_newest_answers(self._database, prompt_id, most) if is_new else 0

    def enqueue(self, message: OutMessage) -> None:
        """Send a message that is nobody's reply, at QoS 1 and not retained, as everything in the outbox is."""
        self._room.for_new(len(message.payload))
        outbox.send(self._database, message)

    def enqueue_newest(self, message: OutMessage, *, kind: str, most: int) -> int:
        """Likewise a message of which only the newest are worth sending; how many older ones went unsent.

        Args:
            message: What to send.
            kind: What it has in common with those that it makes old.
            most: So many of this kind and topic may be in the outbox.
        """
        self._room.for_new(len(message.payload))
        with self._database.transaction():
            return send_newest(self._database, message, kind, most)

    def take_command(
        self, command_id: str, digest: str, accepted: OutMessage, taken: OutMessage, *, outlives: str | None = None
    ) -> bool:
        """Make a command durable, and answer it with `accepted`.

        One that came before gets its last answer again; another one with the same id gets `taken`. `outlives`: what the
        next process makes of it, when there is no last answer by then.

        Returns:
            Whether it is new, and to be carried out.
        """
        self._room.for_new(2 * len(accepted.payload))
        with self._database.transaction():
            return commands.take(self._database, command_id, digest, accepted, taken, outlives=outlives)

    def known_command(self, command_id: str) -> tuple[str, bytes] | None:
        """The digest and the newest answer of a command that came before; None: it did not."""
        return commands.known(self._database, command_id)

    def answer_command(self, command_id: str, message: OutMessage, *, is_last: bool) -> None:
        """Answer a command, and remember the answer, in one transaction."""
        self._room.for_answer(2 * len(message.payload))
        with self._database.transaction():
            commands.answer(self._database, command_id, message, is_last=is_last)

    def unfinished_commands(self) -> list[tuple[str, str | None]]:
        """The commands that have no last answer, oldest first: their ids, and what `take_command` was told of them."""
        return commands.unfinished(self._database)

    def outbox(self, *, limit: int, without: Collection[int] = ()) -> list[OutboxItem]:
        """The first `limit` messages to send, oldest first, leaving out those whose `seq` is in `without`."""
        return outbox.first(self._database, limit, without)

    def mark_sent(self, seqs: Sequence[int]) -> None:
        """The broker has these, and has read the acknowledgements of the prompts that they answer."""
        with self._database.transaction():
            outbox.remove(self._database, seqs)

    def prune(self) -> int:
        """Forget finished prompts that are older than `keep`, and the oldest when the file is too full; how many.

        Called often enough, it also sees when the wall clock was set, and corrects what was stored by it.
        """
        pruned = prune(self._database, self._clock, self._keep)
        follow_clock(self._database, self._clock)
        return pruned

    def backlog(self) -> tuple[int, Bytes]:
        """How many messages wait in the outbox, and the bytes on the disk; quick, whatever has finished."""
        return outbox.count(self._database), self._database.size()

    def stats(self) -> JournalStats:
        """How much there is. Counts every prompt: 7 ms for 100,000 on a server's core."""
        prompts = states.counts(self._database)
        waiting, size = self.backlog()
        return JournalStats(
            queued=prompts.get("queued", 0),
            running=prompts.get("running", 0),
            finished=prompts.get("finished", 0),
            outbox=waiting,
            size=size,
        )

    @contextlib.contextmanager
    def _recovered(self) -> Iterator[None]:
        """A transaction that finds as queued what was running when the agent ended."""
        with self._database.transaction():
            if self._is_to_recover:
                states.queue_again(self._database, self._clock)
            yield
        self._is_to_recover = False
