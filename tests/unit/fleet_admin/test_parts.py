"""What a release is made of, and what is refused of it."""

from pathlib import Path

import pytest

from agent.fleet.values import Canary
from agent.fleet_admin.demands import USUAL_PROOF, check_fragment, read_canaries, read_proof
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.wheelhouse import read_wheelhouse
from agent.journal import schema
from agent.journal.schema import MAJOR
from tests.fleet.workshop import AGENT, LIBRARY, agent_wheel, make_wheels


def test_a_wheelhouse_says_its_version_and_its_machines(tmp_path: Path) -> None:
    wheels, lock = make_wheels(tmp_path)
    found = read_wheelhouse(wheels, lock)
    assert [wheel.name for wheel in found.wheels] == [AGENT, LIBRARY]
    assert (found.version, found.architectures, found.journal) == ("1.2.3", ("aarch64",), MAJOR)


def test_the_form_of_the_journal_is_read_from_the_agents_wheel(tmp_path: Path) -> None:
    source = Path(schema.__file__).read_text(encoding="utf-8")
    wheels, lock = make_wheels(tmp_path, agent_wheel(schema=source.replace("MAJOR: Final = 1", "MAJOR: Final = 7")))
    assert read_wheelhouse(wheels, lock).journal == 7
    (wheels / AGENT).write_bytes(agent_wheel(schema=source))
    assert read_wheelhouse(wheels, lock).journal == MAJOR


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (b"no wheel", "agent/journal/schema.py cannot be read from it: File is not a zip file"),
        (agent_wheel(schema=None), "agent/journal/schema.py cannot be read from it"),
        (agent_wheel(schema="MAJOR ="), "agent/journal/schema.py cannot be read from it"),
        (agent_wheel(schema="MAJOR = 1 + 1"), "does not say which form its journal has"),
    ],
)
def test_an_agent_that_does_not_say_its_journals_form_is_refused(tmp_path: Path, agent: bytes, says: str) -> None:
    wheels, lock = make_wheels(tmp_path, agent)
    with pytest.raises(FleetError, match=says):
        read_wheelhouse(wheels, lock)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (LIBRARY, b"other", "is not in .*: pip on a device would refuse it"),
        ("jetson_agent-2-py3-none-any.whl", b"", "has 2 wheels of jetson-agent"),
        ("nonsense.whl", b"", "nonsense"),
    ],
)
def test_what_pip_would_refuse_is_told(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    wheels, lock = make_wheels(tmp_path)
    (wheels / name).write_bytes(content)
    with pytest.raises(FleetError, match=says):
        read_wheelhouse(wheels, lock)


def test_a_folder_without_wheels_and_a_lock_that_is_not_there(tmp_path: Path) -> None:
    wheels, lock = make_wheels(tmp_path)
    with pytest.raises(FleetError, match="has no wheels"):
        read_wheelhouse(tmp_path, lock)
    with pytest.raises(FleetError, match="No such file"):
        read_wheelhouse(wheels, tmp_path / "none.lock")
    (wheels / AGENT).unlink()
    with pytest.raises(FleetError, match="has 0 wheels of jetson-agent"):
        read_wheelhouse(wheels, lock)


def test_a_folder_that_lacks_what_the_lock_names_is_refused(tmp_path: Path) -> None:
    wheels, lock = make_wheels(tmp_path)
    with lock.open("a") as file:
        file.write("other==2 --hash=sha256:" + "0" * 64 + "\nnever==3 ; sys_platform == 'win32' --hash=sha256:11\n")
    with pytest.raises(FleetError, match=r"names: other==2 for Python 3\.11 on aarch64\. pip on a device would refuse"):
        read_wheelhouse(wheels, lock)
    with lock.open("a") as file:
        file.writelines(f"more-{number}==2\n" for number in range(9))
    with pytest.raises(FleetError, match=r"more-3==2 for Python 3\.11 on aarch64, and more\. pip"):
        read_wheelhouse(wheels, lock)
    (wheels / LIBRARY).unlink()
    with pytest.raises(FleetError, match=r"names: thing==1\.0 for Python 3\.\d+ on aarch64"):
        read_wheelhouse(wheels, lock)


def test_canaries_are_a_list_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "canaries.yaml"
    file.write_text("- {name: capital, prompt: 'The capital of France?', contains: [Paris]}\n")
    assert read_canaries(file) == (Canary("capital", "The capital of France?", 64, ("Paris",)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("capital", "canaries.yaml: must be a list of canaries"),
        ("- {name: a, prompt: b}\n- {name: capital}", "canaries.yaml: canary 2: prompt: is missing"),
        ("- capital", "canary 1: must have a name and a prompt"),
        ("- {name: a, prompt: b, max: 3}", "canary 1: max: is not known here"),
        ("- {name: a, prompt: b, max_tokens: many}", "canary 1: max_tokens: must be a whole number"),
        ("- {name: a, prompt: b, contains: Paris}", r"canary 1: contains: must be a list, such as \[Paris\]"),
        ("- {", "while parsing"),
    ],
)
def test_canaries_that_are_none(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "canaries.yaml"
    file.write_text(text)
    with pytest.raises(FleetError, match=says):
        read_canaries(file)
    with pytest.raises(FleetError, match="No such file"):
        read_canaries(tmp_path / "none.yaml")


def test_a_proof_is_as_usual_but_for_what_is_said() -> None:
    assert read_proof([]) == USUAL_PROOF
    proof = read_proof(["lasts=30min", "least_speed=0.9"])
    assert (proof.lasts, proof.least_speed, proof.within) == (1800.0, 0.9, USUAL_PROOF.within)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("lasts", "lasts: a duration is a number with its unit"),
        ("lasts=30", "lasts: a duration is a number with its unit"),
        ("speed=1", "speed: is not known here"),
        ("least_speed=fast", "least_speed: must be a number"),
        ("most_failures=2", "most_failures: must be at most 1"),
        ("within=0s", "within: must be more than 0"),
    ],
)
def test_a_proof_that_is_none(word: str, says: str) -> None:
    with pytest.raises(FleetError, match=f"--proof: {says}"):
        read_proof([word])


