"""What an operator is told about a connection that there is not."""

import socket
import ssl

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from agent.link.problem import Problem, of_connack, of_disconnect, of_socket


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (socket.gaierror(-2, "Name or service not known"), Problem.NAME_UNKNOWN),
        (UnicodeError("label too long"), Problem.NAME_UNKNOWN),
        (ssl.SSLError(1, "wrong version number"), Problem.TLS_FAILED),
        (ConnectionRefusedError(111, "Connection refused"), Problem.UNREACHABLE),
        (TimeoutError("timed out"), Problem.UNREACHABLE),
        (ValueError("Invalid host."), Problem.UNREACHABLE),
    ],
)
def test_of_socket(error: OSError | ValueError, problem: Problem) -> None:
    end = of_socket(error)
    assert end.problem is problem
    assert end.reason


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (0x86, Problem.CREDENTIALS_REFUSED),
        (0x87, Problem.CREDENTIALS_REFUSED),
        (0x84, Problem.CONNECTION_REFUSED),
        (0x85, Problem.CONNECTION_REFUSED),
        (0x88, Problem.CONNECTION_REFUSED),
    ],
)
def test_of_connack(code: int, problem: Problem) -> None:
    assert of_connack(ReasonCode(PacketTypes.CONNACK, identifier=code)).problem is problem


@pytest.mark.parametrize(
    ("code", "answered", "problem"),
    [
        (0x8E, True, Problem.SESSION_TAKEN_OVER),
        (0x8B, True, Problem.LOST),
        (0x80, True, Problem.LOST),
        (0x80, False, Problem.CONNECTION_REFUSED),
    ],
)
def test_of_disconnect(code: int, answered: bool, problem: Problem) -> None:  # noqa: FBT001 - a table's column
    assert of_disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=code), answered=answered).problem is problem
