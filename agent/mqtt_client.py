"""How every MQTT client of this program gets its transport security and its credentials."""

from paho.mqtt.client import Client

from agent.config import Broker
from agent.config_file import read_password
from agent.errors import ConfigError
from agent.tls import tls_context


def secure(client: Client, broker: Broker) -> None:
    """Give a client, before it connects, the TLS context, user and password of the configuration.

    Raises:
        ConfigError: A file that the configuration names is not there or not what it should be.
    """
    if broker.tls is not None:
        client.tls_set_context(tls_context(broker.tls))
    if broker.user is not None:
        client.username_pw_set(broker.user, _password(broker))


def _password(broker: Broker) -> str | None:
    if broker.password_file is None:
        return None
    try:
        return read_password(broker.password_file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"broker.password_file: {reason}") from error
