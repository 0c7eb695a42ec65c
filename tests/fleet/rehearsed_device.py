"""A device of the rehearsal: installed with a release of this tree, of a fleet, on a real broker; and its operator."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.fleet.links import named_by
from agent.fleet.values import ReleaseName
from tests.agent_process import PREFIX, write_config
from tests.client import Client
from tests.fleet.rehearsed_releases import CHANNEL, MODEL, QUESTION, Fleet
from tests.fleet.supervised import Supervised
from tests.waiting import wait_for

LAUNCHER: Final = Path(__file__).parents[2] / "deploy/launcher"
LONGEST_S: Final = 600.0
"""For anything; the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an update.

    Attributes:
        state: `committed`, `rolled_back` or `failed`.
        why: For a person.
        took_s: From the moment when it was asked for.
    """

    state: str
    why: str
    took_s: float


def install(folder: Path, fleet: Fleet, url: str, broker_port: int) -> None:
    """What the installer does: the launcher, the installed release in an environment of its own, the configuration."""
    for part in ("opt/releases", "state", "run"):
        (folder / part).mkdir(parents=True)
    (folder / "opt/launcher").symlink_to(LAUNCHER)
    venv = folder / "opt/releases/installed"
    wheels, lock = fleet.wheels(folder / "bundle", "1.0")
    pip: list[str | Path] = [
        venv / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-index",
    ]
    _run(sys.executable, "-I", "-m", "venv", venv)
    _run(*pip, "--find-links", wheels, "--require-hashes", "-r", lock)
    _run(*pip, "--no-deps", *wheels.glob("jetson_agent-*.whl"))
    (venv / "share/jetson-agent/models").mkdir(parents=True)
    (venv / "share/jetson-agent/models" / MODEL.name).symlink_to(MODEL)
    (folder / "opt/current").symlink_to("releases/installed")
    write_config(
        folder,
        broker_port,
        queue={"max_prompts": 5000},
        fleet={"url": url, "root": str(fleet.root), "channel": CHANNEL, "every": "1h"},
    )


class Device:
    """One that is installed.

    Args:
        folder: Where.
        service: What runs it.
        client: Its operator's.
    """

    def __init__(self, folder: Path, service: Supervised, client: Client) -> None:
        self.fleet = folder / "state/fleet"
        self.service = service
        self.client = client
        self._state = folder / "state"
        self._asked = 0

    def good(self) -> ReleaseName | None:
        """The committed release; None: the installed one."""
        return named_by(self.fleet / "good")

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        statuses = self.client.messages[f"{PREFIX}/status"]
        said: dict[str, Any] = json.loads(statuses[-1]) if statuses else {}
        return said

    def events(self, name: str) -> list[dict[str, Any]]:
        """The details of events of one kind, without repeats, in their order."""
        said = [json.loads(payload) for payload in list(self.client.messages[f"{PREFIX}/event"])]
        return list({json.dumps(it): it["detail"] for it in said if it["event"] == name}.values())

    def states(self, release: ReleaseName) -> list[str]:
        """The states of an update, as its events told them."""
        return [it["state"] for it in self.events("update_state") if it["release"] == release]

    def ask_for_update(self) -> str:
        """Send the command; returns its id."""
        self._asked += 1
        self.client.publish("command", {"id": f"update-{self._asked}", "command": "update"})
        return f"update-{self._asked}"

    def answers(self, command: str) -> list[dict[str, Any]]:
        """What was answered to a command so far."""
        return [json.loads(payload) for payload in list(self.client.messages[f"{PREFIX}/command/{command}"])]

    def wait_over(self, release: ReleaseName, since: float) -> Outcome:
        """Wait until the update to a release is over, in its file, its slots and its status."""
        wait_for(lambda: self._is_over(release), LONGEST_S, f"end of the update to {release}")
        said = self.status()["update"]
        return Outcome(said["state"], said["why"], time.monotonic() - since)

    def is_over(self, release: ReleaseName) -> bool:
        """Whether the update to a release is over on the disk."""
        record = self._record()
        return record.get("release") == release and bool(record["is_over"]) and record["state"] != "idle"

    def is_staged(self, release: ReleaseName) -> bool:
        """Whether a release has its whole slot."""
        return (self.fleet / "releases" / release / ".complete").exists()

    def state(self) -> str:
        """How far the update is, on the disk."""
        return str(self._record()["state"])

    def _is_over(self, release: ReleaseName) -> bool:
        status = self.status()
        update = status.get("update") or {}
        return (
            self.is_over(release)
            and update.get("release") == release
            and update.get("state") == self._record()["state"]
            and bool(status.get("model"))
        )

    def is_stood_in_for(self) -> bool:
        """Whether the installed release serves instead of the good one: it does once three starts have come to nothing.

        The launcher cannot tell a power cut from a crash (ADR 40).
        """
        return self.good() is not None and self.status()["release"] is None

    def try_good_again(self) -> None:
        """The next start tries the good release once more, as the installed one has had it counted anew."""
        wait_for(lambda: not (self.fleet / "good.boots").exists(), LONGEST_S, "count of starts that is gone")
        self.service.stop()
        self.service.start()
        wait_for(lambda: self.status().get("release") == self.good(), LONGEST_S, "start of the good release")

    def check(self) -> ReleaseName | None:
        """One good release, whole and serving; no trial, no halves of releases. Returns that release."""
        good, record = self.good(), self._record()
        assert not (self.fleet / "trial").is_symlink(), "a release is on trial yet"
        assert record["is_over"], f"the update is {record['state']} yet"
        assert (record["release"] == good) == (record["state"] == "committed"), f"{record['state']}, good is {good}"
        for slot in (self.fleet / "releases").iterdir():
            assert (slot / ".complete").exists(), f"half a release is left: {slot.name}"
        if good is not None:
            assert (self.fleet / "releases" / good / ".complete").exists(), f"{good} is not whole"
        self.prompt_is_answered()
        assert self.status()["release"] == good, f"{self.status()['release']} runs, and {good} is good"
        return good

    def prompt_is_answered(self) -> None:
        """And rightly."""
        self._asked += 1
        prompt = f"check-{self._asked}-{os.urandom(4).hex()}"
        self.client.prompt({"id": prompt, "prompt": QUESTION})
        reply = self.client.reply(prompt, LONGEST_S)
        assert "dog" in str(reply.get("choices")), reply

    def check_journal(self) -> None:
        """While nothing runs: SQLite finds it whole, and none was set aside. A copy is asked, for asking may mend."""
        assert not list(self._state.glob("journal.db.damaged*")), "a journal was set aside"
        with tempfile.TemporaryDirectory() as folder:
            for part in self._state.glob("journal.db*"):
                shutil.copy(part, folder)
            with closing(sqlite3.connect(Path(folder, "journal.db"))) as journal:
                ((says,),) = journal.execute("PRAGMA integrity_check").fetchall()
        assert says == "ok", says

    def _record(self) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads((self.fleet / "update.json").read_bytes())
        except FileNotFoundError:
            return {"release": None, "is_over": True, "state": "idle"}
        return record


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
