"""Installing and removing: each check says what was seen, or raises AssertionError."""

import shutil
import time
import zipfile
from pathlib import Path

from tests.systemd.installed import CONFIG, Installed

_INSTALLER = "/root/jetson-agent/deploy/install.sh"
_UNINSTALLER = "/root/jetson-agent/deploy/uninstall.sh"
_BUNDLE = "/root/jetson-agent"
_JOURNAL_OF_A_NEWER_AGENT = """
import sqlite3
sqlite3.connect("/var/lib/jetson-agent/journal.db").execute("PRAGMA user_version = 1000")
raise SystemExit(1)
"""


def dry_run_changes_nothing(it: Installed) -> str:
    """Nothing is there afterwards."""
    it.container.run(_INSTALLER, "--dry-run", "--offline", _BUNDLE)
    left = [place for place in ("opt/jetson-agent", "etc/jetson-agent") if (it.container.root / place).exists()]
    assert not left, left
    return "no file"


def install_starts_and_asks(it: Installed) -> str:
    """From a bundle, without a network; returns when the service takes prompts."""
    began = time.monotonic()
    said = it.container.run(_INSTALLER, "--offline", _BUNDLE)
    assert "a test prompt was answered: Yes, the door is open." in said, said
    assert it.show("ActiveState") == "active"
    request = ("req", "-in", "/etc/jetson-agent/device.csr", "-noout", "-verify", "-subject", "-nameopt", "RFC2253")
    asked = it.container.run("openssl", *request)
    assert "CN=orin-7" in asked, asked
    return f"{time.monotonic() - began:.0f} s; {it.show('StatusText')}"


def install_again_changes_nothing(it: Installed) -> str:
    """The same files, the same process."""
    pid, files = it.pid, _files(it)
    said = it.container.run(_INSTALLER, "--offline", _BUNDLE)
    assert "nothing has changed" in said, said
    assert it.pid == pid
    assert _files(it) == files
    return f"pid {pid} as before, {len(files)} files as before"


def release_that_does_not_start_gives_way(it: Installed) -> str:
    """To the one before, which can read its journal again."""
    current = it.current_release
    said = _install_with(it, "agent/service.py", _JOURNAL_OF_A_NEWER_AGENT)
    assert f"the one before, {current}, is back" in said, said
    assert it.current_release == current
    it.wait_serving()
    return f"{current} serves again; {it.answers()!r}"


def update_with_a_wrong_config_changes_nothing(it: Installed) -> str:
    """The release that is there runs on."""
    current, pid = it.current_release, it.pid
    config = it.container.root / CONFIG.removeprefix("/")
    right = config.read_text()
    config.write_text(right + "\nno_such_key: 1\n")
    said = _install_with(it, "agent/service.py", _JOURNAL_OF_A_NEWER_AGENT)
    config.write_text(right)
    assert "the configuration is wrong" in said, said
    assert (it.current_release, it.pid) == (current, pid)
    return f"{current} runs on, pid {pid} as before"


def secrets_are_roots_alone(it: Installed) -> str:
    """A password that only root can read reaches the agent through systemd, and the broker lets it in."""
    root = it.container.root
    (root / "etc/mosquitto/conf.d/password.conf").write_text(
        "per_listener_settings true\nlistener 1883 localhost\nallow_anonymous true\n"
        "listener 1884 localhost\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n"
    )
    it.container.run("mosquitto_passwd", "-c", "-b", "/etc/mosquitto/passwords", "orin-7", "s3cret")
    it.container.run("chown", "mosquitto", "/etc/mosquitto/passwords")
    it.container.run("systemctl", "restart", "mosquitto")
    secret = root / "etc/jetson-agent/credentials/password"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    config = root / CONFIG.removeprefix("/")
    config.write_text(
        config.read_text().replace(
            "  host: localhost\n",
            "  host: localhost\n  port: 1884\n  user: orin-7\n  password_file: credentials/password\n",
        )
    )
    it.container.run(_INSTALLER, "--offline", _BUNDLE)
    it.wait_serving()
    user = it.show("User")
    refused = it.container.run(
        "runuser", "-u", user, "--", "cat", "/etc/jetson-agent/credentials/password", check=False
    )
    assert "Permission denied" in refused, refused
    return f"connected with it; {user} itself: Permission denied"


