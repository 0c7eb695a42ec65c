"""`jetson-agent demo` as a newcomer starts it: real broker, real agent, the model that ships."""

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from agent.demo.broker import free_port
from agent.demo.prompts import QUESTIONS
from agent.demo.until_parent_ends import launcher

DEADLINE_S = 60.0


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the camera's clip is kept: drawn once."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def start(tmp_path: Path, caches: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts demos whose temporary folders are in `tmp_path`; ends those that a failing test leaves."""
    demos: list[subprocess.Popen[str]] = []

    def popen(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "agent", "demo", *arguments]
        environ = {
            "PATH": "/usr/bin:/bin",
            "TMPDIR": str(tmp_path),
            "XDG_CACHE_HOME": str(caches),
            "JETSON_AGENT__BROKER__PORT": "1",
        }
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
        demos.append(demo)
        return demo

    yield popen
    for demo in demos:
        if demo.poll() is None:
            demo.terminate()
        demo.communicate(timeout=DEADLINE_S)


Start = Callable[..., subprocess.Popen[str]]


def _read_until(demo: subprocess.Popen[str], text: str) -> str:
    """What the demo says up to the line with a text. A demo that never says it is ended at the deadline."""
    assert demo.stdout is not None
    said = []
    watchdog = threading.Timer(DEADLINE_S, demo.terminate)
    watchdog.start()
    try:
        for line in demo.stdout:
            said.append(line)
            if text in line:
                return "".join(said)
    finally:
        watchdog.cancel()
        watchdog.join()
    raise AssertionError(f"the demo ended before it said {text!r}: {''.join(said)}")


def _all_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=DEADLINE_S)
    return not alive


def test_once_answers_every_prompt_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    demo = start("--once")
    output, errors = demo.communicate(timeout=2 * DEADLINE_S)
    assert (demo.returncode, errors) == (0, ""), output
    assert f"prompts answered     {len(QUESTIONS)} of {len(QUESTIONS)}" in output
    assert re.search(r"time to first token  \d+(\.\d+)? ms \(median\)", output)
    assert re.search(r"\(motion at \d\d:\d\d:\d\d; with its picture, \d{2,3} kB of\s+JPEG\)", output)
    assert re.search(r"memory +engine \d{2,} MiB, agent \d{2,} MiB", output)
    assert "\x1b" not in output
    assert all(len(line) <= 80 for line in output.splitlines())
    assert list(tmp_path.iterdir()) == []


def test_stays_up_can_be_asked_by_hand_and_ends_on_sigterm(start: Start, tmp_path: Path) -> None:
    demo = start()
    children = psutil.Process(demo.pid).children
    line = _read_until(demo, "mosquitto_pub").splitlines()[-1]
    processes = children(recursive=True)
    # Exactly what it told us to type.
    subprocess.run(["sh", "-c", line], check=True, timeout=DEADLINE_S)
    assert "is there an animal?" in _read_until(demo, "Question: is there an animal?")
    assert "dog" in _read_until(demo, "dog")
    demo.terminate()
    _, errors = demo.communicate(timeout=DEADLINE_S)
    assert (demo.returncode, errors) == (0, "")
    assert len(processes) >= 3  # broker, agent, engine
    assert _all_gone(processes)
    assert list(tmp_path.iterdir()) == []


def test_control_c_before_the_prompts_are_done_exits_130_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    demo = start()
    _read_until(demo, "loading its model")
    processes = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=DEADLINE_S)
    assert (demo.returncode, errors) == (130, "")
    assert _all_gone(processes)
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_on_when_the_demo_is_killed(start: Start) -> None:
    demo = start()
    _read_until(demo, "ready with edge-tiny")
    processes = psutil.Process(demo.pid).children(recursive=True)
    demo.kill()
    assert len(processes) >= 3
    assert _all_gone(processes)


def test_a_taken_port_is_one_clear_message(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        demo = start("--port", str(taken.getsockname()[1]))
        _, errors = demo.communicate(timeout=DEADLINE_S)
    assert demo.returncode == 1
    assert "Address already in use" in errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_child_whose_parent_has_ended_already_does_not_start(tmp_path: Path) -> None:
    # As if the parent had been killed between fork and prctl: the parent that it is told is not the one it has.
    of_another = [*launcher()[:-1], "1"]
    subprocess.run([*of_another, "/usr/bin/touch", tmp_path / "started"], check=True, timeout=DEADLINE_S)
    assert list(tmp_path.iterdir()) == []


def test_killed_while_it_starts_the_agent_it_leaves_nothing_running(start: Start, tmp_path: Path) -> None:
    demo = start()
    _read_until(demo, "broker  mosquitto on")
    demo.kill()
    demo.wait(DEADLINE_S)
    # Whoever was started has the folder's name in its command line.
    started = [it for it in psutil.process_iter() if any(str(tmp_path) in word for word in _command_line(it))]
    assert _all_gone(started)


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
