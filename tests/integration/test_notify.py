"""A real agent and a stand-in for systemd: what it hears from the start to the end."""

import contextlib
import signal
from pathlib import Path

from agent.demo.broker import PrivateBroker
from tests.agent_process import AgentProcess, write_config
from tests.notify_socket import NotifySocket
from tests.waiting import wait_for


def test_ready_fed_and_stopping(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker, NotifySocket() as manager, contextlib.ExitStack() as at_end:
        agent = AgentProcess(write_config(tmp_path, broker.port))
        agent.start(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="20000000")
        at_end.callback(agent.kill)
        heard: list[list[str]] = []

        def hear(line: str) -> bool:
            heard.extend(manager.heard())
            return any(it.startswith(line) for message in heard for it in message)

        wait_for(lambda: hear("STATUS=serving; edge-tiny; 0 running, 0 waiting; "), 60, "agent that serves")
        assert heard[0][0] == "READY=1"
        assert all("WATCHDOG=1" in message for message in heard)
        engine = agent.engine_pid()
        assert b"NOTIFY_SOCKET" not in Path(f"/proc/{engine}/environ").read_bytes()
        agent.signal(signal.SIGTERM)
        assert agent.wait() == 0
        assert hear("STOPPING=1")
