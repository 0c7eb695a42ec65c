"""The source between a real broker and an intake: what is acknowledged when, and what is said otherwise."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.camera.run_time import Change
from agent.camera.values import CameraName
from agent.commands import Command, CommandId, Drain
from agent.commands.commander import Commander
from agent.config import Config
from agent.demo.broker import PrivateBroker
from agent.errors import StorageFullError
from agent.events import CameraSetRefused, Event, PayloadsDropped, StorageFull
from agent.intake import Intake
from agent.journal import Arrival, Objection, Refusal
from agent.link import BrokerBusyError, Incoming, Link
from agent.prompt import OutMessage, PromptId
from agent.refusals import Refusals
from agent.sources.interpret import Interpreter, Meaning, subscriptions
from agent.sources.mqtt import MqttSource
from agent.units import Seconds
from tests.integration.links import connected, cut_and_connect, make_link, running, settings, until, within
from tests.integration.peer import Peer

PROMPT, CANCEL, REPLIES = "edge/dev/prompt", "edge/dev/cancel", "edge/dev/reply/#"
COMMAND = "edge/dev/command"
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnecting takes no long time."""
    monkeypatch.setattr("agent.link.backoff._FIRST_S", 0.05)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path) as private:
        yield private


class FakeIntake(Intake):
    """Remembers what it was given, and knows nothing else.

    Attributes:
        room: How many arrivals it takes at once; 0: the disk is full.
        open: While clear, it does not come back: the disk is slow.
    """

    def __init__(self) -> None:
        # It has no journal and no worker: nothing of the real one is called.
        self.batches: list[list[Arrival]] = []
        self.room = 1000
        self.open = asyncio.Event()
        self.open.set()
        self.called = asyncio.Event()

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        """Take all, or none."""
        self.called.set()
        await self.open.wait()
        if len(arrivals) > self.room:
            raise StorageFullError("no space left")
        self.batches.append(list(arrivals))

    async def answer(self, arrival: Arrival) -> OutMessage:
        """As for a prompt that is not known."""
        if isinstance(arrival.content, Refusal):
            return arrival.content.reply
        return Refusals(0, Seconds(0.0))(arrival, Objection.STORAGE_FULL).reply

    @property
    def arrivals(self) -> list[Arrival]:
        """All of them, in order."""
        return [arrival for batch in self.batches for arrival in batch]

    @property
    def ids(self) -> list[str]:
        """Theirs."""
        return [arrival.id for arrival in self.arrivals]


class FakeCommander(Commander):
    """Remembers what it was given.

    Attributes:
        room: Whether the journal has some.
    """

    def __init__(self) -> None:
        # It has no journal: nothing of the real one is called.
        self.taken: list[tuple[CommandId, Command]] = []
        self.rejected: list[tuple[CommandId, str]] = []
        self.room = True

    async def take(self, command_id: CommandId, command: Command, digest: str) -> None:
        """Take it."""
        assert digest
        if not self.room:
            raise StorageFullError("no space left")
        self.taken.append((command_id, command))

    async def reject(self, command_id: CommandId, why: str) -> None:
        """Reject it."""
        if not self.room:
            raise StorageFullError("no space left")
        self.rejected.append((command_id, why))

    async def answer_without_room(self, command_id: CommandId, digest: str, why: StorageFullError) -> OutMessage:
        """As for a command that is not known."""
        assert digest
        return self.rejection(command_id, str(why))

    def rejection(self, command_id: CommandId, why: str) -> OutMessage:
        """Says why, and no more."""
        return OutMessage(f"{COMMAND}/{command_id}", why.encode())


@dataclass
class Told:
    """What the source told others, in order."""

    cancelled: list[PromptId] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    commander: FakeCommander = field(default_factory=FakeCommander)
    set: list[tuple[CameraName, Change]] = field(default_factory=list)

    async def set_camera(self, camera: CameraName, change: Change) -> None:
        self.set.append((camera, change))


def _source(link: Link, intake: FakeIntake, told: Told) -> MqttSource:
    interpreter = Interpreter(_config(), {})
    return MqttSource(
        link,
        intake,
        interpreter,
        cancel=told.cancelled.append,
        commander=told.commander,
        set_camera=told.set_camera,
        emit=told.events.append,
    )


def _config() -> Config:
    cameras = {"door": {"source": "/dev/video0"}}
    return Config.model_validate({"device": {"id": "dev"}, "broker": {"groups": ["pool"]}, "cameras": cameras})


@contextlib.asynccontextmanager
async def _serving(
    broker: PrivateBroker, intake: FakeIntake, told: Told, change: Callable[[MqttSource], None] = lambda _: None
) -> AsyncIterator[Link]:
    topics, limit = tuple(subscriptions(_config())), _config().queue.max_payload
    async with connected(settings(broker.port), subscriptions=topics, max_payload=limit) as link:
        source = _source(link, intake, told)
        change(source)
        async with running(source.run):
            yield link


