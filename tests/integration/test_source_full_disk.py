"""The source on a full journal, between a real broker and the real intake: nobody gets two different replies."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.clock import Clock
from agent.commands import Handlers, Tell
from agent.commands.commander import Commander
from agent.config import Config
from agent.counters import Counters
from agent.demo.broker import PrivateBroker
from agent.egress import Egress
from agent.engine.host import EngineHost, EngineSpec
from agent.errors import StorageFullError
from agent.intake import Intake
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.prompt import OutMessage, PromptId
from agent.sources.interpret import Interpreter, subscriptions
from agent.sources.mqtt import MqttSource
from agent.units import Bytes, Seconds
from agent.worker import Worker
from tests.integration.links import connected, running, settings
from tests.integration.peer import Peer

CONFIG = Config.model_validate({"device": {"id": "dev"}})
CLOCK = Clock.of_this_machine()
PROMPT, REPLIES = "edge/dev/prompt", "edge/dev/reply/#"
COMMAND = "edge/dev/command"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path) as private:
        yield private


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60.0), max_size=Bytes(2**20))
    async with opened as journal:
        yield journal


@contextlib.asynccontextmanager
async def _serving(broker: PrivateBroker, journal: JournalThread) -> AsyncIterator[None]:
    """An agent without engine: what it takes, waits. Without publisher: what is in the outbox stays there."""
    spec = EngineSpec("model", Path(), "")
    engine = EngineHost(spec, load_timeout=Seconds(1.0), step_timeout=Seconds(1.0), on_event=lambda _: None)
    counters = Counters()
    worker = Worker(
        journal,
        engine,
        clock=CLOCK,
        publish_lossy=lambda _: None,
        wake_publisher=lambda: None,
        counters=counters,
        energy=EnergyAccounting(is_loaded=lambda: True),
        egress=Egress({}),
    )
    intake = Intake(journal, Lanes(worker, {}), max_prompts=10_000, wake_publisher=lambda: None, counters=counters)
    async with connected(settings(broker.port), subscriptions=tuple(subscriptions(CONFIG)), max_payload=2**20) as link:
        handlers = Handlers(
            set_budget=_no_command,
            load_model=_no_command,
            drain=_no_command,
            snapshot=_no_command,
            update=_no_update,
            restart=_no_restart,
        )
        commander = Commander(journal, handlers, topic="edge/dev/command", wake_publisher=lambda: None)
        source = MqttSource(
            link,
            intake,
            Interpreter(CONFIG, {}),
            cancel=lambda _: None,
            commander=commander,
            set_camera=_no_camera,
            emit=lambda _: None,
        )
        async with running(source.run):
            yield


async def _no_camera(*what: object) -> None:
    raise AssertionError(what)


async def _no_command(what: object) -> str:
    raise AssertionError(what)


async def _no_update(_tell: Tell, force: bool) -> str:  # noqa: FBT001 - as in `Handlers`
    raise AssertionError(force)


async def _no_restart() -> str:
    raise AssertionError


async def _fill(journal: JournalThread) -> None:
    for size in (20_000, 500, 0):
        with contextlib.suppress(StorageFullError):
            while True:
                await journal.run(Journal.enqueue, OutMessage("event", bytes(size)))


async def _queued(journal: JournalThread, count: int) -> None:
    async with asyncio.timeout(10):
        while (await journal.run(Journal.stats)).queued < count:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def _answered(journal: JournalThread) -> None:
    async with asyncio.timeout(10):
        while not await journal.run(Journal.outbox, limit=1):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


def _restart(command_id: str) -> bytes:
    return json.dumps({"id": command_id, "command": "restart"}).encode()


def _prompt(prompt_id: str, text: str = "hi") -> bytes:
    return json.dumps({"id": prompt_id, "prompt": text}).encode()


async def test_only_what_is_unknown_is_refused(broker: PrivateBroker, journal: JournalThread) -> None:
    async with _serving(broker, journal):
        with Peer(broker.port, REPLIES) as peer:
            peer.publish_many(PROMPT, [_prompt("waits"), _prompt("done")], qos=1)
            await _queued(journal, 2)
            await journal.run(Journal.finish, PromptId("done"), b'{"stored": true}')
            await _fill(journal)
            peer.publish_many(
                PROMPT, [_prompt("waits"), _prompt("done"), _prompt("done", "else"), _prompt("new")], qos=1
            )
            heard = [await peer.heard() for _ in range(3)]
            peer.publish(PROMPT, _prompt("fence"))
            heard.append(await peer.heard())
            replies = [(it.topic.rpartition("/")[2], json.loads(it.payload)) for it in heard]
            assert sorted(name for name, _ in replies) == ["done", "done", "fence", "new"], "nothing for what waits"
            done = [reply for name, reply in replies if name == "done"]
            assert {"stored": True} in done
            assert [reply["error"]["code"] for reply in done if "error" in reply] == ["invalid_request"]
            codes = {name: reply["error"]["code"] for name, reply in replies if name != "done"}
            assert codes == {"new": "storage_full", "fence": "storage_full"}


async def test_a_command_without_room_is_rejected_but_for_one_that_came_before(
    broker: PrivateBroker, journal: JournalThread
) -> None:
    async with _serving(broker, journal):
        with Peer(broker.port, f"{COMMAND}/+") as peer:
            peer.publish(COMMAND, _restart("known"))
            await _answered(journal)
            await _fill(journal)
            commands = [_restart("known"), _restart("new"), b'{"id": "known", "command": "drain"}', b'{"id": "odd"}']
            for command in commands:
                peer.publish(COMMAND, command)
            heard = [await peer.heard() for _ in commands]
            answers = [(it.topic.rpartition("/")[2], json.loads(it.payload)) for it in heard]
            states = sorted((name, answer["state"], answer["detail"].partition(":")[0]) for name, answer in answers)
            assert states[:3] == [
                ("known", "accepted", ""),
                ("known", "rejected", "the id is another command's"),
                ("new", "rejected", "storage_full"),
            ]
            assert states[3][:2] == ("odd", "rejected")
