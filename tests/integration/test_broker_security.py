"""What every MQTT client of the program has in common."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.broker_security import sends_password_in_the_clear
from agent.client import AskError
from agent.client.connection import BrokerConnection
from agent.config import Broker
from tests.integration.links import make_link, running, settings, until

PATIENCE_S = 3.0
PASSWORD_FILE = Path("/nowhere/password")


class NoTls(threading.Thread):
    """A server that does not understand TLS, and notices when the client has closed its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.saw_the_end = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def run(self) -> None:
        with self._listening:
            connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            connection.recv(10_000)
            connection.sendall(b"no TLS here, go away")
            with contextlib.suppress(TimeoutError):
                self.saw_the_end = _read_to_the_end(connection)


def _read_to_the_end(connection: socket.socket) -> bool:
    try:
        while connection.recv(10_000):
            pass
    except ConnectionResetError:  # closed by the other side with something unread
        pass
    return True


@pytest.fixture
def no_tls() -> Iterator[NoTls]:
    server = NoTls()
    server.start()
    yield server
    server.join()


def test_a_handshake_that_fails_leaves_no_socket_open(no_tls: NoTls) -> None:
    connection = BrokerConnection(settings(no_tls.port, tls={}))
    with pytest.raises(AskError, match="TLS") as raised:
        connection.__enter__()
    no_tls.join()
    assert no_tls.saw_the_end
    del raised  # until here, its traceback has kept a socket that nobody closes


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"host": "10.0.0.2"}, True),
        ({"host": "broker.local"}, True),
        ({"host": "10.0.0.2", "tls": {}}, False),
        ({"host": "10.0.0.2", "password_file": None}, False),
        ({"host": "localhost"}, False),
        ({"host": "127.0.0.1"}, False),
        ({"host": "::1"}, False),
    ],
)
def test_who_can_read_the_password(more: dict[str, object], *, expected: bool) -> None:
    broker = Broker.model_validate({"user": "me", "password_file": PASSWORD_FILE} | more)
    assert sends_password_in_the_clear(broker) == expected


async def test_a_password_in_the_clear_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.link.backoff._FIRST_S", 0.01)
    password = tmp_path / "password"
    password.write_text("s3cret-word")
    with socket.create_server(("127.0.0.1", 0)) as port_of_nobody:
        port = port_of_nobody.getsockname()[1]
    # The address that means every one of this machine, and so none in particular.
    link = make_link(settings(port, host="0.0.0.0", user="me", password_file=password))  # noqa: S104 - nothing is bound
    async with running(link.run):
        await until(lambda: link._connection_number > 2)
    assert caplog.messages.count("password_sent_in_the_clear") == 1
    assert "s3cret-word" not in "".join(str(vars(record)) for record in caplog.records)
