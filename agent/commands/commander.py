"""Commands from their arrival to their last answer.

Invariants: a command is on the disk before its message is acknowledged; it is carried out once, whatever comes again;
its last answer is written together with the fact that it is over. A command amid which the agent ended is answered as
failed at the next start: it is not tried again by itself, because it may be what ended the agent. But for the two that
end it on purpose: a restart has succeeded when the next process runs, and an update is waited for by that process.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, assert_never

from agent import __version__
from agent.commands.values import (
    CheckForUpdate,
    Command,
    CommandAnswer,
    CommandId,
    CommandState,
    Drain,
    Handlers,
    LoadModel,
    Outlives,
    Restart,
    SetBudget,
    TakeSnapshot,
    Tell,
    outlives,
)
from agent.errors import AgentError, ErrorCode, RejectedError, StorageFullError
from agent.journal import Journal, JournalThread
from agent.prompt import OutMessage
from agent.units import Seconds
from agent.wire import encode_command_answer

_MOST_AT_ONCE: Final = 16
"""Commands that are being carried out; more are rejected, but for those that came before."""

_QUICK: Final = Seconds(1.0)
"""What takes longer is answered with `in_progress` first."""

_ID_TAKEN: Final = "the id is another command's: use a new one"

_RETRY: Final = Seconds(1.0)
"""Nothing announces that a disk has room again: look once in so long."""

_log = logging.getLogger(__name__)


class Commander:
    """Carries commands out, each in a task of its own, and answers on `R/command/<id>` through the outbox.

    Args:
        journal: Where commands and answers become durable.
        handlers: Who does what is asked for.
        topic: `R/command`.
        wake_publisher: Called when an answer is in the outbox.
    """

    def __init__(
        self, journal: JournalThread, handlers: Handlers, *, topic: str, wake_publisher: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._handlers = handlers
        self._topic = topic
        self._wake_publisher = wake_publisher
        self._accepted: asyncio.Queue[tuple[CommandId, Command]] = asyncio.Queue()
        self._left_behind: list[tuple[CommandId, CommandState, str]] = []
        self._under_way = 0

    async def take(self, command_id: CommandId, command: Command, digest: str) -> None:
        """Make a command durable; it is carried out by `run`. One that came before gets its last answer again.

        Args:
            command_id: The operator's.
            command: What to do.
            digest: Tells this command from another one with the same id.

        Raises:
            StorageFullError: There is no room; nothing was taken.
        """
        if self._under_way >= _MOST_AT_ONCE and not await self._known(command_id):
            await self.reject(command_id, f"{_MOST_AT_ONCE} commands are under way already: try again")
            return
        first = self._message(command_id, CommandState.ACCEPTED, "")
        taken_by_another = self.rejection(command_id, _ID_TAKEN)
        is_new = await self._journal.run(
            Journal.take_command, command_id, digest, first, taken_by_another, outlives=outlives(command)
        )
        if is_new:
            _log.info("command", extra={"command_id": command_id, "command": type(command).__name__})
            self._begin(command_id, command)
        self._wake_publisher()

    async def reject(self, command_id: CommandId, why: str) -> None:
        """Answer what makes no sense. It is not remembered.

        Raises:
            StorageFullError: There is no room.
        """
        await self._journal.run(Journal.enqueue, self.rejection(command_id, why))
        self._wake_publisher()

    async def answer_without_room(self, command_id: CommandId, digest: str, why: StorageFullError) -> OutMessage:
        """What to tell the sender of a command that `take` had no room for: one that came before is not rejected."""
        known = await self._known(command_id)
        if known is None:
            return self.rejection(command_id, f"{ErrorCode.STORAGE_FULL}: {why}")
        known_digest, answer = known
        if known_digest != digest:
            return self.rejection(command_id, _ID_TAKEN)
        return OutMessage(self._topic_of(command_id), answer)

    def rejection(self, command_id: CommandId, why: str) -> OutMessage:
        """Says that a command is not carried out."""
        return self._message(command_id, CommandState.REJECTED, why)

    async def recover(self) -> None:
        """Find what was under way when the agent ended: `run` answers it, or goes on with it. Once, before `run`."""
        for command_id, kind in await self._journal.run(Journal.unfinished_commands):
            name = CommandId(command_id)
            match kind:
                case Outlives.UPDATE:
                    self._begin(name, CheckForUpdate())
                case Outlives.RESTART:
                    self._left_behind.append((name, CommandState.SUCCEEDED, f"{__version__} has started"))
                case _:
                    self._left_behind.append((name, CommandState.FAILED, "the agent ended before it was done"))

    async def run(self) -> None:
        """Answer what was left behind, and carry out what is taken, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer_left_behind(), name="commands left behind")
            while True:
                command_id, command = await self._accepted.get()
                tasks.create_task(self._carry_out(command_id, command), name=f"command {command_id}")

    async def _answer_left_behind(self) -> None:
        for command_id, state, detail in self._left_behind:
            await self._answer(command_id, state, detail)

    def _begin(self, command_id: CommandId, command: Command) -> None:
        self._under_way += 1
        self._accepted.put_nowait((command_id, command))

    async def _carry_out(self, command_id: CommandId, command: Command) -> None:
        async def tell(how_far: str) -> None:
            await self._answer(command_id, CommandState.IN_PROGRESS, how_far)

        doing = asyncio.create_task(self._do(command, tell), name=f"{type(command).__name__} {command_id}")
        try:
            if not (await asyncio.wait({doing}, timeout=_QUICK))[0]:
                await self._answer(command_id, CommandState.IN_PROGRESS, "")
            detail, state = await doing, CommandState.SUCCEEDED
        except RejectedError as error:
            detail, state = f"{error.code}: {error.message}", CommandState.REJECTED
        except AgentError as error:
            detail, state = str(error), CommandState.FAILED
        finally:
            doing.cancel()
        await self._answer(command_id, state, detail)
        self._under_way -= 1

    async def _do(self, command: Command, tell: Tell) -> str:
        """Raises `RejectedError` for what cannot be done, another `AgentError` for what went wrong."""
        handlers = self._handlers
        match command:
            case SetBudget(watts):
                return await handlers.set_budget(watts)
            case LoadModel(model):
                return await handlers.load_model(model)
            case Drain(on):
                return await handlers.drain(on)
            case TakeSnapshot(camera):
                return await handlers.snapshot(camera)
            case CheckForUpdate(force):
                return await handlers.update(tell, force)
            case Restart():
                return await handlers.restart()
            case _:
                assert_never(command)

    async def _answer(self, command_id: CommandId, state: CommandState, detail: str) -> None:
        """Write an answer, however long the disk stays full."""
        is_last = state not in (CommandState.ACCEPTED, CommandState.IN_PROGRESS)
        message = self._message(command_id, state, detail)
        while True:
            try:
                await self._journal.run(Journal.answer_command, command_id, message, is_last=is_last)
            except StorageFullError:
                await asyncio.sleep(_RETRY)
            else:
                self._wake_publisher()
                return

    async def _known(self, command_id: CommandId) -> tuple[str, bytes] | None:
        return await self._journal.run(Journal.known_command, command_id)

    def _topic_of(self, command_id: CommandId) -> str:
        return f"{self._topic}/{command_id}"

    def _message(self, command_id: CommandId, state: CommandState, detail: str) -> OutMessage:
        return OutMessage(self._topic_of(command_id), encode_command_answer(CommandAnswer(command_id, state, detail)))
