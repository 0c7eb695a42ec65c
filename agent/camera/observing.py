"""Sightings of one camera on their way out: pictures, prompts, observations without a model.

Bounded: of what waits to be told only the newest is kept; of this camera's prompts only the newest waits in the queue;
and of what waits for the broker only the newest, of each trigger or the newest few. What comes to nothing is counted.
A code is somebody's question: only a newer code takes its place.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.camera.asking import Sighting, prompt_of, told_facts
from agent.camera.ring import Ring
from agent.camera.showing import data_url
from agent.camera.values import CameraName, Facts, Picture, Trigger
from agent.clock import Clock
from agent.counters import Counters
from agent.errors import NoPictureError, NotConnectedError, StopError, StorageFullError
from agent.intake import Intake
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.link import PublishRefusedError
from agent.observed import MOST_UNSENT, Dropped, Observed
from agent.prompt import OutMessage, PromptId
from agent.units import Bytes
from agent.wire import encode_facts, encode_observation, new_id

_MOST_CONDITIONS = 16
_ALL_COUNT = frozenset({Trigger.CONDITION, Trigger.CODE})
"""One of these does not make the one before old."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where observations go, and who is asked about it.

    Attributes:
        picture: The latest picture of a camera, of so many bytes at most; raises `NoPictureError`.
        takes_images: Whether the model of this name, or the loaded one, may be shown what this camera sees.
        describe: Facts in words.
        publish: Publishes what need not outlive a lost connection; returns at the broker's acknowledgement.
        wake_publisher: Called when there may be something to send.
    """

    journal: JournalThread
    intake: Intake
    lanes: Lanes
    counters: Counters
    clock: Clock
    picture: Callable[[CameraName, Bytes], Awaitable[Picture]]
    takes_images: Callable[[CameraName, str | None], bool]
    describe: Callable[[Facts], str]
    publish: Callable[[OutMessage], Awaitable[None]]
    wake_publisher: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a sighting.

    Attributes:
        is_shown: Whether a picture that was asked for was sent, or is being sent.
        dropped: Why it became no observation; None: it did.
    """

    is_shown: bool
    dropped: Dropped | None