@pytest.mark.parametrize(
    "text", ["log_level: INFO\n", "", "models_dir: /var/lib/models\nbroker: {tls: {ca: /etc/on-the-device.pem}}\n"]
)
def test_a_fragment_of_configuration_that_devices_take(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fragment.yaml"
    file.write_text(text)
    check_fragment(file, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log_level: LOUD\n", "fragment.yaml:1: log_level: "),
        ("log_levle: INFO\n", "fragment.yaml:1: log_levle: "),
        ("broker: {port: many}\n", "fragment.yaml:1: broker.port: "),
        ("- a list\n", "not a configuration"),
    ],
)
def test_a_fragment_of_configuration_that_they_would_refuse(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "fragment.yaml"
    file.write_text(text)
    with pytest.raises(FleetError, match=says):
        check_fragment(file, ())
    with pytest.raises(FleetError, match="no such file"):
        check_fragment(tmp_path / "none.yaml", ())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("routes: {door: {schema: x.json}}", "routes.door.schema"),
        ("routes: {door: {schema: models/other/x.json}}", "routes.door.schema"),
        ("routes: {door: {schema: models/tiny/none.json}}", "routes.door.schema"),
        ("routes: {door: {schema: models/tiny}}", "routes.door.schema"),
        ("routes: {door: {schema: models/tiny/../../x.json}}", "routes.door.schema"),
        ("routes: {door: {schema: models/tiny/.x.json}}", "routes.door.schema"),
        ("broker: {tls: {ca: ca.pem}}", "broker.tls.ca"),
        ("broker: {user: a, password_file: password}", "broker.password_file"),
        ("state_dir: state", "state_dir"),
        ("cameras: {door: {source: clips/door.mp4}}", "cameras.door.source"),
    ],
)
def test_a_fragment_that_names_what_no_release_brings(tmp_path: Path, text: str, key: str) -> None:
    fragment, model = _fragment_and_model(tmp_path, text)
    with pytest.raises(FleetError, match=rf"fragment.yaml: {key}: no device would have "):
        check_fragment(fragment, (model,))


@pytest.mark.parametrize(
    "text",
    [
        "routes: {door: {schema: models/tiny/x.json}}",
        "routes: {door: {schema: /etc/jetson-agent/x.json}}",
        "broker: {user: a, password_file: credentials/password}",
        "cameras: {door: {source: /dev/video0}}",
    ],
)
def test_a_fragment_that_names_what_devices_have(tmp_path: Path, text: str) -> None:
    fragment, model = _fragment_and_model(tmp_path, text)
    check_fragment(fragment, (model,))


def _fragment_and_model(folder: Path, text: str) -> tuple[Path, Path]:
    fragment, model = folder / "fragment.yaml", folder / "tiny"
    fragment.write_text(f"{text}\n")
    model.mkdir()
    for name in ("x.json", ".x.json"):
        (model / name).write_text("{}")
    (folder / "x.json").write_text("{}")
    return fragment, model
