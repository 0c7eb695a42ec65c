"""A rollout and the table of devices, at a real broker with devices that say what the test wants."""

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli import cli
from agent.client import AskError
from agent.config import Broker
from agent.demo.broker import PrivateBroker, free_port
from agent.fleet.layout import channel_target
from agent.fleet.values import Desired, ReleaseName
from agent.fleet_admin import rolling
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.phases import Plan
from agent.fleet_admin.promoting import desired_now
from agent.fleet_admin.rolling import Hearing, Rolling
from agent.fleet_admin.rollout_file import Rollout, read_rollout, write_rollout
from agent.units import Ratio, Seconds
from tests.fleet.scripted_devices import ScriptedDevices
from tests.fleet.workshop import Workshop
from tests.waiting import wait_for

NAMES = [f"press-{number}" for number in range(40)]
PHASES = (Ratio(0.1), Ratio(0.5), Ratio(1.0))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def devices(broker: PrivateBroker) -> Iterator[ScriptedDevices]:
    with ScriptedDevices(broker.port, NAMES) as devices:
        devices.are_there(running="one")
        yield devices


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    workshop = Workshop(tmp_path)
    workshop.release("one")
    workshop.publish("two")
    return workshop


class Running:
    """A rollout of `two` in a thread."""

    def __init__(self, workshop: Workshop, port: int, hold: float = 0.0) -> None:
        self.told: list[str] = []
        self.shown = ""
        self.is_done: bool | None = None
        self.error: Exception | None = None
        plan = Plan("stable", ReleaseName("two"), PHASES, Seconds(hold), Ratio(0.1))
        hearing = Hearing(Broker(host="127.0.0.1", port=port), "edge", self.told.append, self._show)
        self._place = workshop.place
        self._rolling = Rolling(workshop.place, workshop.keys(), plan, hearing)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _show(self, what: str) -> None:
        self.shown = what

    def _run(self) -> None:
        try:
            self.is_done = self._rolling.run()
        except (FleetError, AskError) as error:
            self.error = error

    def desired(self) -> Desired:
        desired = desired_now(self._place, channel_target("stable"))
        assert desired is not None
        return desired

    def reaches(self, share: float) -> None:
        wait_for(lambda: (self.desired().release, self.desired().share) == ("two", share), 30, f"{share:.0%}")

    def ends(self) -> None:
        self.thread.join(30)
        assert not self.thread.is_alive()


