"""The private mosquitto of the demo, which most other integration tests stand on."""

import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from agent.demo.broker import PrivateBroker, free_port
from agent.errors import StopError


def _mosquitto_pub(port: int, *arguments: str) -> None:
    subprocess.run(["mosquitto_pub", "-p", str(port), *arguments], check=True, timeout=10)


def _retained(port: int, topic: str) -> str:
    command = ["mosquitto_sub", "-p", str(port), "-t", topic, "-C", "1", "-W", "5"]
    return subprocess.run(command, check=True, timeout=10, capture_output=True, text=True).stdout


def test_accepts_connections_as_soon_as_it_has_started(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        _mosquitto_pub(broker.port, "-t", "a", "-m", "b")


def test_keeps_port_and_messages_over_a_restart(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        port = broker.port
        _mosquitto_pub(port, "-t", "kept", "-m", "still here", "-r", "-q", "1")
        broker.stop()
        broker.start()
        assert broker.port == port
        assert _retained(port, "kept") == "still here\n"


def test_is_gone_after_leaving_the_block(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        pid = broker.pid
        assert pid is not None
    assert not psutil.pid_exists(pid)
    assert broker.pid is None


def test_listens_on_loopback_only(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        assert broker.pid is not None
        addresses = {
            connection.laddr.ip
            for connection in psutil.Process(broker.pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
    assert addresses == {"127.0.0.1"}


def test_a_taken_port_is_told_with_the_brokers_own_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        with pytest.raises(StopError, match="Address already in use"):
            PrivateBroker(tmp_path, taken.getsockname()[1]).start()


def test_extra_lines_reach_the_broker(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="no_such_option"):
        PrivateBroker(tmp_path, extra_config="no_such_option 1").start()
