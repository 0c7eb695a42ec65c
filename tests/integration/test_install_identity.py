"""Who a device is after deploy/install.sh, and whose updates it takes; on a machine of the test."""

import subprocess
from pathlib import Path

import pytest
import yaml
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root

from agent.config_file import load_config
from tests.fake_machine import FakeMachine

_URL = "https://updates.plant.local/fleet"
_USAGE = 64
_CONFIG_IS_WRONG = 78


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture
def root_file(tmp_path: Path) -> Path:
    """A root of trust, signed by its own key."""
    signer = CryptoSigner.generate_ed25519()
    root = Root()
    root.add_key(signer.public_key, Root.type)
    metadata = Metadata(root)
    metadata.sign(signer)
    file = tmp_path / "first.json"
    metadata.to_file(str(file))
    return file


def test_the_device_has_the_name_of_the_machine(machine: FakeMachine) -> None:
    machine.install("1")
    assert _config(machine)["device"] == {"id": "orin-7"}


@pytest.mark.parametrize("hostname", ["12345", "007", "null", "1_0"])
def test_a_name_that_yaml_takes_for_something_else_is_a_name(machine: FakeMachine, hostname: str) -> None:
    machine.name(hostname)
    machine.install("1")
    assert load_config(machine.config, {}).device.id == hostname


def test_the_name_stays_when_the_machine_gets_another(machine: FakeMachine) -> None:
    machine.install("1")
    machine.name("orin-8")
    machine.install("1")
    assert _config(machine)["device"] == {"id": "orin-7"}
    assert _subject(machine) == "orin-7"


def test_a_name_that_every_device_has_gives_way_to_the_serial_number(machine: FakeMachine) -> None:
    machine.name("tegra-ubuntu")
    serial = machine.root / "proc/device-tree/serial-number"
    serial.parent.mkdir(parents=True)
    serial.write_bytes(b"1421323012345\0")
    machine.install("1")
    assert _config(machine)["device"] == {"id": "jetson-1421323012345"}


def test_without_a_serial_number_it_is_made_of_the_machines_id_which_stays_secret(machine: FakeMachine) -> None:
    machine.name("localhost")
    (machine.root / "etc/machine-id").write_text("4c8a1f0e2b6d4a7f9d3e5c1b0a9f8e7d\n")
    machine.install("1")
    made = str(_config(machine)["device"]["id"]).removeprefix("jetson-")
    assert len(made) == 12
    assert made not in "4c8a1f0e2b6d4a7f9d3e5c1b0a9f8e7d"


def test_the_key_is_roots_alone_and_stays(machine: FakeMachine) -> None:
    machine.install("1")
    key = machine.credentials / "device.key"
    made = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    machine.asked_of_systemd()
    again = machine.install("1")
    assert key.read_bytes() == made
    assert "nothing has changed" in again.stdout
    assert "device.key" not in again.stdout


def test_the_request_is_for_the_devices_name_and_its_key(machine: FakeMachine) -> None:
    done = machine.install("1")
    assert _subject(machine) == "orin-7"
    of_key = _openssl("pkey", "-in", str(machine.credentials / "device.key"), "-pubout")
    assert _openssl("req", "-in", str(_request(machine)), "-noout", "-verify", "-pubkey").endswith(of_key)
    assert "openssl x509 -req -in device.csr" in done.stdout


def test_a_name_that_is_changed_in_the_configuration_makes_another_request(machine: FakeMachine) -> None:
    machine.install("1")
    key = (machine.credentials / "device.key").read_bytes()
    machine.config.write_text(machine.config.read_text().replace("'orin-7'", "'press-3'"))
    machine.install("1")
    assert _subject(machine) == "press-3"
    assert (machine.credentials / "device.key").read_bytes() == key


def test_a_fleet_is_written_into_the_configuration(machine: FakeMachine, root_file: Path) -> None:
    done = machine.install(
        "1", "--fleet-url", _URL, "--fleet-root", str(root_file), "--channel", "canary", "--group", "hall-5"
    )
    assert done.returncode == 0, done.stdout
    assert _config(machine)["fleet"] == {"url": _URL, "root": "root.json", "channel": "canary", "group": "hall-5"}
    assert (machine.config.parent / "root.json").read_bytes() == root_file.read_bytes()


def test_the_same_fleet_again_changes_nothing(machine: FakeMachine, root_file: Path) -> None:
    arguments = ("--fleet-url", _URL, "--fleet-root", str(root_file))
    machine.install("1", *arguments)
    config = machine.config.read_text()
    done = machine.install("1", *arguments)
    assert "nothing has changed" in done.stdout
    assert machine.config.read_text() == config


def test_another_fleet_does_not_take_the_place_of_the_first(machine: FakeMachine, root_file: Path) -> None:
    machine.install("1", "--fleet-url", _URL, "--fleet-root", str(root_file))
    before = (machine.config.read_text(), (machine.config.parent / "root.json").read_bytes())
    other = root_file.with_name("other.json")
    other.write_text("{}")
    done = machine.install("1", "--fleet-url", "https://elsewhere.local/", "--fleet-root", str(other))
    assert "which stays as it is" in done.stdout
    assert (machine.config.read_text(), (machine.config.parent / "root.json").read_bytes()) == before


def test_a_root_of_trust_that_was_changed_is_refused(machine: FakeMachine, root_file: Path) -> None:
    root = Metadata[Root].from_file(str(root_file))
    root.signed.version = 2
    root.to_file(str(root_file))
    done = machine.install("1", "--fleet-url", _URL, "--fleet-root", str(root_file))
    assert done.returncode == 1
    assert "no root of trust" in done.stdout
    assert "fleet" not in _config(machine)


def test_a_section_that_the_release_refuses_is_not_written(machine: FakeMachine, root_file: Path) -> None:
    machine.install("1")
    before = machine.config.read_text()
    arguments = ("--fleet-url", _URL, "--fleet-root", str(root_file), "--group", "hall-5")
    done = machine.install("2", *arguments, refused_key="group")
    assert done.returncode == _CONFIG_IS_WRONG
    assert machine.config.read_text() == before
    assert not (machine.config.parent / "root.json").exists()
    assert machine.current == "1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fleet-url", _URL),
        ("--channel", "stable"),
        ("--fleet-url", "https://a.local/'\nbroker: {}", "--fleet-root", "ROOT"),
        ("--fleet-root",),
    ],
)
def test_half_a_fleet_is_refused_before_anything_is_done(
    machine: FakeMachine, root_file: Path, arguments: tuple[str, ...]
) -> None:
    done = machine.install("1", *(str(root_file) if it == "ROOT" else it for it in arguments))
    assert done.returncode == _USAGE
    assert not machine.opt.exists()


def _config(machine: FakeMachine) -> dict[str, dict[str, object]]:
    config: dict[str, dict[str, object]] = yaml.safe_load(machine.config.read_text())
    return config


def _request(machine: FakeMachine) -> Path:
    return machine.config.parent / "device.csr"


def _subject(machine: FakeMachine) -> str:
    said = _openssl("req", "-in", str(_request(machine)), "-noout", "-subject", "-nameopt", "RFC2253")
    return said.strip().removeprefix("subject=CN=")


def _openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True, timeout=30).stdout