def test_a_good_release_reaches_all(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, written = time.monotonic(), []

    def write(file: Path, rollout: Rollout) -> None:
        written.append(rollout.phase)
        write_rollout(file, rollout)

    monkeypatch.setattr(rolling, "write_rollout", write)
    running = Running(workshop, broker.port)
    for share in PHASES:
        running.reaches(share)
        for name in devices.below(share, "two"):
            devices.report(name, "two", "proving")
            devices.report(name, "two", "committed", running="two")
    running.ends()
    assert (running.is_done, running.error) == (True, None)
    assert running.desired().share == 1.0
    assert len([line for line in running.told if "is for" in line]) == 3
    seldom = 1 + (time.monotonic() - began) / 10
    assert len(PHASES) < len(written) <= len(PHASES) + 1 + seldom, "not at each message"


def test_a_bad_release_goes_back_in_its_first_phase(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices
) -> None:
    running = Running(workshop, broker.port)
    running.reaches(0.1)
    first = devices.below(0.1, "two")
    assert 0 < len(first) < 10
    devices.report(first[0], "two", "rolled_back")
    running.ends()
    assert running.is_done is False
    assert running.desired() == Desired(ReleaseName("one"), Ratio(1.0), "one", urgent=True, back=True)
    assert running.told[-2] == f"{first[0]}: rolled_back of two"
    assert running.told[-1].startswith(f"stopped: 1 of {len(first)} devices failed at 10%, and 10.0% of them may")
    rollout = read_rollout(workshop.place.rollouts / "stable.json")
    assert rollout is not None
    assert rollout.state == "gone_back"
    assert first[0] in [seen.device for seen in rollout.devices if seen.state == "rolled_back"]


def test_one_that_has_gone_back_does_not_begin_anew(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices
) -> None:
    running = Running(workshop, broker.port)
    running.reaches(0.1)
    devices.report(devices.below(0.1, "two")[0], "two", "rolled_back")
    running.ends()
    signed = _signed(workshop)
    again = Running(workshop, broker.port)
    again.ends()
    assert (again.is_done, again.error) == (False, None)
    file = workshop.place.rollouts / "stable.json"
    assert again.told == [f"this rollout has gone back already. Another attempt begins when {file} is removed"]
    assert _signed(workshop) == signed
    file.unlink()
    other = Running(workshop, broker.port)
    other.reaches(0.1)
    devices.report(devices.below(0.1, "two")[0], "two", "rolled_back")
    other.ends()


def test_one_that_is_done_does_not_begin_anew(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices
) -> None:
    for name in devices.names:
        devices.report(name, "two", "committed", running="two")
    running = Running(workshop, broker.port)
    running.ends()
    signed = _signed(workshop)
    again = Running(workshop, broker.port)
    again.ends()
    assert (again.is_done, len(again.told), _signed(workshop)) == (True, 1, signed)
    workshop.promote("one")
    later = Running(workshop, broker.port)
    later.ends()
    assert "promoted to one meanwhile" in str(later.error)
    assert later.desired().release == "one"


def _signed(workshop: Workshop) -> list[str]:
    return sorted(file.name for file in (workshop.place.folder / "repository/metadata").iterdir())


def test_a_device_that_never_comes_back_from_its_trial_has_failed(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices
) -> None:
    running = Running(workshop, broker.port)
    running.reaches(0.1)
    name = devices.below(0.1, "two")[0]
    devices.report(name, "two", "switching")
    wait_for(lambda: "0 failed" in running.shown, 30, "a decision to wait")
    devices.vanish(name)
    running.ends()
    assert running.is_done is False
    assert "1 lost on trial" in running.told[-3]
    assert running.told[-2].startswith(f"{name}: was switching when it went offline, ")


def test_it_goes_on_after_the_broker_was_away(tmp_path: Path, workshop: Workshop) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    with PrivateBroker(folder) as broker, ScriptedDevices(broker.port, NAMES) as devices:
        devices.are_there(running="one")
        running = Running(workshop, broker.port, hold=0.0)
        running.reaches(0.1)
        broker.stop()
        wait_for(lambda: "away" in running.shown, 30, "words about the broker")
        broker.start()
        for share in PHASES:
            running.reaches(share)
            for name in devices.below(share, "two"):
                devices.report(name, "two", "committed", running="two")
        running.ends()
    assert running.is_done


def test_another_promotion_ends_it(workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices) -> None:
    running = Running(workshop, broker.port)
    running.reaches(0.1)
    workshop.promote("one")
    for name in devices.below(0.1, "two"):
        devices.report(name, "two", "committed", running="two")
    running.ends()
    assert "promoted to one meanwhile" in str(running.error)
    assert running.desired().release == "one"


def test_a_broker_that_is_not_there_changes_nothing(workshop: Workshop) -> None:
    running = Running(workshop, free_port())
    running.ends()
    assert isinstance(running.error, AskError)
    assert running.desired().release == "one"


def test_a_rollout_that_hears_nobody_waits_and_says_so(tmp_path: Path, workshop: Workshop) -> None:
    folder = tmp_path / "quiet"
    folder.mkdir()
    with PrivateBroker(folder) as broker:
        running = Running(workshop, broker.port)
        wait_for(lambda: any(line.startswith("waits: no device of stable is heard") for line in running.told), 30, "it")
        assert running.desired().share == 0.1
        with ScriptedDevices(broker.port, NAMES) as devices:
            devices.are_there(running="one")
            for name in devices.names:
                devices.report(name, "two", "committed", running="two")
            running.ends()
    assert running.is_done
    assert len([line for line in running.told if line.startswith("waits: no device")]) == 1


def _cli(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["fleet", *map(str, arguments)], catch_exceptions=False)


def test_an_interrupted_rollout_goes_on_with_the_same_command(
    workshop: Workshop, broker: PrivateBroker, devices: ScriptedDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = workshop.folder / "passphrase"
    secret.write_text("correct horse\n")
    command = ("rollout", workshop.place.folder, "two", "--channel", "stable", "--phases", "10,100", "--hold", "0s")
    where = ("--broker", f"127.0.0.1:{broker.port}", "--passphrase-file", secret)
    first = devices.below(0.1, "two")
    with monkeypatch.context() as patch:
        patch.setattr(Rolling, "_follow", _interrupted)
        result = _cli(*command, *where)
    assert result.exit_code == 130
    assert "two is for 10% of stable now" in result.stderr
    assert "the same command goes on" in result.stderr
    other = _cli(*command[:-2], "--hold", "1h", *where)
    assert other.exit_code == 1
    assert "a rollout of two to stable is not over" in other.stderr
    for name in devices.names:
        devices.report(name, "two", "committed", running="two")
    result = _cli(*command, *where)
    assert result.exit_code == 0, result.stderr
    assert "goes on at 10%" in result.stderr
    assert result.stdout == "two is for all of stable\n"
    assert first


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_table_of_devices(broker: PrivateBroker, devices: ScriptedDevices) -> None:
    devices.report("press-3", "two", "rolled_back", running="one")
    devices.report("press-5", "two", "downloading", running="one")
    devices.vanish("press-4")
    arguments = ("status", "--broker", f"127.0.0.1:{broker.port}")
    result = _cli(*arguments, "--once")
    assert result.exit_code == 0, result.stderr
    lines = [re.sub(r"\s+", " ", line) for line in result.stdout.splitlines()]
    assert lines[0].startswith("device channel release update state since (UTC) failed")
    assert lines[1].startswith("press-3 stable one two rolled_back")
    assert lines[2].startswith("press-5 stable one two downloading")
    counts = lines[-3].removeprefix("40 devices: ").split(", ")
    assert sorted(counts) == ["1 downloading", "1 offline", "1 rolled_back", "37 idle"]
    assert lines[-1] == "press-3: rolled_back: rolled_back of two"
    seen = {one["device"]: one for one in json.loads(_cli(*arguments, "--json").stdout)}
    assert len(seen) == 40
    assert (seen["press-3"]["release"], seen["press-3"]["state"]) == ("two", "rolled_back")
    assert seen["press-4"]["is_online"] is False
    live = _cli(*arguments)
    assert live.exit_code == 1
    assert "--once prints it once" in live.stderr
