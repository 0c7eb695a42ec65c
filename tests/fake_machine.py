"""A machine that deploy/install.sh changes: folders of a test in place of the system's, and a systemd of shell scripts.

The script runs as it is, but for the absolute paths in it. Releases are made by a Python that copies, as the agent,
what the bundle has in place of a wheel: a script that keeps a journal with a version, as the agent does.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[1]
_GIVEN = "run/credentials/jetson-agent.service"
_OF_THE_SYSTEM = re.compile(r"(?<![\w$.}])/(opt|etc|usr|run|var|proc)/")

_AGENT = """#!/bin/sh
# Knows a version of the journal, and leaves a write-ahead log, as one that is killed does.
state=${{JETSON_AGENT__STATE_DIR:-{root}/var/lib/jetson-agent}}
case $1 in
    check-config)
        config=${{3:-{root}/etc/jetson-agent/agent.yaml}}
        ! grep '^ *{refused_key}:' "$config" >&2 || exit 78
        named=$(sed -n '/^fleet:/,$s/^  root: *//p' "$config")
        [ -z "$named" ] || [ -f "$(dirname "$config")/$named" ] || exit 78
        ;;
    run)
        mkdir -p {root}/proc/7 && echo "$0" >{root}/proc/7/cmdline
        [ "$(cat $state/journal.db 2>/dev/null || echo 0)" -le {knows} ] || exit 1
        echo {knows} >$state/journal.db
        echo "of {version}" >$state/journal.db-wal
        {run}
        ;;
esac
"""

_PYTHON = """#!/bin/sh
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *.whl)
        for wheel; do :; done
        install -m 755 "$wheel" "$(dirname "$0")/jetson-agent"
        ;;
    "-m pip "*) ;;
    *version_info\\[:2\\]*) cat {root}/python ;;
    *.state_dir*) echo "${{JETSON_AGENT__STATE_DIR:-{root}/var/lib/jetson-agent}}" ;;
    *.device.id*) sed -n "s/^  id: '\\(.*\\)'/\\1/p" {root}/etc/jetson-agent/agent.yaml ;;
    *) exec {python} "$@" ;;
