"""The example configurations of mosquitto: a real broker with them, and who may do what."""

import queue
import re
import shutil
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.demo.broker import PrivateBroker
from tests.agent_process import AgentProcess, write_config
from tests.integration.certificates import Authority

EXAMPLES = Path(__file__).parents[2] / "deploy" / "mosquitto"
USERS = ("orin-7", "orin-8", "shop-floor", "door-panel", "monitoring", "operator")

# Topic, who may publish there, who receives what is published there.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "edge/orin-7/prompt": ({"orin-7", "shop-floor", "door-panel"}, {"orin-7", "operator"}),
    "edge/orin-8/prompt": ({"orin-8", "shop-floor"}, {"orin-8", "operator"}),
    "edge/orin-7/prompt/triage": ({"orin-7", "shop-floor"}, {"orin-7", "operator"}),
    "edge/hall-5/prompt": ({"shop-floor"}, {"orin-7", "orin-8", "operator"}),
    "edge/orin-7/cancel": ({"orin-7", "shop-floor", "door-panel"}, {"orin-7", "operator"}),
    "edge/orin-7/command": ({"orin-7", "operator"}, {"orin-7", "operator"}),
    "edge/orin-7/command/17": ({"orin-7"}, {"orin-7", "operator"}),
    "edge/orin-8/command": ({"orin-8", "operator"}, {"orin-8", "operator"}),
    "edge/orin-8/command/17": ({"orin-8"}, {"orin-8", "operator"}),
    "edge/orin-8/event": ({"orin-8"}, {"orin-8", "monitoring", "operator"}),
    "edge/orin-7/status": ({"orin-7"}, {"orin-7", "shop-floor", "door-panel", "monitoring", "operator"}),
    "edge/orin-8/status": ({"orin-8"}, {"orin-8", "shop-floor", "monitoring", "operator"}),
    "edge/orin-7/event": ({"orin-7"}, {"orin-7", "monitoring", "operator"}),
    "edge/orin-7/telemetry": ({"orin-7"}, {"orin-7", "monitoring", "operator"}),
    "edge/orin-7/reply/17": ({"orin-7"}, {"orin-7", "operator"}),
    "edge/orin-7/camera/door": ({"orin-7"}, {"orin-7", "operator"}),
    "edge/orin-7/camera/door/state": ({"orin-7"}, {"orin-7", "operator"}),
    "edge/orin-7/camera/door/snapshot": ({"orin-7"}, {"orin-7", "operator"}),
    "edge/orin-7/camera/door/set": ({"orin-7", "operator"}, {"orin-7", "operator"}),
    "replies/shop-floor/17": ({"orin-7", "orin-8"}, {"shop-floor"}),
    "replies/door-panel/17": ({"orin-7", "orin-8"}, {"door-panel"}),
    "elsewhere": (set(), set()),
}

# What a bridge takes from the site to the centre, and what the other way.
SAID = {
    "edge/orin-7/status",
    "edge/orin-7/event",
    "edge/orin-7/telemetry",
    "edge/orin-7/reply/17",
    "edge/orin-7/command/17",
    "edge/orin-7/camera/door",
    "edge/orin-7/camera/door/state",
    "edge/orin-7/camera/door/snapshot",
    "replies/shop-floor/17",
}
ASKED = {
    "edge/orin-7/prompt",
    "edge/orin-7/prompt/triage",
    "edge/orin-7/cancel",
    "edge/orin-7/command",
    "edge/orin-7/camera/door/set",
}
LAST = ("edge/orin-7/reply/last", "edge/orin-7/prompt/last")
"""One for each way. A bridge keeps the order: after it, everything else has come."""


@dataclass(frozen=True, slots=True)
class Site:
    """A broker with the examples, and its authority."""

    port: int
    authority: Authority


