"""Why there is no connection, in terms of what an operator does about it."""

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

from paho.mqtt.reasoncodes import ReasonCode

from agent.errors import AgentError, NotConnectedError, RetryError

_SESSION_TAKEN_OVER = 0x8E
_BAD_CREDENTIALS = (0x86, 0x87)  # bad user name or password; not authorized
_VERSION_UNKNOWN = 0x84
_UNSPECIFIED = 0x80
_REFUSED_FOR_GOOD = (0x87, 0x90, 0x95, 0x99)
"""Not authorized; topic name invalid; packet too large; payload format invalid. What else a PUBACK may say passes."""


class Problem(StrEnum):
    """The kinds of trouble; the values are names of log events."""

    NAME_UNKNOWN = "broker_name_unknown"
    UNREACHABLE = "broker_unreachable"
    TLS_FAILED = "broker_tls_failed"
    FILES_UNUSABLE = "broker_files_unusable"
    CREDENTIALS_REFUSED = "broker_credentials_refused"
    CONNECTION_REFUSED = "broker_refused_connection"
    SESSION_TAKEN_OVER = "broker_session_taken_over"
    LOST = "broker_connection_lost"


@dataclass(frozen=True, slots=True)
class End:
    """The end of a connection, or of the attempt to make one."""

    problem: Problem
    reason: str


UNANSWERED = End(
    Problem.CONNECTION_REFUSED,
    "it hung up instead of answering; is the port that of MQTT, and does it want a client certificate?",
)


class ConnectionEndedError(NotConnectedError):
    """There is no connection, or no longer. Of a message: it ended before the broker acknowledged it.

    Attributes:
        end: Why.
    """

    def __init__(self, end: End) -> None:
        super().__init__(f"{end.problem}: {end.reason}")
        self.end = end


class PublishRefusedError(AgentError):
    """The broker does not take this message; the connection stays. For good, unless it is a `BrokerBusyError`."""


class BrokerBusyError(PublishRefusedError, RetryError):
    """The broker does not take this message now."""


def of_socket(error: OSError | ValueError) -> End:
    """Why a connection could not be made, from what the socket, the resolver or TLS said."""
    match error:
        case socket.gaierror() | UnicodeError():
            return End(Problem.NAME_UNKNOWN, str(error))
        case ssl.SSLCertVerificationError():
            return End(Problem.TLS_FAILED, f"the broker's certificate is not trusted: {error.verify_message}")
        case ssl.SSLError():
            return End(Problem.TLS_FAILED, str(error))
        case _:
            return End(Problem.UNREACHABLE, str(error))


def of_connack(reason: ReasonCode) -> End:
    """Why the broker refused a CONNECT."""
    if reason.value in _BAD_CREDENTIALS:
        return End(Problem.CREDENTIALS_REFUSED, f"{reason}: check broker.user and broker.password_file")
    if reason.value == _VERSION_UNKNOWN:
        return End(Problem.CONNECTION_REFUSED, "the broker does not speak MQTT 5")
    return End(Problem.CONNECTION_REFUSED, str(reason))


def of_puback(reason: ReasonCode) -> PublishRefusedError:
    """What a failure to publish means."""
    return PublishRefusedError(str(reason)) if reason.value in _REFUSED_FOR_GOOD else BrokerBusyError(str(reason))


def of_disconnect(reason: ReasonCode, *, answered: bool) -> End:
    """Why a connection ended, before or after the broker answered its CONNECT."""
    if reason.value == _SESSION_TAKEN_OVER:
        return End(Problem.SESSION_TAKEN_OVER, "another client has the same client id: do two devices share device.id?")
    if not answered:
        return UNANSWERED
    if reason.value == _UNSPECIFIED:
        return End(Problem.LOST, "the broker or the network hung up")
    return End(Problem.LOST, str(reason))