class Observer:
    """Tells what one camera saw.

    Args:
        camera: Which.
        topic: `R/camera/<name>`.
        ring: Keeps the pictures.
        outlets: Where observations go.
    """

    def __init__(self, camera: CameraName, *, topic: str, ring: Ring, outlets: Outlets) -> None:
        self._camera = camera
        self._topic = topic
        self._ring = ring
        self._out = outlets
        self._next: Sighting | None = None
        self._code: Sighting | None = None
        self._conditions: deque[Sighting] = deque(maxlen=_MOST_CONDITIONS)
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._sending: asyncio.Task[None] | None = None

    def offer(self, sighting: Sighting) -> None:
        """Tell this when there is time; instead of one that waits, but for what was wrong with the picture.

        A code goes only instead of a code, and nothing else does.
        """
        replaced: Sighting | None = None
        match sighting.trigger:
            case Trigger.CONDITION:
                self._conditions.append(sighting)
            case Trigger.CODE:
                replaced, self._code = self._code, sighting
            case _:
                replaced, self._next = self._next, sighting
        if replaced is not None:
            self._out.counters.dropped(Dropped.REPLACED)
        self._changed.set()

    async def run(self) -> None:
        """Tell what is offered until cancelled."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._ring.fit)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._conditions:
                    await self._try(self._conditions.popleft(), tasks)
                if self._code is not None:
                    sighting, self._code = self._code, None
                    await self._try(sighting, tasks)
                if self._next is not None:
                    sighting, self._next = self._next, None
                    await self._try(sighting, tasks)

    async def _try(self, sighting: Sighting, tasks: asyncio.TaskGroup) -> None:
        try:
            await self.tell(sighting, tasks)
        except StopError:
            raise
        except Exception:  # noqa: BLE001 - a bug costs one observation and not the agent
            _log.exception("observation_failed", extra={"camera": self._camera, "trigger": sighting.trigger.value})

    async def tell(self, sighting: Sighting, tasks: asyncio.TaskGroup | None = None) -> Told:
        """Tell one sighting: its picture to the ring and, where it is wanted, to the broker; then the rest.

        Args:
            sighting: What was seen.
            tasks: Where its picture is sent, beside what comes next; None: it is waited for.
        """
        async with self._one_at_a_time:
            observation = new_id()
            why = self._idle_for(sighting)
            picture = await self._picture(sighting, is_asked=why is None)
            if picture is not None:
                await asyncio.to_thread(self._ring.keep, observation, picture)
            if why is None:
                why = await self._put(observation, sighting, picture)
            if why is not None:
                self._out.counters.dropped(why)
        if picture is None or not _is_shown(sighting):
            return Told(is_shown=False, dropped=why)
        is_sent = await self._send(OutMessage(f"{self._topic}/snapshot", picture.jpeg), tasks)
        return Told(is_sent, why)

    def _idle_for(self, sighting: Sighting) -> Dropped | None:
        """Why it is not to be told now: its prompt would not run soon. One of a code waits, as anybody's does."""
        if sighting.question is None or sighting.code is not None:
            return None
        return self._out.lanes.idle_for(sighting.settings.model)

    async def _picture(self, sighting: Sighting, *, is_asked: bool) -> Picture | None:
        """Where it is good for anything and there is one."""
        settings = sighting.settings
        is_for_model = (
            is_asked and sighting.question is not None and self._out.takes_images(self._camera, settings.model)
        )
        if sighting.trigger is Trigger.CONDITION or not (settings.ring or _is_shown(sighting) or is_for_model):
            return None
        try:
            return await self._out.picture(self._camera, Bytes(settings.snapshot_max))
        except NoPictureError as error:
            _log.info("no_picture", extra={"camera": self._camera, "reason": str(error)})
            return None

    async def _put(self, observation: PromptId, sighting: Sighting, picture: Picture | None) -> Dropped | None:
        """Into the queue, or where no model is asked into the outbox; why not, where there is no room."""
        facts = sighting.facts
        observed = Observed(self._camera, sighting.trigger.value, facts.taken_at, encode_facts(facts))
        try:
            if sighting.question is None:
                message = OutMessage(self._topic, encode_observation(observation, observed, None))
                most = MOST_UNSENT if sighting.trigger in _ALL_COUNT else 1
                kind = sighting.trigger.value
                replaced = await self._out.journal.run(Journal.enqueue_newest, message, kind=kind, most=most)
                self._out.counters.dropped(Dropped.REPLACED, replaced)
                self._out.wake_publisher()
            elif not await self._ask(observation, sighting, observed, picture):
                return Dropped.QUEUE_FULL
        except StorageFullError:
            return Dropped.STORAGE_FULL
        self._out.counters.observed()
        return None

    async def _ask(
        self, observation: PromptId, sighting: Sighting, observed: Observed, picture: Picture | None
    ) -> bool:
        """Queue the prompt, in the place of one that it makes old. False: the queue is full."""
        out, settings = self._out, sighting.settings
        is_shown = picture is not None and out.takes_images(self._camera, settings.model)
        prompt = prompt_of(
            sighting,
            observation,
            observed,
            facts=out.describe(told_facts(sighting)),
            images=(data_url(picture),) if picture is not None and is_shown else (),
            topic=self._topic,
            now=out.clock.now(),
            wall=out.clock.wall(),
        )
        return await out.intake.accept_newest(prompt, observed)

    async def _send(self, snapshot: OutMessage, tasks: asyncio.TaskGroup | None) -> bool:
        """Send a picture; not while the one before is still being sent, which is newer than any that waits would be."""
        if tasks is None:
            return await self._publish(snapshot)
        if self._sending is not None and not self._sending.done():
            return False

        async def send() -> None:
            await self._publish(snapshot)

        self._sending = tasks.create_task(send(), name=f"snapshot of {self._camera}")
        return True

    async def _publish(self, snapshot: OutMessage) -> bool:
        """As far as the broker is there and takes it."""
        try:
            await self._out.publish(snapshot)
        except (NotConnectedError, PublishRefusedError) as error:
            _log.info("snapshot_not_sent", extra={"topic": snapshot.topic, "reason": str(error)})
            return False
        return True


def _is_shown(sighting: Sighting) -> bool:
    return sighting.shows or sighting.settings.snapshot == "always"