def _prompt(prompt_id: str) -> bytes:
    return json.dumps({"id": prompt_id, "prompt": "hi"}).encode()


async def _nothing_comes_again(link: Link, peer: Peer, intake: FakeIntake) -> None:
    """After a reconnect, the next thing that arrives is the next thing sent."""
    before = len(intake.arrivals)
    # The broker has read the acknowledgements when it has read this.
    await link.publish(OutMessage("fence", b""))
    await cut_and_connect(link)
    peer.publish(PROMPT, _prompt("fence"))
    await until(lambda: len(intake.arrivals) > before)
    assert intake.ids[before:] == ["fence"]


async def test_prompts_of_all_topics_arrive_and_are_acknowledged(broker: PrivateBroker) -> None:
    intake = FakeIntake()
    async with _serving(broker, intake, Told()) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, "plain")
            peer.publish("edge/pool/prompt", _prompt("pooled"))
            peer.publish(f"{PROMPT}/nowhere", _prompt("routed"))
            peer.publish(PROMPT, b"x" * (10 * MIB), ResponseTopic="my/reply", CorrelationData=b"\x00\xff")
            await until(lambda: len(intake.arrivals) == 4)
            assert intake.ids[1:3] == ["pooled", "routed"]
            large = intake.arrivals[3]
            assert isinstance(large.content, Refusal)
            assert (large.reply_to.topic, large.reply_to.correlation) == ("my/reply", b"\x00\xff")
            assert json.loads(large.content.reply.payload)["error"]["code"] == "too_large"
            await _nothing_comes_again(link, peer, intake)


async def test_what_waits_together_is_accepted_together(broker: PrivateBroker) -> None:
    intake = FakeIntake()
    intake.open.clear()
    async with _serving(broker, intake, Told()) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, _prompt("first"))
            await within(intake.called.wait())
            peer.publish_many(PROMPT, [_prompt(f"p{n}") for n in range(20)], qos=1)
            await until(lambda: len(link._inbox) == 20)
            intake.open.set()
            await until(lambda: len(intake.batches) == 2)
    assert [len(batch) for batch in intake.batches] == [1, 20]


async def test_killed_before_the_commit_the_prompt_comes_again(broker: PrivateBroker) -> None:
    slow = FakeIntake()
    slow.open.clear()
    with Peer(broker.port) as peer:
        async with _serving(broker, slow, Told()):
            peer.publish(PROMPT, "hi")
            await within(slow.called.wait())
        intake = FakeIntake()
        async with _serving(broker, intake, Told()):
            await until(lambda: intake.arrivals)
    (arrival,) = intake.arrivals
    assert arrival.redelivered
    assert (arrival.key or "").startswith("packet:")


async def test_the_key_of_a_redelivered_message_is_that_of_its_first_delivery(broker: PrivateBroker) -> None:
    """The commit was done, and the agent died before the acknowledgement."""
    first, second = FakeIntake(), FakeIntake()

    class DiesAfterCommit(FakeIntake):
        async def accept(self, arrivals: Sequence[Arrival]) -> None:
            await first.accept(arrivals)
            await asyncio.Event().wait()

    with Peer(broker.port) as peer:
        async with _serving(broker, DiesAfterCommit(), Told()):
            peer.publish_many(PROMPT, [b"same", b"same"], qos=1)
            await until(lambda: first.arrivals)
        async with _serving(broker, second, Told()):
            await until(lambda: len(second.arrivals) == 2)
    keys = [arrival.key for arrival in second.arrivals]
    assert [arrival.key for arrival in first.arrivals] == keys[: len(first.arrivals)]
    assert len(set(keys)) == 2, "the same text twice is two prompts"


async def test_cancel_comes_after_the_prompts_before_it(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    intake.open.clear()
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, _prompt("first"))
            await within(intake.called.wait())
            peer.publish(PROMPT, _prompt("x"))
            peer.publish(CANCEL, b'{"id": "x"}')
            await until(lambda: len(link._inbox) == 2)
            assert told.cancelled == []
            intake.open.set()
            await until(lambda: told.cancelled)
    assert told.cancelled == ["x"]
    assert intake.ids == ["first", "x"]


