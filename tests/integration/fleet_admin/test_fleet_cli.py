"""The command line of a fleet, from nothing to a release that went back."""

import re
import socket
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli import cli
from tests.fleet.workshop import make_wheels

COMMANDS = (
    "init",
    "add-channel",
    "publish",
    "promote",
    "unpin",
    "rollout",
    "status",
    "rollback",
    "rotate-keys",
    "refresh",
    "check",
)


def _fleet(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["fleet", *map(str, arguments)], input=typed, catch_exceptions=False)


@pytest.fixture
def secret(tmp_path: Path) -> tuple[str, Path]:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    return "--passphrase-file", file


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", "", text).split())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_teaches(command: str) -> None:
    page = _plain(_fleet(command, "--help").stdout)
    assert "Examples:" in page
    assert f"jetson-agent fleet {command}" in page
    assert f" {command} " in _plain(_fleet("--help").stdout)


def test_a_fleet_of_one(tmp_path: Path, secret: tuple[str, Path]) -> None:
    fleet = tmp_path / "fleet"
    told = _fleet("init", fleet, "--channel", "stable", "--root-keys", "1", "--root-threshold", "1", *secret)
    assert told.exit_code == 0, told.stderr
    assert f"{fleet}/repository  give this folder, and nothing else, to a web server" in told.stdout
    assert f"{fleet}/keys/root  1 keys, 1 of which sign" in told.stdout
    wheels, lock = make_wheels(tmp_path)
    release = ("--wheels", wheels, "--lock", lock, *secret)
    for name in ("one", "two"):
        told = _fleet("publish", fleet, "--name", name, *release)
        assert told.exit_code == 0, told.stderr
        assert f"{name} is published: agent 1.2.3, 2 wheels for aarch64, 0 models, 0 canaries" in told.stdout
        assert "No canary" in told.stderr
        told = _fleet("promote", fleet, name, "--channel", "stable", *secret)
        assert told.stdout == f"channels/stable: {name}, for 100.0% of the devices\n"
    assert "two was published already" in _fleet("publish", fleet, "--name", "two", *release).stdout
    assert _fleet("rollback", fleet, "--channel", "stable", *secret).stdout == "channels/stable: one, for all devices\n"
    _fleet("promote", fleet, "two", "--device", "press-7", *secret)
    assert _fleet("unpin", fleet, "--device", "press-7", *secret).stdout == (
        "devices/press-7: two no longer; its group or its channel is followed again\n"
    )
    assert _fleet("refresh", fleet, *secret).stdout == "nothing is due\n"
    told = _fleet("rotate-keys", fleet, "--role", "channel:stable", *secret)
    assert told.stdout == (
        f"channel:stable is signed by channel-stable-2 from now on: {fleet}/keys/channel-stable-2.pem\n"
        "channel-stable-1 counts no more: destroy channel-stable-1.pem and its copies\n"
    )
    assert "take it with" in _fleet("add-channel", fleet, "canary", *secret).stdout.replace("devices ", "")
    told = _fleet("check", fleet)
    assert told.exit_code == 0, told.stderr
    assert "2 releases, " in told.stdout
    assert told.stdout.endswith("all is signed and whole\n")


def test_a_wrong_fragment_is_not_published(tmp_path: Path, secret: tuple[str, Path]) -> None:
    fleet, fragment = tmp_path / "fleet", tmp_path / "fragment.yaml"
    _fleet("init", fleet, *secret)
    wheels, lock = make_wheels(tmp_path)
    fragment.write_text("log_levle: INFO\n")
    parts = ("--wheels", wheels, "--lock", lock, "--config", fragment, *secret)
    told = _fleet("publish", fleet, "--name", "one", *parts)
    assert told.exit_code == 1
    assert "no device would start with this configuration: " in _plain(told.stderr)
    assert not [file for file in (fleet / "repository" / "blobs").rglob("*") if file.is_file()]
    fragment.write_text("log_level: INFO\n")
    assert _fleet("publish", fleet, "--name", "one", *parts).exit_code == 0


