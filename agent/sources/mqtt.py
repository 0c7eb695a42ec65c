"""Prompts from the broker: made durable first, acknowledged then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import assert_never

from agent.camera.run_time import Change
from agent.camera.values import CameraName
from agent.commands.commander import Commander
from agent.errors import NotConnectedError, StorageFullError
from agent.events import CameraSetRefused, Event, PayloadsDropped, StorageFull
from agent.intake import Intake
from agent.journal import Arrival
from agent.link import BrokerBusyError, Incoming, Link, PublishRefusedError
from agent.prompt import OutMessage, PromptId
from agent.sources.camera_topics import CameraMisset, CameraSet
from agent.sources.interpret import Cancellation, Interpreter, Meaning, Misordered, Ordered, Unanswerable
from agent.units import Seconds

_REPORT_EVERY = Seconds(60.0)
"""At most so often an operator is told of messages that nobody could be answered for."""

_ANSWER_TIMEOUT = Seconds(10.0)

_BUSY_PAUSE = Seconds(1.0)
"""An answer that the broker does not take for now is sent again after so long."""

_log = logging.getLogger(__name__)

_Received = tuple[Incoming, Arrival]
_Other = Cancellation | Ordered | Misordered | CameraSet | CameraMisset | Unanswerable
_Answered = tuple[Incoming, OutMessage]


class MqttSource:
    """Takes messages from the link, and acknowledges each when what it asks for cannot get lost any more.

    Args:
        link: The broker.
        intake: Makes prompts durable.
        interpreter: Says what a message means.
        cancel: Ends a prompt that waits or runs.
        commander: Takes commands.
        set_camera: Sets what is to hold for a camera.
        emit: Reports an event to the operator.
    """

    def __init__(  # noqa: PLR0913 - all that a message may be for; only `app` calls it
        self,
        link: Link,
        intake: Intake,
        interpreter: Interpreter,
        *,
        cancel: Callable[[PromptId], None],
        commander: Commander,
        set_camera: Callable[[CameraName, Change], Awaitable[None]],
        emit: Callable[[Event], None],
    ) -> None:
        self._link = link
        self._intake = intake
        self._interpreter = interpreter
        self._cancel = cancel
        self._commander = commander
        self._set_camera = set_camera
        self._emit = emit
        self._answer_timeout = _ANSWER_TIMEOUT
        self._dropped = 0
        self._something_dropped = asyncio.Event()
        self._missets = 0
        self._last_misset: CameraMisset | None = None
        self._something_misset = asyncio.Event()
        self._storage_full = False

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report_dropped(), name="report dropped payloads")
            tasks.create_task(self._report_misset(), name="report what cannot be set")
            while True:
                await self._take(await self._link.receive())

    async def _take(self, batch: Sequence[Incoming]) -> None:
        """Everything that has arrived: one commit for all prompts, then the rest, then the acknowledgements."""
        prompts: list[_Received] = []
        others: list[tuple[Incoming, _Other]] = []
        for incoming in batch:
            match self._meaning(incoming):
                case Arrival() as arrival:
                    prompts.append((incoming, arrival))
                case other:
                    others.append((incoming, other))
            await asyncio.sleep(0)  # large payloads take a while to read: let others have their turn in between
        unstored = await self._accept(prompts) if prompts else []
        for incoming, other in others:
            answer = await self._heed(other)
            if answer is None:
                self._link.acknowledge(incoming)
            else:
                unstored.append((incoming, answer))
        if unstored:
            await self._answer_all(unstored)

    async def _heed(self, other: _Other) -> OutMessage | None:
        """Do what is asked for by what is no prompt.

        Returns:
            Of a command for which there is no room: what to tell its sender.
        """
        try:
            match other:
                case Cancellation(prompt_id):
                    self._cancel(prompt_id)
                case Ordered(command_id, command, digest):
                    await self._commander.take(command_id, command, digest)
                case Misordered(command_id, why):
                    await self._commander.reject(command_id, why)
                case CameraSet(camera, change):
                    await self._set_camera(camera, change)
                case CameraMisset():
                    self._missets += 1
                    self._last_misset = other
                    self._something_misset.set()
                case Unanswerable():
                    self._dropped += 1
                    self._something_dropped.set()
                case _:
                    assert_never(other)
        except StorageFullError as error:
            self._tell_storage_full(str(error))
            match other:
                case Ordered(command_id, _, digest):
                    return await self._commander.answer_without_room(command_id, digest, error)
                case Misordered(command_id, why):
                    return self._commander.rejection(command_id, why)
        return None

    def _meaning(self, incoming: Incoming) -> Meaning:
        try:
            return self._interpreter.interpret(incoming)
        except Exception:  # noqa: BLE001 - a bug costs one message and not the agent, at each of its redeliveries again
            _log.exception("message_failed", extra={"size": incoming.size})
            return Unanswerable()

    async def _accept(self, prompts: Sequence[_Received]) -> list[_Answered]:
        """Make prompts durable and acknowledge them.

        Returns:
            Those for which there is no room, with what to tell their senders.
        """
        try:
            await self._intake.accept([arrival for _, arrival in prompts])
        except StorageFullError as error:
            if len(prompts) > 1:  # a part of it may still fit
                return list(chain.from_iterable([await self._accept([prompt]) for prompt in prompts]))
            self._tell_storage_full(str(error))
            ((incoming, arrival),) = prompts
            answer = await self._intake.answer(arrival)
            if answer is not None:
                return [(incoming, answer)]
        else:
            self._storage_full = False
        for incoming, _ in prompts:
            self._link.acknowledge(incoming)
        return []

    def _tell_storage_full(self, reason: str) -> None:
        """Once, not for each prompt."""
        if not self._storage_full:
            self._storage_full = True
            self._emit(StorageFull(reason=reason))

    async def _answer_all(self, answered: Sequence[_Answered]) -> None:
        """Answer without the journal.

        Without its acknowledgement, the broker sends a message again on the next connection. That is made here when the
        broker does not take the answers in time: it may not be able to, while we read nothing.
        """
        try:
            async with asyncio.timeout(self._answer_timeout), asyncio.TaskGroup() as answering:
                for incoming, answer in answered:
                    answering.create_task(self._answer(incoming, answer), name=f"answer on {answer.topic}")
        except TimeoutError:
            self._link.redeliver()

    async def _answer(self, incoming: Incoming, answer: OutMessage) -> None:
        """Send one answer, and acknowledge what it is for only when the broker has it, or never will."""
        await self._link.connected()  # a new connection brings messages before it is ready for ours
        try:
            await self._publish(answer)
        except NotConnectedError:
            return
        except PublishRefusedError as error:
            _log.error("message_refused_by_broker", extra={"topic": answer.topic, "reason": str(error)})
        self._link.acknowledge(incoming)

    async def _publish(self, answer: OutMessage) -> None:
        """However long the broker does not take it for now."""
        while True:
            try:
                return await self._link.publish(answer)
            except BrokerBusyError:
                await asyncio.sleep(_BUSY_PAUSE)

    async def _report_dropped(self) -> None:
        """Tell of the first drop at once, and of those in the minute after it at its end."""
        while True:
            await self._something_dropped.wait()
            self._something_dropped.clear()
            count, self._dropped = self._dropped, 0
            self._emit(PayloadsDropped(count=count))
            await self._wait_a_minute()

    async def _report_misset(self) -> None:
        """Likewise of what cannot be set, with the last of them: whoever may write there may write a lot."""
        while True:
            await self._something_misset.wait()
            self._something_misset.clear()
            count, self._missets = self._missets, 0
            if self._last_misset is not None:
                self._emit(CameraSetRefused(self._last_misset.camera, self._last_misset.why, count))
            await self._wait_a_minute()

    async def _wait_a_minute(self) -> None:
        await asyncio.sleep(_REPORT_EVERY)
