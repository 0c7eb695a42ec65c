"""The governor on the simulated boards: a short form of `tests/bench/governor.py`, in simulated time."""

from pathlib import Path

import pytest

from agent.events import OverBudget, PowerLimited, PowerUnmetered
from tests.bench.governor import MOST_SD, STEADY_FROM, best_constant, steady, steps, uncapped_w
from tests.plant.boards import PLANT_BOARDS
from tests.plant.measures import longest_excursion_s, mean_w, worst_mean_w
from tests.plant.rig import SWITCH_S, Load, Rig

SHORT_S = 30.0


@pytest.mark.parametrize("name", PLANT_BOARDS)
def test_the_budget_is_kept_without_swinging(name: str, tmp_path: Path) -> None:
    budget = 0.75 * uncapped_w(name, tmp_path)
    governed = steady(Rig(name, tmp_path / "steady", budget=budget), budget, SHORT_S)
    assert governed.worst <= 1.03
    assert governed.mean >= 0.93
    assert governed.above_s <= 1
    assert governed.duty_sd <= MOST_SD


@pytest.mark.parametrize("name", ["orin-nano-super", "nano"])
def test_steps_settle_soon(name: str, tmp_path: Path) -> None:
    stepped = steps(name, tmp_path / "steps", 0.75 * uncapped_w(name, tmp_path))
    assert stepped.settles_s <= 5
    assert stepped.highest <= 1.3


def test_little_is_lost_against_the_best_constant_duty(tmp_path: Path) -> None:
    name = "orin-nano-super"
    budget = 0.75 * uncapped_w(name, tmp_path)
    governed = steady(Rig(name, tmp_path / "steady", budget=budget), budget, SHORT_S)
    constant = best_constant(name, tmp_path, governed.mean * budget, SHORT_S)
    assert governed.tokens_per_s >= 0.95 * constant.tokens_per_s


def test_more_budget_gives_more_tokens(tmp_path: Path) -> None:
    speeds = [
        steady(Rig("agx-orin", tmp_path / str(watts), budget=watts), watts, SHORT_S).tokens_per_s
        for watts in (16, 22, 28)
    ]
    assert speeds == sorted(speeds)


def test_a_batch_costs_fewer_joules_a_token_at_the_same_watts(tmp_path: Path) -> None:
    one, two, four = (
        steady(Rig("thor", tmp_path / str(n), budget=50.0, load=Load(at_once=n), max_batch=4), 50.0, SHORT_S)
        for n in (1, 2, 4)
    )
    assert one.joules_per_token > 1.5 * two.joules_per_token > 2 * four.joules_per_token
    assert max(one.worst, two.worst, four.worst) <= 1.03


WARM = 88.0
"""Where the first minutes have brought it."""


def test_a_hot_board_is_slowed_down_before_its_hardware_does_it(tmp_path: Path) -> None:
    throttled = []
    with Rig("orin-nano-super", tmp_path / "hot", air=68.0) as rig:
        rig.world.celsius = WARM
        for second in range(150):
            rig.at(float(second), lambda: throttled.append(rig.world.throttled))
        rig.run(150.0)
    assert not any(throttled)
    assert 90 < rig.world.celsius < 99
    assert 0.1 < rig.trace.duties[-1] < 0.95
    assert any(isinstance(event, PowerLimited) and "throttles at 99" in event.reason for event in rig.events)
    with Rig("orin-nano-super", tmp_path / "ungoverned", air=68.0, duty=1.0) as rig:
        rig.world.celsius = WARM
        rig.run(150.0)
    assert rig.world.celsius > 95, "it would have throttled"


def test_a_dead_meter_is_told_and_recovers(tmp_path: Path) -> None:
    with Rig("xavier-nx", tmp_path, budget=8.0) as rig:
        rig.at(20.0, lambda: rig.blind(blind=True))
        rig.at(35.0, lambda: rig.blind(blind=False))
        rig.run(100.0)
    assert mean_w(rig.world.bins, 25.0, 35.0) > 9, "power.on_unmetered: allow"
    assert mean_w(rig.world.bins, 36.0, 60.0) <= 8.0 * 1.03
    assert [type(event) for event in rig.events] == [PowerLimited, PowerUnmetered, PowerLimited]


def test_a_dead_meter_can_stop_the_engine(tmp_path: Path) -> None:
    with Rig("xavier-nx", tmp_path, budget=8.0, refuse_unmetered=True) as rig:
        rig.at(20.0, lambda: rig.blind(blind=True))
        rig.run(35.0)
    assert mean_w(rig.world.bins, 23.0, 35.0) == pytest.approx(PLANT_BOARDS["xavier-nx"].idle_w, rel=0.05)


def test_a_budget_below_idle_is_told_as_over(tmp_path: Path) -> None:
    with Rig("nano", tmp_path, budget=1.5, wander=0.0) as rig:
        rig.run(STEADY_FROM + 20.0)
    assert [event for event in rig.events if isinstance(event, OverBudget)]
    assert mean_w(rig.world.bins, STEADY_FROM, 30.0) == pytest.approx(PLANT_BOARDS["nano"].idle_w, rel=0.05)


def test_another_power_mode_is_followed(tmp_path: Path) -> None:
    with Rig("agx-orin", tmp_path, budget=20.0) as rig:
        rig.at(25.0, lambda: rig.world.set_mode("MAXN"))
        rig.run(60.0)
    assert mean_w(rig.world.bins, 32.0, 60.0) <= 20.0 * 1.03


@pytest.mark.parametrize(("small", "large", "budget"), [(0.3, 1.2, 11.0), (0.2, 2.0, 9.0)])
def test_a_larger_model_after_a_smaller_one_begins_slowly(
    small: float, large: float, budget: float, tmp_path: Path
) -> None:
    draws = {"plant": small, "large": large}
    with Rig("orin-nx", tmp_path, budget=budget, draws=draws, load=Load(answer_tokens=2000)) as rig:
        rig.at(10.0, lambda: rig.use("large"))
        rig.run(50.0)
    bins, loaded = rig.world.bins, 10.0 + SWITCH_S
    assert worst_mean_w(bins, loaded, 1.0) <= 1.25 * budget
    assert longest_excursion_s(bins, loaded, 1.05 * budget) <= 1
    assert mean_w(bins, loaded + 5, 50.0) == pytest.approx(budget, rel=0.03)


def test_the_smaller_model_and_back(tmp_path: Path) -> None:
    draws = {"plant": 1.0, "small": 0.2}
    with Rig("orin-nx", tmp_path, budget=11.0, fallback="small", draws=draws, load=Load(answer_tokens=2000)) as rig:
        rig.at(10.0, lambda: rig.governor.set_budget(7.3))
        rig.at(50.0, lambda: rig.governor.set_budget(11.0))
        rig.run(100.0)
    bins = rig.world.bins
    assert [model for _, model in rig.used] == ["small", "plant"]
    small, large = (time + SWITCH_S for time, _ in rig.used)
    assert mean_w(bins, small + 5, 50.0) <= 7.3 * 1.03
    assert longest_excursion_s(bins, large, 1.05 * 11.0) <= 1
    assert mean_w(bins, large + 5, 100.0) == pytest.approx(11.0, rel=0.03)