async def test_what_is_set_of_a_camera_is_handed_on_and_what_cannot_be_is_an_event(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    async with _serving(broker, intake, told):
        with Peer(broker.port) as peer:
            peer.publish("edge/dev/camera/door/set", b"OFF")
            peer.publish("edge/dev/camera/attic/set", b"OFF")
            await until(lambda: told.events)
    assert told.set == [("door", Change(on=False))]
    assert told.events == [CameraSetRefused("attic", "there is no camera 'attic'; there are: door", count=1)]


async def test_what_cannot_be_set_is_told_at_most_once_a_minute(broker: PrivateBroker) -> None:
    intake, told, minute = FakeIntake(), Told(), asyncio.Event()

    def change(source: MqttSource) -> None:
        source._wait_a_minute = minute.wait  # type: ignore[assignment,method-assign]  # the test's own minute

    async with _serving(broker, intake, told, change) as link:
        with Peer(broker.port) as peer:
            peer.publish("edge/dev/camera/attic/set", b"OFF")
            await until(lambda: told.events)
            peer.publish_many("edge/dev/camera/door/set", [b"many"] * 20, qos=1)
            peer.publish("edge/dev/camera/barn/set", b"OFF")
            peer.publish("edge/dev/camera/door/set", b"OFF")
            await until(lambda: told.set)
            assert [type(event) for event in told.events] == [CameraSetRefused]
            minute.set()
            await until(lambda: len(told.events) == 2)
            assert told.events[1] == CameraSetRefused("barn", "there is no camera 'barn'; there are: door", count=21)
            await _nothing_comes_again(link, peer, intake)


async def test_what_cannot_be_answered_is_counted_and_told_at_most_once_a_minute(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    minute = asyncio.Event()

    async def wait_a_minute() -> None:
        await minute.wait()
        minute.clear()

    def change(source: MqttSource) -> None:
        source._wait_a_minute = wait_a_minute  # type: ignore[method-assign]  # the test's own minute

    async with _serving(broker, intake, told, change) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, b"\xff")
            await until(lambda: told.events)
            peer.publish_many(PROMPT, [b"\xfe", b"\xfd"], qos=1)
            peer.publish(CANCEL, b"nonsense")
            peer.publish(PROMPT, _prompt("fence"))
            await until(lambda: intake.ids == ["fence"])
            assert told.events == [PayloadsDropped(count=1)]
            minute.set()
            await until(lambda: len(told.events) == 2)
            assert told.events[1] == PayloadsDropped(count=3)
            await _nothing_comes_again(link, peer, intake)


class BuggyInterpreter(Interpreter):
    """Cannot bear one word."""

    def interpret(self, incoming: Incoming) -> Meaning:
        if incoming.payload == b"bug":
            raise KeyError("a bug")
        return super().interpret(incoming)


async def test_a_bug_costs_one_message_and_not_the_agent(
    broker: PrivateBroker, caplog: pytest.LogCaptureFixture
) -> None:
    intake, told = FakeIntake(), Told()

    def change(source: MqttSource) -> None:
        source._interpreter = BuggyInterpreter(_config(), {})

    async with _serving(broker, intake, told, change) as link:
        with Peer(broker.port) as peer:
            peer.publish_many(PROMPT, [_prompt("before"), b"bug", _prompt("after")], qos=1)
            await until(lambda: intake.ids == ["before", "after"] and told.events)
            assert told.events == [PayloadsDropped(count=1)]
            await _nothing_comes_again(link, peer, intake)
    (record,) = [record for record in caplog.records if record.msg == "message_failed"]
    assert record.exc_info is not None


async def test_with_a_full_disk_each_prompt_is_answered_before_it_is_acknowledged(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    intake.room = 0
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port, REPLIES, "my/reply") as peer:
            peer.publish(PROMPT, _prompt("one"))
            peer.publish(PROMPT, "two", ResponseTopic="my/reply", CorrelationData=b"\x00")
            peer.publish(PROMPT, b'{"id": "three", "prompt": 7}')
            heard = {(it := await peer.heard()).topic: it for _ in range(3)}
            assert set(heard) == {"edge/dev/reply/one", "my/reply", "edge/dev/reply/three"}
            error = json.loads(heard["edge/dev/reply/one"].payload)["error"]
            assert error["code"] == "storage_full"
            assert error["retry_after_ms"] > 0
            assert heard["my/reply"].properties.CorrelationData == b"\x00"  # type: ignore[union-attr]  # a property that came
            assert json.loads(heard["edge/dev/reply/three"].payload)["error"]["code"] == "invalid_request"
            assert told.events == [StorageFull(reason="no space left")], "once, not for each"
            intake.room = 1000
            await _nothing_comes_again(link, peer, intake)


async def test_what_fits_alone_is_taken_alone(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    intake.open.clear()
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, _prompt("first"))
            await within(intake.called.wait())
            peer.publish_many(PROMPT, [_prompt(f"p{n}") for n in range(5)], qos=1)
            await until(lambda: len(link._inbox) == 5)
            intake.room = 1
            intake.open.set()
            await until(lambda: len(intake.arrivals) == 6)
    assert [len(batch) for batch in intake.batches] == [1] * 6
    assert told.events == []


async def test_a_refusal_that_the_broker_does_not_take_in_time_leaves_the_prompt_with_the_broker(
    broker: PrivateBroker,
) -> None:
    """It comes again on a new connection."""
    intake, told = FakeIntake(), Told()
    intake.room = 0

    def change(source: MqttSource) -> None:
        source._answer_timeout = Seconds(0.0)

    async with _serving(broker, intake, told, change) as link:
        with Peer(broker.port) as peer:
            first = link._connection_number
            peer.publish(PROMPT, _prompt("one"))
            await until(lambda: link._connection_number > first + 1)
            intake.room = 1000
            await until(lambda: intake.ids == ["one"])
    assert intake.arrivals[0].redelivered


async def test_a_refusal_that_the_broker_does_not_take_for_now_is_sent_again(
    broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.sources.mqtt._BUSY_PAUSE", Seconds(0.01))
    intake, told = FakeIntake(), Told()
    intake.room = 0
    busy = [BrokerBusyError("quota exceeded")] * 3
    really = Link.publish

    async def publish(link: Link, message: OutMessage) -> None:
        if busy and "reply" in message.topic:
            raise busy.pop()
        await really(link, message)

    monkeypatch.setattr(Link, "publish", publish)
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port, REPLIES) as peer:
            peer.publish(PROMPT, _prompt("one"))
            assert json.loads((await peer.heard()).payload)["error"]["code"] == "storage_full"
            assert not busy
            intake.room = 1000
            await _nothing_comes_again(link, peer, intake)


async def test_without_a_connection_nothing_is_acknowledged(broker: PrivateBroker) -> None:
    """The prompt was received, the broker is gone, the disk is full: the broker has the prompt still."""
    intake, told = FakeIntake(), Told()
    intake.open.clear()
    intake.room = 0
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port) as peer:
            peer.publish(PROMPT, _prompt("one"))
        await within(intake.called.wait())
        broker.stop()
        await until(lambda: not link.is_connected)
        intake.open.set()
        await until(lambda: told.events)
        intake.room = 1000
        broker.start()
        await until(lambda: intake.ids == ["one"])