class User:
    """A client with a certificate, subscribed to everything that it may have."""

    def __init__(self, site: Site, name: str) -> None:
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._subscribed: queue.Queue[object] = queue.Queue()
        self._pubacks: queue.Queue[ReasonCode] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{name}-test", protocol=mqtt.MQTTv5)
        certificate, key = site.authority.issue(name)
        self._client.tls_set(str(site.authority.ca), str(certificate), str(key), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.put(None)
        self._client.on_publish = lambda *arguments: self._pubacks.put(arguments[3])
        self._port = site.port

    @contextmanager
    def connected(self) -> Iterator["User"]:
        """Until left."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        try:
            everything = [(it, SubscribeOptions(qos=1)) for it in ("#", "$SYS/broker/connection/+/state")]
            self._client.subscribe(everything)
            self._subscribed.get(timeout=10)
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def may_publish(self, topic: str, payload: bytes, response_topic: str | None = None) -> bool:
        """Whether the broker takes it."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if response_topic is not None:
            properties.ResponseTopic = response_topic
        self._client.publish(topic, payload, qos=1, properties=properties)
        return not self._pubacks.get(timeout=10).is_failure

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.received.put((message.topic, bytes(message.payload)))


def _example(name: str, folder: Path) -> str:
    """With files of the test, a port of the test, and no listener: `PrivateBroker` has one."""
    text = (EXAMPLES / name).read_text()
    text = text.replace("/etc/mosquitto/jetson-agent", str(folder))
    return re.sub(r"^(listener|persistence|persistence_location|allow_anonymous true).*$", "", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    authority = Authority.create(folder / "tls")
    authority.issue("broker")
    shutil.copy(EXAMPLES / "acl", authority.folder / "acl")
    with PrivateBroker(folder, extra_config=_example("jetson-agent.conf", authority.folder)) as broker:
        yield Site(broker.port, authority)


def test_each_user_may_do_what_the_table_says_and_nothing_else(site: Site) -> None:
    with ExitStack() as stack:
        users = {name: stack.enter_context(User(site, name).connected()) for name in USERS}
        published = {
            topic: {name for name, user in users.items() if user.may_publish(topic, name.encode())} for topic in TABLE
        }
        # Brokers keep the order of what one client publishes: after this, everything else has come.
        for name in ("orin-7", "orin-8"):
            assert users[name].may_publish(f"edge/{name}/last", b"")
        received: dict[str, set[str]] = {topic: set() for topic in TABLE}
        for name, user in users.items():
            for topic in _until_quiet(user, is_device=name in ("orin-7", "orin-8", "operator")):
                received.setdefault(topic, set()).add(name)
    got = {topic: (published[topic], received[topic] if published[topic] else TABLE[topic][1]) for topic in TABLE}
    assert got == TABLE


def test_an_agent_answers_through_it(site: Site, tmp_path: Path) -> None:
    certificate, key = site.authority.issue("orin-7")
    tls = {"ca": str(site.authority.ca), "cert": str(certificate), "key": str(key)}
    config = write_config(tmp_path, site.port, device={"id": "orin-7"}, broker={"tls": tls, "groups": ["hall-5"]})
    with User(site, "shop-floor").connected() as client, AgentProcess(config):
        _receive(client, "edge/orin-7/status")
        question = b"Facts: the door is open. Question: is the door open?"
        for number, topic in enumerate(("edge/orin-7/prompt", "edge/hall-5/prompt")):
            assert client.may_publish(topic, question, response_topic=f"replies/shop-floor/{number}")
            assert b"the door is open" in _receive(client, f"replies/shop-floor/{number}")


def test_a_bridge_takes_each_topic_one_way(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "tls")
    for name in ("broker", "site-1"):
        authority.issue(name)
    shutil.copy(EXAMPLES / "acl", authority.folder / "acl")
    with (authority.folder / "acl").open("a") as acl:
        acl.write("\nuser site-1\ntopic readwrite #\nuser test\ntopic readwrite #\ntopic read $SYS/#\n")
    folders = [tmp_path / it for it in ("site", "centre")]
    for folder in folders:
        folder.mkdir()
    tls = _example("jetson-agent.conf", authority.folder)
    with PrivateBroker(folders[1], extra_config=tls) as centre:
        bridge = _example("bridge.conf", authority.folder).replace(
            "broker.example.com:8883", f"127.0.0.1:{centre.port}"
        )
        with (
            PrivateBroker(folders[0], extra_config=f"{tls}\n{bridge}") as site,
            User(Site(site.port, authority), "test").connected() as here,
            User(Site(centre.port, authority), "test").connected() as there,
        ):
            while _receive(here, "$SYS/broker/connection/site-1/state") != b"1":
                pass
            assert _crossed(here, there, b"out") == SAID
            assert _crossed(there, here, b"in") == ASKED


def _receive(user: User, topic: str) -> bytes:
    """The payload of the next message on a topic; what comes on others before it is dropped."""
    while True:
        received, payload = user.received.get(timeout=60)
        if received == topic:
            return payload


def _crossed(sender: User, receiver: User, payload: bytes) -> set[str]:
    """Which topics a bridge takes from one broker to the other, of all that it takes one way or the other."""
    for topic in (*sorted(SAID | ASKED), *LAST):
        assert sender.may_publish(topic, payload)
    crossed: set[str] = set()
    while crossed.isdisjoint(LAST):
        topic, received = receiver.received.get(timeout=60)
        crossed |= {topic} if received == payload else set()
    return crossed.difference(LAST)


def _until_quiet(user: User, *, is_device: bool) -> Iterator[str]:
    """The topics of what came."""
    while True:
        try:
            topic, _ = user.received.get(timeout=5 if is_device else 0.5)
        except queue.Empty:
            return
        if topic.endswith("/last"):
            return
        yield topic
