"""What cameras see, made by hand; and parts of the agent that observations go through."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.accounting import EnergyAccounting
from agent.camera.asking import Sighting
from agent.camera.observing import Observer, Outlets
from agent.camera.ring import Ring
from agent.camera.settings import Camera
from agent.camera.values import CameraName, Code, Condition, Facts, Look, Picture, Trigger
from agent.clock import Clock
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.openai import UpstreamModel, WhenAway
from agent.errors import NoPictureError, NotConnectedError
from agent.intake import Intake
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.observed import Observed
from agent.prompt import OutMessage, PromptId
from agent.units import Bytes, Seconds, UnixSeconds
from agent.worker import Worker
from tests.unit.test_lanes import StandIn

DOOR = CameraName("door")
CLOCK = Clock.of_this_machine()
TOPIC = "edge/dev/camera/door"
PICTURE = Picture(b"\xff\xd8 a picture", UnixSeconds(1_790_000_000.25), 320, 180)


def settings(**given: object) -> Camera:
    """A camera's configuration, as in the file."""
    return Camera.model_validate({"source": "/dev/video0", "ring": "0B"} | given)


def facts(condition: Condition = Condition.CLEAR, codes: tuple[Code, ...] = ()) -> Facts:
    return Facts(
        DOOR, UnixSeconds(1_790_000_000.25), condition, "bright", (), Seconds(12.34), {"dog": 1}, codes, 320, 180
    )


def sighting(trigger: Trigger = Trigger.MOTION, *, code: str | None = None, **given: object) -> Sighting:
    return Sighting(settings(**given), trigger, facts(), code)


def look(at: float, *, number: int = 1, **given: Any) -> Look:  # noqa: ANN401 - the fields of a look
    """One in good light of a scene in which nothing moves."""
    values: dict[str, Any] = {"brightness": 120.0, "contrast": 40.0, "sharpness": 300.0, "moved": 0.0, "regions": ()}
    return Look(
        camera=DOOR,
        number=number,
        at=Seconds(at),
        at_wall=CLOCK.wall(),
        width=320,
        height=180,
        **(values | {"changed": 0.0} | given),
    )


@dataclass
class Line:
    """An observer and what it tells: a real journal, queue and worker that runs nothing."""

    journal: JournalThread
    ring: Ring
    max_prompts: int = 10
    counters: Counters = field(default_factory=Counters)
    picture: Picture | None = PICTURE
    vision: bool = False
    connected: bool = True
    published: list[OutMessage] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Wire it."""
        engine = StandIn("model")
        engine.capabilities = UpstreamModel("model", "model", 1, WhenAway.LOCAL, Seconds(1))
        self.worker = Worker(
            self.journal,
            engine,
            clock=CLOCK,
            publish_lossy=lambda _: None,
            wake_publisher=lambda: None,
            counters=self.counters,
            energy=EnergyAccounting(is_loaded=lambda: False),
            egress=Egress({}),
        )
        self.lanes = Lanes(self.worker, {})
        intake = Intake(
            self.journal,
            self.lanes,
            max_prompts=self.max_prompts,
            wake_publisher=lambda: None,
            counters=self.counters,
        )
        self.outlets = Outlets(
            self.journal,
            intake,
            self.lanes,
            self.counters,
            CLOCK,
            picture=self._take,
            takes_images=lambda _camera, _model: self.vision,
            describe=lambda it: f"a {it.light} scene{''.join(f', {code.text}' for code in it.codes)}.",
            publish=self._publish,
            wake_publisher=self.told.set,
        )
        self.observer = Observer(DOOR, topic=TOPIC, ring=self.ring, outlets=self.outlets)

    async def _take(self, _camera: CameraName, _most: Bytes) -> Picture:
        await asyncio.sleep(0)
        if self.picture is None:
            raise NoPictureError("there has been no frame")
        return self.picture

    async def _publish(self, message: OutMessage) -> None:
        if not self.connected:
            raise NotConnectedError("not connected")
        self.published.append(message)

    async def sent(self) -> list[dict[str, Any]]:
        """What is in the outbox."""
        items = await self.journal.run(Journal.outbox, limit=100)
        assert {item.message.topic for item in items} <= {TOPIC}
        return [json.loads(item.message.payload) for item in items]

    def waiting(self) -> Iterator[PromptId]:
        """The ids of this camera's prompts that wait: one that a code asked, and another."""
        return iter([*self.waiting_of(DOOR, Trigger.CODE), *self.waiting_of(DOOR)])

    def waiting_of(self, camera: CameraName, trigger: Trigger = Trigger.MOTION) -> list[PromptId]:
        """The ids of a camera's prompts whose place one with this trigger would take."""
        return self.lanes.made_old_by(Observed(camera, trigger.value, UnixSeconds(0.0), ""))
