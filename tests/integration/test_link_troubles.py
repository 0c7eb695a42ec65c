"""What the link does about brokers that refuse, and what it tells the operator: each change, and what lasts again."""

import asyncio
import itertools
import subprocess
from pathlib import Path

import pytest

from agent.announcer import Announcer
from agent.clock import Clock
from agent.demo.broker import PrivateBroker, free_port
from agent.errors import NotConnectedError
from agent.link import WINDOW, BrokerBusyError, PublishRefusedError
from agent.presence import Presence
from agent.prompt import OutMessage
from tests.integration.certificates import Authority
from tests.integration.links import (
    DEADLINE_S,
    STATUS,
    TOPIC,
    connected,
    cut_and_connect,
    make_link,
    running,
    settings,
    take_and_acknowledge,
    take_one,
    until,
    within,
)
from tests.integration.scripted_broker import (
    CONNECT,
    DISCONNECT,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    connack,
    disconnect,
    polite,
    puback,
    scripted_broker,
    suback,
)

SERVER_SHUTTING_DOWN = 0x8B
PASSWORD = "s3cret-word"  # noqa: S105 - of the test's own broker


def _names(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "agent.link.link"]


def _reason(caplog: pytest.LogCaptureFixture, event: str) -> str:
    (record,) = (it for it in caplog.records if it.getMessage() == event)
    return str(vars(record)["reason"])