async def test_a_link_that_is_never_connected(tmp_path: Path) -> None:
    """The source waits, and stops when told to."""
    broker = PrivateBroker(tmp_path)
    link = make_link(settings(broker.port))
    async with running(link.run, _source(link, FakeIntake(), Told()).run):
        await until(lambda: link._last_problem is not None)


async def test_commands_are_taken_and_what_is_none_is_rejected(broker: PrivateBroker) -> None:
    intake, told = FakeIntake(), Told()
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port) as peer:
            peer.publish(COMMAND, b'{"id": "c1", "command": "drain", "on": false}')
            peer.publish(COMMAND, b'{"id": "c2", "command": "dance"}')
            peer.publish(COMMAND, b'{"command": "drain"}')
            await until(lambda: told.commander.rejected and told.events)
            assert told.commander.taken == [(CommandId("c1"), Drain(on=False))]
            assert told.commander.rejected[0][0] == "c2"
            assert "must be one of 'set_budget'" in told.commander.rejected[0][1]
            assert told.events == [PayloadsDropped(count=1)]
            await _nothing_comes_again(link, peer, intake)


async def test_with_a_full_disk_each_command_is_answered_before_it_is_acknowledged(broker: PrivateBroker) -> None:
    """Left unacknowledged they would fill the window in which the broker delivers, and nothing more would come."""
    intake, told = FakeIntake(), Told()
    told.commander.room = False
    async with _serving(broker, intake, told) as link:
        with Peer(broker.port, f"{COMMAND}/+") as peer:
            commands = [f'{{"id": "c{n}", "command": "drain"}}'.encode() for n in range(40)]
            await asyncio.to_thread(peer.publish_many, COMMAND, [*commands, b'{"id": "d", "command": "dance"}'], qos=1)
            heard = [await peer.heard() for _ in range(41)]
            answers = {it.topic: it.payload for it in heard}
            assert b"must be one of 'set_budget'" in answers.pop(f"{COMMAND}/d")
            assert answers == {f"{COMMAND}/c{n}": b"no space left" for n in range(40)}
            assert told.events == [StorageFull(reason="no space left")], "once, not for each"
            told.commander.room = True
            peer.publish(COMMAND, b'{"id": "c0", "command": "drain"}')
            await until(lambda: told.commander.taken == [(CommandId("c0"), Drain(on=True))])
            await _nothing_comes_again(link, peer, intake)
            assert len(told.commander.taken) == 1
