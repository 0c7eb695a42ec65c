"""What reaches systemd's socket, and who may speak through it."""

import os
from contextlib import closing

import pytest

from agent.systemd import Systemd
from tests.notify_socket import NotifySocket


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_lines_go_in_one_message(*, abstract: bool) -> None:
    with NotifySocket(abstract=abstract) as manager, closing(Systemd(manager.address)) as systemd:
        systemd.tell("READY=1", "STATUS=serving")
        assert manager.heard() == [["READY=1", "STATUS=serving"]]


def test_the_environment_is_taken_so_that_no_child_inherits_it() -> None:
    with NotifySocket() as manager:
        environ = {
            "NOTIFY_SOCKET": manager.address,
            "WATCHDOG_USEC": "60000000",
            "WATCHDOG_PID": str(os.getpid()),
            "HOME": "/",
        }
        with closing(Systemd.of(environ)) as systemd:
            assert systemd.listens
            assert systemd.watchdog == 60.0
        assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    "watched",
    [
        {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {},
    ],
    ids=["another process", "zero", "no number", "none"],
)
def test_no_watchdog_for_this_process(watched: dict[str, str]) -> None:
    with NotifySocket() as manager, closing(Systemd.of({"NOTIFY_SOCKET": manager.address, **watched})) as systemd:
        assert systemd.listens
        assert systemd.watchdog is None


def test_without_systemd_nothing_happens() -> None:
    with closing(Systemd.of({"WATCHDOG_USEC": "60000000"})) as systemd:
        assert not systemd.listens
        assert systemd.watchdog is None
        systemd.tell("READY=1")


def test_a_manager_that_went_away_or_does_not_read_holds_nothing_up() -> None:
    with NotifySocket() as manager, closing(Systemd(manager.address)) as systemd:
        for _ in range(1000):  # more than the socket's queue
            systemd.tell("WATCHDOG=1")
        assert 0 < len(manager.heard()) < 1000
    with closing(Systemd(manager.address)) as systemd:
        systemd.tell("READY=1")