esac
"""

_SYSTEMCTL = """#!/bin/sh
[ "$1" != --quiet ] || shift
echo "systemctl $*" >>{root}/calls.log
active={root}/active given={root}/{given} units={root}/etc/systemd/system
environment=$([ -e $units/jetson-agent.service ] && sed -n 's/^Environment=//p' $units/*/override.conf 2>/dev/null)
case $1 in
    --version) echo "systemd 252 (252)" ;;
    is-active) [ -e $active ] ;;
    stop) rm -f $active ;;
    start | restart)
        [ "$(cat {root}/cut 2>/dev/null)" != "$1" ] || kill -9 $PPID
        rm -rf $active $given && mkdir -p $given
        sed -n 's/^LoadCredential=[^:]*://p' $units/jetson-agent.service.d/*.conf 2>/dev/null |
            xargs -r cp -t $given
        env $environment {root}/opt/jetson-agent/launcher run && touch $active
        ;;
    show) case $* in *MainPID*) echo 7 ;; *" Environment "*) echo "$environment" ;; *) echo serving ;; esac ;;
esac
"""

_INSTALL = """#!/bin/sh
for place; do :; done
case $place in
    "$(cat {root}/cut 2>/dev/null || echo none)"*) rm -f "$place" && : >"$place" && kill -9 $PPID ;;
    *) PATH={path} exec install "$@" ;;
esac
"""

_LOGGED = """#!/bin/sh
echo "$(basename "$0") $*" >>{root}/calls.log
PATH={path} exec "$(basename "$0")" "$@"
"""

_SCRIPTS = {
    "systemctl": _SYSTEMCTL,
    "install": _INSTALL,
    "sync": _LOGGED,
    "mv": _LOGGED,
    "python": _PYTHON,
    "journalctl": "#!/bin/sh\n",
    "systemd-sysusers": "#!/bin/sh\n",
    "systemd-tmpfiles": "#!/bin/sh\nmkdir -p {root}/etc/jetson-agent/credentials {root}/var/lib/jetson-agent\n",
    "chown": "#!/bin/sh\n",
    "id": "#!/bin/sh\necho 0\n",
    "stat": "#!/bin/sh\ncat {root}/owner\n",
    "getent": "#!/bin/sh\nexit 2\n",
    "cp": '#!/bin/sh\n[ "$1" != -a ] || [ ! -e {root}/full ] || exit 1\nPATH={path} exec cp "$@"\n',
}


class FakeMachine:
    """Its folders, and what runs there.

    Args:
        folder: Where it is; empty.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "machine"
        self.opt = self.root / "opt/jetson-agent"
        self.state = self.root / "var/lib/jetson-agent"
        self.config = self.root / "etc/jetson-agent/agent.yaml"
        self.credentials = self.root / "etc/jetson-agent/credentials"
        self._bundle = folder / "bundle"
        self._bin = folder / "bin"
        self._bin.mkdir()
        for name, text in _SCRIPTS.items():
            script = self._bin / name
            script.write_text(text.format(root=self.root, given=_GIVEN, python=sys.executable, path=os.defpath))
            script.chmod(0o755)
        for part in ("deploy", "systemd"):
            shutil.copytree(_REPOSITORY / part, self._bundle / part)
        for script in (*(self._bundle / "deploy").rglob("*.sh"), self._bundle / "deploy/launcher"):
            script.write_text(_OF_THE_SYSTEM.sub(rf"{self.root}/\1/", script.read_text()))
        for place in ("agent", "wheels"):
            (self._bundle / place).mkdir()
        self.name("orin-7")
        (self._bundle / "requirements.lock").touch()
        (self._bundle / "machine").write_text(platform.machine())
        self.bring_python("0.0")

    def install(
        self, version: str, *arguments: str, knows: int = 1, run: str = "", refused_key: str = "no_such_key"
    ) -> subprocess.CompletedProcess[str]:
        """Run the installer of a release; both its outputs are in `stdout`.

        Args:
            version: The release.
            arguments: Of the installer, more than `--offline`.
            knows: The version of the journal that its agent knows and makes.
            run: What its agent does after that, in shell: `exit 1` is one that does not start.
            refused_key: A key of the configuration that it does not take.
        """
        (self._bundle / "agent/__init__.py").write_text(f'__version__ = "{version}"\n')
        (self._bundle / "wheels/jetson_agent-0-py3-none-any.whl").write_text(
            _AGENT.format(root=self.root, version=version, knows=knows, run=run, refused_key=refused_key)
        )
        return self._run("install.sh", "--offline", str(self._bundle), *arguments)

    def uninstall(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the uninstaller; both its outputs are in `stdout`."""
        return self._run("uninstall.sh", *arguments)

    def _run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", self._bundle / "deploy" / script, *arguments],
            env={"PATH": f"{self._bin}:{os.defpath}", "PYTHON": str(self._bin / "python")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def name(self, hostname: str) -> None:
        """Give the machine a name."""
        (self.root / "etc").mkdir(parents=True, exist_ok=True)
        (self.root / "etc/hostname").write_text(f"{hostname}\n")

    def move_state(self, folder: Path, *, owner: str = "jetson-agent") -> None:
        """With `systemctl edit` the unit gets another state directory, somebody's."""
        folder.mkdir()
        self.state = folder
        edited = self.root / "etc/systemd/system/jetson-agent.service.d/override.conf"
        edited.parent.mkdir(parents=True, exist_ok=True)
        edited.write_text(f"[Service]\nEnvironment=HOME=/ JETSON_AGENT__STATE_DIR={folder} X=1\n")
        (self.root / "owner").write_text(owner)

    def bring_python(self, version: str) -> None:
        """The machine has this Python, and bundles are for it."""
        for place in (self._bundle, self.root):
            (place / "python").write_text(version)

    def bring(self, release: str, *, run: str, link: str = "good") -> None:
        """An update is good, or on trial: a release that ends so, in shell, once it runs."""
        programs = self.state / "fleet/releases" / release / "venv/bin"
        programs.mkdir(parents=True)
        for part in ("python", "jetson-agent"):
            (programs / part).write_text(
                _AGENT.format(root=self.root, version=release, knows=3, run=run, refused_key="-")
            )
            (programs / part).chmod(0o755)
        (programs.parents[1] / ".complete").touch()
        (self.state / "fleet" / link).symlink_to(f"releases/{release}")

    def change(self, file: str) -> None:
        """Another version of a file comes with the next release."""
        with (self._bundle / file).open("a") as opened:
            opened.write("# another version\n")

    @property
    def is_active(self) -> bool:
        """Whether the service runs."""
        return (self.root / "active").exists()

    @property
    def current(self) -> str:
        """The release that the link names."""
        return (self.opt / "current").readlink().name

    def journal(self) -> dict[str, str]:
        """The files of the journal."""
        return {file.name: file.read_text() for file in self.state.glob("journal.db*")}

    def handed_over(self) -> dict[str, str]:
        """The credentials that the service was started with, but for the device's key."""
        given = (self.root / _GIVEN).iterdir()
        return {file.name: file.read_text() for file in given if file.name != "device.key"}

    def fill_disk(self) -> None:
        """The journal cannot be copied from now on."""
        (self.root / "full").touch()

    def cut_power_at(self, place: Path) -> None:
        """From now on the power goes while `install` writes this file, whatever is added to its name."""
        (self.root / "cut").write_text(str(place))

    def cut_power_before_start(self) -> None:
        """From now on the power goes when the installer is about to start what it has switched to."""
        (self.root / "cut").write_text("restart")

    def boot(self) -> None:
        """The power is back; the service is started, as on every boot."""
        (self.root / "cut").unlink()
        subprocess.run([self._bin / "systemctl", "start", "jetson-agent.service"], check=False)

    def calls(self) -> list[list[str]]:
        """Of `systemctl`, `sync` and `mv` since the last time, each with its arguments."""
        log = self.root / "calls.log"
        calls = [line.split() for line in log.read_text().splitlines()]
        log.unlink()
        return calls

    def asked_of_systemd(self) -> list[str]:
        """What `systemctl` was called with since the last time."""
        return [" ".join(arguments) for tool, *arguments in self.calls() if tool == "systemctl"]
