"""Frames, as text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.top.frame import frame
from agent.top.watch import Watch
from agent.units import Seconds
from tests.boards import BOARDS, BoardTree
from tests.unit.top.values import GOVERNED, received, row, telemetry, text, watching

NARROW = """\
edge/orin-7  JetPack 6.2  up 16 min 40 s  NVIDIA Jetson Orin Nano Engineering R…
online  edge-tiny  agent 0.1.0  at broker:1883  told 3 s ago

power     6.65 W of 7.00 W  ███████████████████░  95 %
          ▅█  mean 6.65 W, peak 7.65 W
governor  limited, pacing keeps 7 W, duty 62 %, at most 2 running, up to edge-t…
heat      tj-thermal      51.0 °C of 99 °C  █████░░░░░
          soc2 50.8, soc1 50.5, soc0 50.2, cv2 50.0, cv1 49.8, cv0 49.5, gpu 49…
memory    3.6 of 7.3 GiB available  █████░░░░░  50 % used
model     predicted 2.00 GiB, measured 1.50 GiB, budget 3.00 GiB, context 4096
gpu       17000000.gpu, 306 MHz, 25 % busy

queue     2 waiting, 1 running, 3 answered, 1 error (1 too_large)
speed     3.0 tokens/s, first token 200 ms (95 %: 300 ms), next 50 ms
energy    15.23 kJ in all, requests 6.23 kJ, idle 9.00 kJ, edge-tiny 0.45 J/tok…
link      lost 4 times, 5 messages wait for the broker

