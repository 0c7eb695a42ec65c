"""Releases of updates, made by hand: a good one, and those on trial that do not start. Checks say what was seen."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.systemd.installed import Installed
from tests.waiting import wait_for

_QUICK = "WatchdogSec=6s\nRestartSec=1s\nTimeoutStartSec=15s"
_STATE = "/var/lib/jetson-agent"
_FLEET = f"{_STATE}/fleet"
_STARTS = 3
"""Of a trial, before the launcher goes back."""
_BOUND_S = 90.0
"""For all of them, with `_QUICK`: three times 15 s and a second, and the start of the installed one."""
_INSTALLED = 'exec /opt/jetson-agent/current/bin/jetson-agent "$@"'


def good_release_of_an_update_runs(it: Installed) -> str:
    """In place of the installed one, under the watchdog as that is; and when it is damaged, the installed one again."""
    it.configure_unit(_QUICK)
    assert "JETSON_AGENT_LAUNCHER=1" in _environ(it), "not started by the launcher"
    _make_slot(it, "good", f"export SLOT=good; {_INSTALLED}")
    _link(it, "good", "good")
    it.container.run("systemctl", "restart", "jetson-agent")
    it.wait_serving()
    assert "SLOT=good" in _environ(it)
    pid = it.pid
    it.container.run("kill", "-STOP", str(pid))
    took = it.comes_back(pid)
    assert "SLOT=good" in _environ(it)
    (_host(it, _FLEET) / "releases/good/.complete").unlink()
    pid = it.pid
    it.container.run("kill", "-KILL", str(pid))
    it.comes_back(pid)
    assert "SLOT=good" not in _environ(it)
    answer = it.answers()
    shutil.rmtree(_host(it, _FLEET))
    return f"hung: back after {took:.1f} s, from the slot; damaged: the installed one, {answer!r}"


def trial_that_crashes_gives_way(it: Installed) -> str:
    """At its start, each time."""
    return _gives_way(it, "crashes", "exit 1")


def trial_that_ends_with_78_gives_way(it: Installed) -> str:
    """As for a wrong configuration, after which nothing is started again otherwise."""
    return _gives_way(it, "ends-with-78", "exit 78")


def trial_that_hangs_gives_way(it: Installed) -> str:
    """Before it is ready: `TimeoutStartSec` ends it."""
    return _gives_way(it, "hangs", "exec sleep 1000")


def trial_gives_way_to_the_good_release(it: Installed) -> str:
    """And not to the installed one, where there is an update that was good."""
    _make_slot(it, "good", f"export SLOT=good; {_INSTALLED}")
    _link(it, "good", "good")
    return _gives_way(it, "crashes", "exit 1", lambda: "SLOT=good" in _environ(it))


def _gives_way(it: Installed, name: str, program: str, is_right: Callable[[], bool] = lambda: True) -> str:
    starts = _make_slot(it, name, f"echo start >>{_STATE}/starts; {program}")
    _link(it, "trial", name)
    before, began = it.pid, time.monotonic()
    it.container.run("systemctl", "--no-block", "restart", "jetson-agent")
    wait_for(lambda: it.pid not in (0, before) and it.serves(), _BOUND_S, "release that serves again")
    took = time.monotonic() - began
    why = (_host(it, _FLEET) / "fell-back").read_text().strip()
    tried = len(starts.read_text().splitlines())
    assert tried == _STARTS, f"started {tried} times"
    assert not (_host(it, _FLEET) / "trial").is_symlink()
    assert is_right(), "another one than it should be"
    answer = it.answers()
    shutil.rmtree(_host(it, _FLEET))
    starts.unlink()
    return f"serving again after {took:.1f} s and {tried} starts: {why!r}; {answer!r}"


def _make_slot(it: Installed, name: str, program: str) -> Path:
    """A release that is this shell script; where the script may note its starts."""
    programs = _host(it, _FLEET) / "releases" / name / "venv/bin"
    programs.mkdir(parents=True)
    for part in ("python", "jetson-agent"):
        (programs / part).write_text(f"#!/bin/sh\n{program}\n")
        (programs / part).chmod(0o755)
    (programs.parents[1] / ".complete").touch()
    it.container.run("chown", "-R", "jetson-agent:", _FLEET)
    return _host(it, _STATE) / "starts"


def _link(it: Installed, link: str, name: str) -> None:
    """Make one of the fleet's links name a release."""
    it.container.run("ln", "-sfn", f"releases/{name}", f"{_FLEET}/{link}")
    it.container.run("chown", "-h", "jetson-agent:", f"{_FLEET}/{link}")


def _host(it: Installed, place: str) -> Path:
    """A place of the container, seen from outside."""
    return it.container.root / place.removeprefix("/")


def _environ(it: Installed) -> str:
    """Of the agent's process."""
    return it.container.run("cat", f"/proc/{it.pid}/environ")