def changed_secret_counts_when_installed_again(it: Installed) -> str:
    """A password that has changed under its name; one that has not leaves the process alone."""
    before = it.pid
    it.container.run("mosquitto_passwd", "-b", "/etc/mosquitto/passwords", "orin-7", "n3w")
    it.container.run("systemctl", "restart", "mosquitto")
    (it.container.root / "etc/jetson-agent/credentials/password").write_text("n3w\n")
    said = it.container.run(_INSTALLER, "--offline", _BUNDLE)
    assert "n3w" not in said, said
    it.wait_serving()
    pid = it.pid
    assert pid != before
    said = it.container.run(_INSTALLER, "--offline", _BUNDLE)
    assert "nothing has changed" in said, said
    assert it.pid == pid
    return f"started again with it; the next time pid {pid} as before"


def uninstall_leaves_what_it_says(it: Installed) -> str:
    """And with --purge nothing, also where the unit has another state directory."""
    state = it.container.root / "srv/agent"
    (state / "fleet/releases").mkdir(parents=True)
    it.container.run("chown", "-R", "jetson-agent:", "/srv/agent")
    it.configure_unit("Environment=JETSON_AGENT__STATE_DIR=/srv/agent\nReadWritePaths=/srv/agent")
    said = it.container.run(_UNINSTALLER)
    assert not (state / "fleet").exists(), "releases of updates are left"
    assert (state / "journal.db").exists(), "the journal is gone"
    left = _left(it)
    kept = {"/etc/jetson-agent", "/var/lib/jetson-agent", "/etc/systemd/system/jetson-agent.service.d"}
    assert left == kept, left
    assert all(place in said for place in (*kept, "/srv/agent")), said
    it.container.run(_UNINSTALLER, "--purge")
    assert not _left(it), _left(it)
    assert not state.exists(), "the state is left"
    assert not it.container.run("getent", "passwd", "jetson-agent", check=False)
    return "without --purge configuration, state and an edited unit; with it nothing"


def _install_with(it: Installed, module: str, text: str) -> str:
    """Install a release, in one of whose modules there is this; what the installer said."""
    bundle = it.container.root / "root/broken"
    it.container.run("cp", "-r", _BUNDLE, "/root/broken")
    (wheel,) = (bundle / "wheels").glob("jetson_agent-*.whl")
    right_wheel = it.container.root / _BUNDLE.removeprefix("/") / "wheels" / wheel.name
    with zipfile.ZipFile(right_wheel) as right, zipfile.ZipFile(wheel, "w") as broken:
        for name in right.namelist():
            broken.writestr(name, text if name == module else right.read(name))
    said = it.container.run("/root/broken/deploy/install.sh", "--offline", "/root/broken", check=False)
    shutil.rmtree(bundle)
    return said


def _files(it: Installed) -> dict[str, float]:
    """With the times of their last change."""
    places = ("opt/jetson-agent", "etc/jetson-agent", "etc/systemd/system", "etc/sysusers.d", "etc/tmpfiles.d")
    files = [file for place in places for file in (it.container.root / place).rglob("*")]
    return {str(file): file.lstat().st_mtime for file in files}


def _left(it: Installed) -> set[str]:
    """What has the agent's name, outside of what the test itself put there."""
    root = it.container.root
    places = ("etc", "etc/systemd/system", "etc/sysusers.d", "etc/tmpfiles.d", "opt", "usr/local/bin", "usr/libexec")
    folders = [root / place for place in (*places, "var/lib", "etc/systemd/system/multi-user.target.wants")]
    found: set[Path] = {file for folder in folders for file in folder.glob("*jetson-agent*")}
    return {f"/{file.relative_to(root)}" for file in found}