def test_what_a_web_server_has_to_read_is_for_all_and_keys_are_not(tmp_path: Path, secret: tuple[str, Path]) -> None:
    fleet = tmp_path / "fleet"
    _fleet("init", fleet, *secret)
    wheels, lock = make_wheels(tmp_path)
    _fleet("publish", fleet, "--name", "one", "--wheels", wheels, "--lock", lock, *secret)
    served = [file for file in (fleet / "repository").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in served} == {0o644}
    keys = list((fleet / "keys").rglob("*.pem"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys} == {0o600}
    assert len(keys) == 3 + 3 + 3 + 2
    assert stat.S_IMODE((fleet / "keys").stat().st_mode) == 0o700


def test_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    told = _fleet("init", fleet, typed="correct horse\ncorrect horse\n")
    assert told.exit_code == 0, told.stderr
    told = _fleet("add-channel", fleet, "canary", typed="wrong horse\ncorrect horse\n")
    assert told.exit_code == 0, told.stderr
    assert told.stderr.count("Passphrase of the key timestamp-1") == 2
    assert told.stderr.count("That is not the passphrase of the key timestamp-1\n") == 1
    # The new key has the passphrase that opened the others, not the one that was mistyped.
    assert _fleet("rotate-keys", fleet, "--role", "channel:canary", typed="correct horse\n").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("check", "{none}"), 1, "is no fleet's repository: jetson-agent fleet init makes one"),
        (("rollback", "{none}", "--channel", "stable"), 1, "is no fleet's repository"),
        (("promote", "{fleet}", "none", "--channel", "stable"), 1, "no release none: jetson-agent fleet publish"),
        (("promote", "{fleet}", "none"), 1, "One of --channel NAME, --group NAME and --device ID"),
        (("promote", "{fleet}", "none", "--channel", "stable", "--share", "5"), 2, "a share is 0 to 1"),
        (("promote", "{fleet}", "../x", "--channel", "stable"), 2, "a release's name"),
        (("unpin", "{fleet}"), 1, "One of --group NAME and --device ID"),
        (("unpin", "{fleet}", "--device", "press-7"), 1, "devices/press-7 has no release of its own"),
        (("rollback", "{fleet}", "--channel", "none"), 1, "there is no channel none"),
        (("rollback", "{fleet}", "--channel", "stable"), 1, "names one"),
        (("rotate-keys", "{fleet}", "--role", "none"), 1, "it is one of root, targets, snapshot, timestamp"),
        (("rotate-keys", "{fleet}", "--role", "root"), 1, "--replace NAME: one of root-1, root-2, root-3"),
        (("rollout", "{fleet}", "one", "--channel", "stable", "--phases", "50,10,100"), 2, "phases are per cent"),
        (("rollout", "{fleet}", "one", "--channel", "stable", "--hold", "60"), 2, "a duration has a unit"),
        (("init", "{fleet}"), 1, "has a fleet already"),
        (("init", "{none}", "--root-threshold", "4"), 1, "4 of 3 keys cannot sign"),
        (("status", "--broker", "127.0.0.1:none", "--once"), 2, "a broker is HOST or HOST:PORT"),
    ],
)
def test_what_cannot_be_done_is_told(
    tmp_path: Path, secret: tuple[str, Path], arguments: tuple[str, ...], code: int, says: str
) -> None:
    fleet = tmp_path / "fleet"
    _fleet("init", fleet, *secret)
    filled = [part.format(fleet=fleet, none=tmp_path / "none") for part in arguments]
    asks = arguments[0] in ("check", "status")
    told = _fleet(*filled, *(() if asks else secret))
    assert told.exit_code == code, told.output
    assert says in _plain(told.stderr)
    assert "Traceback" not in told.stderr


def test_a_broker_that_nobody_named_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    monkeypatch.setenv("JETSON_AGENT__BROKER__HOST", "127.0.0.1")
    monkeypatch.setenv("JETSON_AGENT__BROKER__PORT", port)
    told = _plain(_fleet("status", "--once").stderr)
    assert f"no broker at 127.0.0.1:{port}: " in told
    assert told.endswith("--broker HOST[:PORT], or -c FILE")
    assert "--broker" not in _fleet("status", "--once", "--broker", f"127.0.0.1:{port}").stderr


def test_a_short_or_a_wrong_passphrase(tmp_path: Path, secret: tuple[str, Path]) -> None:
    fleet, short = tmp_path / "fleet", tmp_path / "short"
    short.write_text("short\n")
    told = _fleet("init", fleet, "--passphrase-file", short)
    assert told.exit_code == 1
    assert "at least 8 characters" in told.stderr
    assert not fleet.exists()
    assert _fleet("init", fleet, *secret).exit_code == 0
    told = _fleet("add-channel", fleet, "canary", "--passphrase-file", short)
    assert told.exit_code == 1
    assert f"the passphrase in {short} is not that of the key" in told.stderr
