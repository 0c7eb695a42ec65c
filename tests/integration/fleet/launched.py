"""The launcher in folders of a test, run by dash."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).parents[3] / "deploy/launcher"
_KILL = """#!/bin/sh
# Takes the place of a tool that changes something: the launcher is killed before or after the call that is marked.
echo x >>{calls}
at=$(wc -l <{calls})
[ "$at" != "$KILL_BEFORE" ] || kill -9 "$LAUNCHER"
PATH={path} {tool} "$@"
code=$?
[ "$at" != "$KILL_AFTER" ] || kill -9 "$LAUNCHER"
exit $code
"""


@dataclass(frozen=True, slots=True)
class Launched:
    """A device's two folders.

    Attributes:
        folder: Where they are; empty at first.
    """

    folder: Path

    @property
    def fleet(self) -> Path:
        """What updates bring."""
        return self.folder / "state/fleet"

    def set_up(self) -> None:
        """The installed release, and no update so far."""
        (self.folder / "opt").mkdir()
        (self.folder / "opt/launcher").symlink_to(_LAUNCHER)
        _program(self.folder / "opt/current", "installed")
        (self.fleet / "releases").mkdir(parents=True)

    def add(self, name: str, *, without: str | None = None) -> None:
        """A release, or one that lacks something."""
        slot = self.fleet / "releases" / name
        _program(slot / "venv", name)
        (slot / "venv/bin/python").symlink_to("/bin/sh")
        (slot / ".complete").touch()
        if without == "content":
            (slot / "venv/bin/jetson-agent").write_text("")
        elif without == "permission":
            (slot / "venv/bin/jetson-agent").chmod(0o644)
        elif without is not None:
            (slot / without).unlink()

    def crashes(self, name: str) -> None:
        """From now on a release ends before everything runs."""
        program = self.fleet / "releases" / name / "venv/bin/jetson-agent"
        program.write_text(f"#!/bin/sh\necho {name}\nexit 1\n")

    def link(self, name: str, target: str) -> None:
        """Let a link name something, or have none."""
        (self.fleet / name).unlink(missing_ok=True)
        if target:
            (self.fleet / name).symlink_to(target)

    def count(self, text: str | None) -> None:
        """What is in `trial.boots`."""
        if text is None:
            (self.fleet / "trial.boots").unlink(missing_ok=True)
        else:
            (self.fleet / "trial.boots").write_text(text)

    def start(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the launcher to the end of what it starts."""
        return subprocess.run(
            # A command substitution is a process of its own: tools are told which one is the launcher.
            [
                "/bin/sh",
                "-c",
                'LAUNCHER=$$ exec dash "$0" "$@"',
                self.folder / "opt/launcher",
                *(arguments or ("run",)),
            ],
            env={"PATH": os.defpath, "JETSON_AGENT__STATE_DIR": str(self.folder / "state"), **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    def started(self) -> str:
        """Run it: which release was started."""
        return self.start().stdout.split()[0]

    def start_killed(self, *, at: int, when: str) -> bool:
        """Run it with tools of which the call of a number kills it; whether there was such a call."""
        tools, calls = self.folder / "tools", self.folder / "calls"
        tools.mkdir(exist_ok=True)
        for tool in ("mv", "rm", "sync", "readlink", "cat", "find"):
            (tools / tool).write_text(_KILL.format(calls=calls, path=os.defpath, tool=tool))
            (tools / tool).chmod(0o755)
        calls.unlink(missing_ok=True)
        done = self.start(PATH=f"{tools}:{os.defpath}", **{f"KILL_{when}": str(at)})
        return done.returncode != 0

    def state(self) -> dict[str, str]:
        """The links and files of the fleet's folder that the launcher looks at."""
        files = [it for it in self.fleet.iterdir() if not it.name.startswith(".") and (it.is_symlink() or it.is_file())]
        return {it.name: str(it.readlink()) if it.is_symlink() else it.read_text() for it in files}


def _program(environment: Path, says: str) -> None:
    (environment / "bin").mkdir(parents=True)
    program = environment / "bin/jetson-agent"
    served = '/bin/rm -f "$JETSON_AGENT_FLEET/good.boots"'
    program.write_text(f'#!/bin/sh\necho {says} $$ "$JETSON_AGENT_LAUNCHER" "$@"\n{served}\n')
    program.chmod(0o755)