requests  id                            tokens     time tokens/s    energy
          door-17                        42+17   640 ms     31.1     5.9 J
          door-18                         40+9    1.5 s        -         - (no …
          door-19                       deadline_exceeded

events    none since this view began"""

WIDE = """\
edge/orin-7  JetPack 6.2  up 16 min 40 s  NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super
online  edge-tiny  agent 0.1.0  at broker:1883  told 3 s ago

power     6.65 W of 7.00 W  ███████████████████░  95 %       queue     2 waiting, 1 running, 3 answered, 1 error (1
          ▅█  mean 6.65 W, peak 7.65 W                                 too_large)
rails     VDD_IN 6.65 W, VDD_CPU_GPU_CV 1.54 W, VDD_SOC      speed     3.0 tokens/s, first token 200 ms (95 %: 300 ms),
          2.27 W                                                       next 50 ms
          VDD_IN measures the input                          energy    15.23 kJ in all, requests 6.23 kJ, idle 9.00 kJ,
governor  limited, pacing keeps 7 W, duty 62 %, at most 2              edge-tiny 0.45 J/token
          running, up to edge-tiny                           link      lost 4 times, 5 messages wait for the broker
"""


@pytest.fixture
def board(tmp_path: Path) -> BoardTree:
    return BoardTree(tmp_path / "board", BOARDS["orin-nano-super"])


def _governed(board: BoardTree) -> Watch:
    first, second = telemetry(board, **GOVERNED), telemetry(board, **GOVERNED)
    first["power"]["mean_w"]["value"] = 4.0
    return watching(first, second)


def test_eighty_columns_and_twenty_four_lines(board: BoardTree) -> None:
    assert text(_governed(board)) == NARROW


def test_a_wide_terminal_has_two_columns(board: BoardTree) -> None:
    page = text(_governed(board), 120, 40)
    assert page.startswith(WIDE)
    assert "cpu-thermal     49.0 °C of 99 °C" in page


@pytest.mark.parametrize("label", ["governor", "energy", "requests"])
def test_what_an_agent_does_not_say_is_a_dash_with_its_reason(label: str, board: BoardTree) -> None:
    assert row(text(watching(telemetry(board))), label) == "- (this agent does not say)"


def test_a_model_and_a_budget_that_it_does_not_say(board: BoardTree) -> None:
    page = text(watching(telemetry(board)))
    assert row(page, "power") == "6.65 W, budget - (this agent does not say)"
    assert row(page, "model") == "predicted - (this agent does not say), resident - (not there)"


def test_no_budget_is_not_a_budget_of_nothing(board: BoardTree) -> None:
    governor = {**GOVERNED["governor"], "state": "within", "budget_w": None}
    page = text(watching(telemetry(board, governor=governor)))
    assert row(page, "power") == "6.65 W, budget - (none is set)"


def test_over_the_budget(board: BoardTree) -> None:
    governor = {"state": "over", "budget_w": 5.0, "over_for_s": 90.0, "reason": "the floor is above it"}
    page = text(watching(telemetry(board, governor=governor)))
    assert row(page, "power") == "6.65 W of 5.00 W  ████████████████████  133 %"
    assert row(page, "governor") == "over for 1 min 30 s, the floor is above it"


def test_a_governor_that_admits_nothing(board: BoardTree) -> None:
    governor = {"state": "over", "reason": "no meter", "max_running": 0, "model": None, "duty": 0}
    page = text(watching(telemetry(board, governor=governor)))
    assert row(page, "governor") == "over, no meter, duty 0 %, nothing new is run"


def test_no_meter_is_no_power_of_0(board: BoardTree) -> None:
    board.remove_chip("1-0040")
    page = text(watching(telemetry(board, **GOVERNED)))
    assert row(page, "power") == "- (no meter) of 7.00 W"
    assert "0.00 W" not in page


def test_energy_that_nothing_measures_is_not_the_agents_fault(board: BoardTree) -> None:
    measured = text(watching(telemetry(board, **GOVERNED | {"energy": None})))
    assert row(measured, "energy") == "- (nothing measured yet)"
    board.remove_chip("1-0040")
    page = text(watching(telemetry(board, **GOVERNED | {"energy": None})))
    assert row(page, "energy") == "- (no meter)"


def test_sensors_that_say_nothing(board: BoardTree) -> None:
    parts = dict.fromkeys(("power", "gpus", "zones", "throttling", "memory"))
    page = text(watching(telemetry(board, **parts, sensors_why="the sensors have not answered yet")))
    for label in ("power", "heat", "memory", "gpu"):
        assert row(page, label) == "- (the sensors have not answered yet)"


def test_what_slows_the_device_down(board: BoardTree) -> None:
    page = text(watching(telemetry(board, throttling=["gpu-throttle-alert"])))
    assert "          slowed down by gpu-throttle-alert\n" in page


def test_an_agent_without_any_of_it() -> None:
    page = text(watching({}))
    assert row(page, "queue") == "- (not told) waiting, - (not told) running"
    assert row(page, "speed").startswith("- (this agent does not say) tokens/s, first token - (this agent")


def test_a_device_that_never_spoke() -> None:
    watch = Watch("edge/orin-7", "broker:1883", Seconds(0))
    page = "edge/orin-7\nno agent  at broker:1883\nNothing calls itself edge/orin-7 at this broker: is --device right?"
    assert text(watch) == page


def test_no_telemetry_is_said_in_words() -> None:
    assert text(watching(), now=75).splitlines()[1:] == [
        "online  edge-tiny  agent 0.1.0  at broker:1883",
        "No telemetry for 1 min 15 s: telemetry.every of the device may be long, or 0s",
        "(never).",
    ]


def test_the_first_telemetry_is_waited_for() -> None:
    assert text(watching(), now=9).splitlines()[2] == "Waiting for its telemetry."


def test_an_agent_that_went_offline(board: BoardTree) -> None:
    watch = watching(telemetry(board))
    watch.on_status(received({"state": "offline", "reason": "lost"}))
    lines = text(watch, now=601).splitlines()
    assert lines[1:3] == [
        "offline (lost)  at broker:1883  told 10 min 0 s ago",
        "The agent is not there now; this view goes on when it is. What stands here is",
    ]


def test_telemetry_that_stopped(board: BoardTree) -> None:
    page = text(watching(telemetry(board)), now=100)
    assert "Telemetry has stopped, though the broker has the agent online." in page


def test_a_broker_that_went_away(board: BoardTree) -> None:
    watch = watching(telemetry(board))
    watch.trouble = "the connection to the broker at broker:1883 was lost"
    page = text(watch)
    assert page.splitlines()[1] == "broker away  at broker:1883  told 4 s ago"
    assert "\nthe connection to the broker at broker:1883 was lost; trying again.\n" in page
    assert row(page, "power").startswith("6.65 W")


def test_events_newest_first(board: BoardTree) -> None:
    watch = watching(telemetry(board))
    for seconds in (3.2, 2.5):
        event = {"event": "model_loaded", "at": 1790000000.0, "detail": {"model": "edge-tiny", "seconds": seconds}}
        watch.on_event(received(event))
    lines = text(watch).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("events"))
    assert lines[first].endswith("  model_loaded model=edge-tiny seconds=2.5")
    assert lines[first + 1].endswith("  model_loaded model=edge-tiny seconds=3.2")


def test_it_fits_every_terminal(board: BoardTree) -> None:
    scene = _governed(board).scene(Seconds(3))

    @given(width=st.integers(1, 250), height=st.integers(1, 80))
    def fits(width: int, height: int) -> None:
        lines = frame(scene, width, height)
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)

    fits()
