"""`jetson-agent top` at a real broker: of a real agent on a simulated board, and of agents that are not there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from typer.testing import CliRunner, Result

from agent.cli import cli
from agent.demo.broker import PrivateBroker, free_port
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.boards import BOARDS, BoardTree
from tests.client import Client
from tests.integration.fake_agent import FakeAgent
from tests.waiting import wait_for

_CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Device:
    """A broker, and an agent on a board which speaks each second."""

    def __init__(self, broker: PrivateBroker, client: Client, config: Path) -> None:
        self.broker = broker
        self.client = client
        self.config = config


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("top")
    with (
        BoardTree(folder / "board", BOARDS["orin-nano-super"]) as tree,
        PrivateBroker(folder) as broker,
        AgentProcess(
            write_config(folder, broker.port, telemetry={"every": "1s"}),
            (sys.executable, "-m", "tests.boards.agent", str(tree.root)),
        ),
        Client(broker.port, topics=("status", "reply/#")) as client,
    ):
        client.wait_online()
        yield Device(broker, client, folder / "agent.yaml")


def _top(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["top", "-c", str(config), *arguments])


def test_one_frame_of_a_real_agent(device: Device) -> None:
    device.client.prompt({"id": "q", "prompt": "Facts: a dog. Question: is there an animal?"})
    device.client.reply("q")
    result = _top(device.config, "--once")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{PREFIX}  JetPack 6.2  up ")
    assert lines[1].startswith("online  edge-tiny  agent ")
    assert "power     6.65 W" in result.stdout
    assert "rails     VDD_IN 6.65 W, VDD_CPU_GPU_CV 1.54 W, VDD_SOC 2.27 W" in result.stdout
    assert "cpu-thermal     49.0 °C of 99 °C" in result.stdout
    assert "0 waiting, 0 running" in result.stdout
    assert "\x1b" not in result.stdout
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)


def test_another_device_at_the_same_broker(device: Device) -> None:
    result = _top(device.config, "--once", "--device", "orin-8")
    assert result.exit_code == 1
    assert result.stderr.startswith("no agent edge/orin-8 at the broker 127.0.0.1:")


def test_an_agent_that_is_offline_or_sends_no_telemetry(device: Device) -> None:
    with FakeAgent(device.broker.port, lambda _agent, _prompt: None) as agent:
        agent.say_offline()
        result = _top(device.config, "--once", "--device", "fake")
        assert (result.exit_code, result.stderr) == (1, "the agent edge/fake is offline (lost)\n")
        agent.say_online()
        result = _top(device.config, "--once", "--device", "fake", "--timeout", "500ms")
        assert result.exit_code == 1
        assert result.stderr == (
            "no telemetry from edge/fake in 0.5 s: its telemetry.every may be longer, or 0s (never)\n"
        )


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    for arguments in ([], ["--once"]):
        result = _top(write_config(tmp_path, free_port()), *arguments)
        assert result.exit_code == 1
        assert "127.0.0.1" in result.stderr or "terminal" in result.stderr


def test_a_live_view_needs_a_terminal(device: Device) -> None:
    result = _top(device.config)
    assert result.exit_code == 1
    assert result.stderr == "a live view needs a terminal; jetson-agent top --once prints one frame\n"


class Terminal:
    """A terminal in which `jetson-agent top` runs."""

    def __init__(self, config: Path) -> None:
        self._master, slave = pty.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._printed = bytearray()
        environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "agent", "top", "-c", str(config)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environ, "TERM": "xterm-256color"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                self._printed += os.read(self._master, 65536)
            except OSError:
                return

    def resize(self, columns: int, lines: int) -> None:
        """Give it another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def forget(self) -> None:
        """What was printed until now counts no more."""
        self._printed.clear()

    def text(self) -> str:
        """What was printed, without its codes."""
        return _CODES.sub(b"", bytes(self._printed)).decode(errors="replace")

    def printed(self) -> bytes:
        """What was printed."""
        return bytes(self._printed)

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def settings(self) -> list[object]:
        """How the terminal is set."""
        return termios.tcgetattr(self._slave)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        self._reader.join(10)
        os.close(self._master)


def test_live_until_ctrl_c(device: Device) -> None:
    with Terminal(device.config) as terminal:
        wait_for(lambda: "6.65 W" in terminal.text(), 30, "a frame")
        assert "VDD_SOC" not in terminal.text()
        assert terminal.settings() != terminal.before
        terminal.press(b"x")
        terminal.forget()
        terminal.resize(120, 40)
        wait_for(lambda: "VDD_SOC" in terminal.text(), 30, "a larger frame")
        terminal.forget()
        device.broker.stop()
        wait_for(lambda: "broker away" in terminal.text(), 30, "words about the broker")
        terminal.forget()
        device.broker.start()
        wait_for(lambda: "online" in terminal.text(), 60, "its return")
        assert b"\x1b[2J" not in terminal.printed()
        terminal.press(b"\x03")
        assert terminal.process.wait(20) == 0
        assert terminal.settings() == terminal.before
        assert terminal.printed().endswith(b"\x1b[?25h\x1b[?1049l")


def test_sigterm_gives_the_terminal_back_too(device: Device) -> None:
    with Terminal(device.config) as terminal:
        wait_for(lambda: "power" in terminal.text(), 30, "a frame")
        terminal.process.terminate()
        assert terminal.process.wait(20) == 0
        assert terminal.settings() == terminal.before
        wait_for(lambda: terminal.printed().endswith(b"\x1b[?1049l"), 10, "the screen as it was")
