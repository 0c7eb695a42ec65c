"""How every MQTT client of this program gets its transport security and its credentials."""

import contextlib
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from agent.config import Broker, Tls
from agent.errors import ConfigError
from agent.plain_file import read_text
from agent.units import Seconds


class SecureClient(Client):
    """paho-mqtt's client for one connection of MQTT 5.

    Args:
        client_id: Names the session that the broker keeps.
        connect_timeout: For TCP, and once more for TLS.
        manual_ack: Whether messages are acknowledged by hand.
    """

    def __init__(self, client_id: str, *, connect_timeout: Seconds, manual_ack: bool = False) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTv5,
            reconnect_on_failure=False,
            manual_ack=manual_ack,
        )
        self.connect_timeout = connect_timeout

    def secure(self, broker: Broker) -> None:
        """Take, before connecting, the TLS context, user and password of the configuration.

        Raises:
            ConfigError: A file that the configuration names is not there or not what it should be.
        """
        if broker.tls is not None:
            self.tls_set_context(tls_context(broker.tls))
        if broker.user is not None:
            self.username_pw_set(broker.user, read_secret("broker.password_file", broker.password_file))

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """Replaces paho's, which leaves the socket open when the handshake fails. The context checks the host name."""
        assert self._ssl_context is not None, "without TLS it is not called"  # noqa: S101 - for mypy
        with contextlib.ExitStack() as on_failure:
            sock = self._ssl_context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
            on_failure.callback(sock.close)
            sock.settimeout(self.connect_timeout)
            sock.do_handshake()
            on_failure.pop_all()
        return sock


def sends_password_in_the_clear(broker: Broker) -> bool:
    """Whether anybody on the way can read the password."""
    return broker.password_file is not None and broker.tls is None and not _is_this_machine(broker.host)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A context that verifies the broker's certificate and name, with this device's own certificate if it has one.

    Raises:
        ConfigError: A file cannot be used; the message says which and why.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{tls.ca} cannot be used: {_reason(error, 'not a PEM certificate')}") from error
    if tls.cert is not None:
        try:
            # An empty pass phrase: without one, OpenSSL would ask the terminal for that of an encrypted key, and wait.
            context.load_cert_chain(tls.cert, tls.key, password="")
        except OSError as error:
            reason = _reason(error, "not PEM, or the key has a pass phrase")
            raise ConfigError(f"{tls.cert} and {tls.key} cannot be used: {reason}") from error
    return context


def read_password(file: Path) -> str:
    """The password in a file, without the newline that editors end it with.

    Raises:
        OSError: It cannot be read.
        ValueError: It is empty or not text.
    """
    password = read_text(file).rstrip("\r\n")
    if not password:
        raise ValueError("is empty")
    return password


def read_secret(key: str, file: Path | None) -> str | None:
    """What is in the file of a key of the configuration; None without one.

    Raises:
        ConfigError: It cannot be read, or there is nothing in it. Names the key, never the file's content.
    """
    if file is None:
        return None
    try:
        return read_password(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{key}: {reason}") from error


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: OSError, unnamed: str) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or unnamed
    return error.strerror or str(error)