def _add_user(users: Path) -> None:
    subprocess.run(["mosquitto_passwd", "-c", "-b", users, "me", PASSWORD], check=True, capture_output=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several attempts in a short time."""
    monkeypatch.setattr("agent.link.backoff._FIRST_S", 0.01)


@pytest.mark.usefixtures("impatient")
async def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    link = make_link(settings(free_port()))
    async with running(link.run):
        await until(lambda: link._connection_number > 3)
    assert _names(caplog) == ["broker_unreachable"]


@pytest.mark.usefixtures("impatient")
async def test_a_problem_that_goes_on_is_told_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent.link.link._TELL_AGAIN", 0.0)
    async with running(make_link(settings(free_port())).run):
        await until(lambda: len(_names(caplog)) > 1)
    assert set(_names(caplog)) == {"broker_unreachable"}


@pytest.mark.usefixtures("impatient")
async def test_a_broker_that_does_not_answer_subscriptions_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent.link.link._GREETING", 0.05)
    async with scripted_broker(lambda kind, body: b"" if kind == SUBSCRIBE else polite(kind, body)) as port:
        link = make_link(settings(port))
        async with running(link.run):
            await until(lambda: link._connection_number > 2)
    assert _names(caplog) == ["broker_unreachable"]
    assert "subscriptions" in _reason(caplog, "broker_unreachable")


async def test_says_by_when_it_moves_on_whether_connected_or_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.link.connection._TICK_S", 0.01)
    monkeypatch.setattr("agent.link.link.backoff", lambda _problem, _failures: 3600.0)
    async with scripted_broker(polite) as port, connected(settings(port)) as link:
        before = link.moves_by
        await until(lambda: link.moves_by > before)
        assert link._connection is not None
        link._connection.close()
        await until(lambda: link.moves_by > before + 3600.0)


@pytest.mark.usefixtures("impatient")
async def test_a_wrong_password_is_told_once_and_a_corrected_one_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    users, password = tmp_path / "users", tmp_path / "password"
    _add_user(users)
    password.write_text("wrong\n", encoding="utf-8")
    with PrivateBroker(tmp_path, extra_config=f"allow_anonymous false\npassword_file {users}") as broker:
        link = make_link(settings(broker.port, user="me", password_file=password))
        async with running(link.run):
            await until(lambda: link._connection_number > 3)
            assert _names(caplog) == ["broker_credentials_refused"]
            assert "broker.password_file" in _reason(caplog, "broker_credentials_refused")
            password.write_text(f"{PASSWORD}\n", encoding="utf-8")
            await within(link.connected())
    assert PASSWORD not in "".join(str(vars(record)) for record in caplog.records)


async def test_a_password_file_that_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    link = make_link(settings(free_port(), user="me", password_file=tmp_path / "none"))
    async with running(link.run):
        await until(lambda: _names(caplog))
    assert _names(caplog) == ["broker_files_unusable"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.create(tmp_path_factory.mktemp("tls") / "ours")
    made.issue("broker")
    made.issue("elsewhere", alternative="DNS:broker.elsewhere")
    made.issue("dev")
    return made


def _tls(authority: Authority, certificate: str = "broker") -> str:
    folder = authority.folder
    return (
        f"cafile {authority.ca}\ncertfile {folder}/{certificate}.pem\nkeyfile {folder}/{certificate}.key\n"
        "require_certificate true\nuse_identity_as_username true"
    )


def _ours(authority: Authority) -> dict[str, Path]:
    return {"ca": authority.ca, "cert": authority.folder / "dev.pem", "key": authority.folder / "dev.key"}


async def test_mutual_tls(tmp_path: Path, authority: Authority) -> None:
    with PrivateBroker(tmp_path, extra_config=_tls(authority)) as broker:
        secure = settings(broker.port, tls=_ours(authority))
        async with (
            connected(secure) as link,
            connected(secure, client_id="other", subscriptions=("out",)) as other,
        ):
            # Larger than what TLS decrypts at once, so that some of it waits where the event loop does not look.
            await within(link.publish(OutMessage("out", b"x" * 90_000)))
            assert len((await take_one(other)).payload) == 90_000
            await within(asyncio.gather(*(link.publish(OutMessage("out", b"y" * 9000)) for _ in range(50))))
            await take_and_acknowledge(other, 50)


async def test_an_authority_that_is_not_trusted(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Authority.create(tmp_path / "stranger")
    with PrivateBroker(tmp_path, extra_config=_tls(authority)) as broker:
        async with running(make_link(settings(broker.port, tls={"ca": stranger.ca})).run):
            await until(lambda: _names(caplog))
    assert _names(caplog) == ["broker_tls_failed"]
    assert "not trusted" in _reason(caplog, "broker_tls_failed")


async def test_a_certificate_of_another_host(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with PrivateBroker(tmp_path, extra_config=_tls(authority, "elsewhere")) as broker:
        async with running(make_link(settings(broker.port, tls=_ours(authority))).run):
            await until(lambda: _names(caplog))
    assert _names(caplog) == ["broker_tls_failed"]
    assert "127.0.0.1" in _reason(caplog, "broker_tls_failed")


async def test_a_device_without_certificate(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with PrivateBroker(tmp_path, extra_config=_tls(authority)) as broker:
        link = make_link(settings(broker.port, tls={"ca": authority.ca}))
        async with running(link.run):
            await until(lambda: _names(caplog))
            assert not link.is_connected
    assert "client certificate" in _reason(caplog, "broker_refused_connection")


@pytest.mark.usefixtures("impatient")
async def test_two_devices_with_one_id(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Mosquitto 2.0 does not tell the first that the second has taken its session."""
    with PrivateBroker(tmp_path) as broker:
        links = [make_link(settings(broker.port)) for _ in range(2)]
        async with running(*(link.run for link in links)):
            await until(lambda: "broker_connection_unsteady" in _names(caplog))


async def test_a_session_that_was_taken_over(caplog: pytest.LogCaptureFixture) -> None:
    """Other brokers say so."""

    def answer(kind: int, body: bytes) -> bytes:
        return b"\xe0\x02\x8e\x00" if kind == SUBSCRIBE else polite(kind, body)

    async with scripted_broker(answer) as port, running(make_link(settings(port)).run):
        await until(lambda: _names(caplog))
    assert "device.id" in _reason(caplog, "broker_session_taken_over")


async def test_going_and_coming_is_told_each_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with PrivateBroker(tmp_path) as broker:
        async with connected(settings(broker.port)) as link:
            broker.stop()
            await until(lambda: not link.is_connected)
            broker.start()
            await within(link.connected())
    names = _names(caplog)
    assert (names[:2], names[-1]) == (["broker_connected", "broker_connection_lost"], "broker_connected")
    assert all(one != other for one, other in itertools.pairwise(names))


async def test_a_broker_of_an_older_mqtt(caplog: pytest.LogCaptureFixture) -> None:
    """It answers as MQTT 3.1.1 does: unacceptable protocol version."""
    async with scripted_broker(lambda *_: b"\x20\x02\x00\x01") as port, running(make_link(settings(port)).run):
        await until(lambda: _names(caplog))
    assert "MQTT 5" in _reason(caplog, "broker_refused_connection")


async def test_a_broker_that_does_not_answer(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.link.connection.CONNECT_TIMEOUT_S", 0.1)
    async with scripted_broker(lambda *_: b"") as port, running(make_link(settings(port)).run):
        await until(lambda: _names(caplog))
    assert _reason(caplog, "broker_unreachable") == "no answer within 0.1 s"


async def test_something_that_is_no_broker(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted_broker(lambda *_: b"\x20\x00") as port, running(make_link(settings(port)).run):
        await until(lambda: _names(caplog))
    assert "is the port that of MQTT" in _reason(caplog, "broker_refused_connection")


async def test_a_malformed_message_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """As MQTT 5 has it (section 4.13)."""

    def answer(kind: int, body: bytes) -> bytes:
        return b"\x32\x03\x00\x09a" if kind == SUBSCRIBE else polite(kind, body)

    async with scripted_broker(answer) as port, running(make_link(settings(port)).run):
        await until(lambda: _names(caplog))
    assert _names(caplog)[0] == "broker_connection_lost"


@pytest.mark.usefixtures("impatient")
async def test_an_end_that_comes_with_the_acknowledgement_of_the_status() -> None:
    """In one packet of the network: the connection has ended before anybody learns that there is one."""

    def answer(kind: int, body: bytes) -> bytes:
        return puback(body) + disconnect(SERVER_SHUTTING_DOWN) if kind == PUBLISH else polite(kind, body)

    async with scripted_broker(answer) as port:
        link = make_link(settings(port))
        async with running(link.run):
            await until(lambda: link._connection_number > 1)
            assert not link.is_connected
            with pytest.raises(NotConnectedError):
                await link.publish(OutMessage("out", b""))


@pytest.mark.parametrize("told_at", [SUBSCRIBE, PUBLISH])
async def test_what_is_left_amid_the_greeting_is_left(told_at: int) -> None:
    """And what is taken again amid the next one is taken again."""
    pool = "$share/hall-5/edge/hall-5/prompt"
    seen: list[tuple[int, int]] = []

    def answer(kind: int, body: bytes) -> bytes:
        is_pools = pool.encode() in body
        if kind in (SUBSCRIBE, UNSUBSCRIBE) and is_pools:
            seen.append((link._connection_number, kind))
        if kind == told_at and not link.is_connected:
            link.leave([pool] if link._connection_number == 1 else [])
        if kind == SUBSCRIBE and TOPIC.encode() in body:
            return suback(body, *([1, 1] if is_pools else [1]))
        return polite(kind, body)

    async with scripted_broker(answer) as port:
        link = make_link(settings(port), subscriptions=(TOPIC, pool))
        async with running(link.run):
            await until(lambda: len(seen) == 2)
            await cut_and_connect(link)
            await until(lambda: len(seen) == 4)
    assert seen == [(1, SUBSCRIBE), (1, UNSUBSCRIBE), (2, UNSUBSCRIBE), (2, SUBSCRIBE)]


async def test_a_refused_subscription_is_told_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def answer(kind: int, body: bytes) -> bytes:
        return suback(body, 0x87) if kind == SUBSCRIBE else polite(kind, body)

    async with scripted_broker(answer) as port, connected(settings(port)) as link:
        await within(link.publish(OutMessage("out", b"")))
    (record,) = (it for it in caplog.records if it.getMessage() == "subscription_refused")
    assert (vars(record)["filter"], vars(record)["reason"]) == (TOPIC, "Not authorized")


async def test_a_refused_status_is_told_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def answer(kind: int, body: bytes) -> bytes:
        refused = kind == PUBLISH and STATUS.encode() in body
        return puback(body, reason=0x87) if refused else polite(kind, body)

    async with scripted_broker(answer) as port, connected(settings(port)) as link:
        await within(link.publish(OutMessage("out", b"")))
    assert "status_refused" in _names(caplog)


async def test_a_refused_message(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite edge/#\n", encoding="ascii")
    with PrivateBroker(tmp_path, extra_config=f"acl_file {acl}") as broker:
        async with connected(settings(broker.port)) as link:
            with pytest.raises(PublishRefusedError, match="Not authorized"):
                await within(link.publish(OutMessage("elsewhere", b"")))
            await within(link.publish(OutMessage("edge/dev/reply/x", b"")))


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (0x80, BrokerBusyError),
        (0x83, BrokerBusyError),
        (0x87, PublishRefusedError),
        (0x90, PublishRefusedError),
        (0x97, BrokerBusyError),
        (0x99, PublishRefusedError),
    ],
)
async def test_what_the_broker_may_say_to_a_message(reason: int, error: type[PublishRefusedError]) -> None:
    """For good, or for now; the next message is another matter in either case."""

    def answer(kind: int, body: bytes) -> bytes:
        return puback(body, reason) if kind == PUBLISH and b"bad" in body else polite(kind, body)

    async with scripted_broker(answer) as port, connected(settings(port)) as link:
        with pytest.raises(PublishRefusedError) as raised:
            await within(link.publish(OutMessage("bad", b"")))
        assert raised.type is error
        await within(link.publish(OutMessage("good", b"")))


@pytest.mark.parametrize("is_heeded", [True, False])
async def test_a_goodbye_does_not_wait_for_what_the_broker_does_not_acknowledge(
    monkeypatch: pytest.MonkeyPatch,
    is_heeded: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Where it is not acknowledged either, the broker is left to say so: else `online` were retained for ever."""
    monkeypatch.setattr("agent.announcer._GOODBYE", DEADLINE_S if is_heeded else 0.1)
    told: list[bytes] = []

    def answer(kind: int, body: bytes) -> bytes:
        if kind == DISCONNECT:
            told.append(body)
        if kind == PUBLISH and STATUS.encode() in body:
            told.append(body)
            return puback(body) if is_heeded or b"online" in body else b""
        return b"" if kind == PUBLISH and b"reply" in body else polite(kind, body)

    async with scripted_broker(answer) as port:
        async with connected(settings(port)) as link, asyncio.TaskGroup() as tasks:
            replies = [tasks.create_task(link.publish(OutMessage("reply", b""))) for _ in range(2 * WINDOW)]
            await asyncio.sleep(0)  # they have begun
            await Announcer(link, Presence("edge/dev", Clock.of_this_machine())).say_goodbye()
            for reply in replies:
                reply.cancel()
        await until(lambda: len(told) == 3)
    assert b"stopped" in told[1]
    assert told[2] == (b"\x00" if is_heeded else b"\x04"), "0x04: disconnect with will message"


async def test_a_message_larger_than_the_broker_takes(tmp_path: Path) -> None:
    """A broker ends the connection over it: it is not even sent."""
    with PrivateBroker(tmp_path, extra_config="max_packet_size 2000") as broker:
        async with connected(settings(broker.port)) as link:
            connection = link._connection
            with pytest.raises(PublishRefusedError, match="the broker takes packets of 2000"):
                await within(link.publish(OutMessage("out", b"x" * 2000)))
            link.publish_lossy(OutMessage("out", b"", correlation=b"x" * 2000))
            await within(link.publish(OutMessage("out", b"x" * 1900)))
            assert link._connection is connection


async def test_the_brokers_receive_maximum_is_respected() -> None:
    """A broker that acknowledges a message when the next one is there would see a third one at once."""
    waiting: list[bytes] = []
    most = 0

    def answer(kind: int, body: bytes) -> bytes:
        nonlocal most
        if kind == CONNECT:
            return connack(properties=b"\x21\x00\x02")
        if kind != PUBLISH or b"out" not in body:
            return polite(kind, body)
        waiting.append(body)
        most = max(most, len(waiting))
        return puback(waiting.pop(0)) if len(waiting) > 1 else b""

    async with scripted_broker(answer) as port, connected(settings(port)) as link:
        publishing = [asyncio.create_task(link.publish(OutMessage("out", b""))) for _ in range(10)]
        await until(lambda: sum(task.done() for task in publishing) == 9)
        publishing[-1].cancel()
    assert most == 2
