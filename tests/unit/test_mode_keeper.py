"""The power mode that suits a budget is set, by what was seen; what cannot be set is left alone."""

from pathlib import Path

import pytest

from agent.budget.state import GovernorState, PowerState
from agent.governor import Governor
from agent.mode_keeper import ModeKeeper
from agent.platform.nvpmodel import ModeSetter
from agent.platform.nvpmodel.tool import run_program
from agent.scheduler import Limits
from agent.units import Milliwatts, Ratio, Seconds
from tests.boards.nvpmodel import install_nvpmodel

LIMITS = Limits(Ratio(1.0), 1, "m", "")


class StandInGovernor(Governor):
    """Says what the test says."""

    def __init__(self) -> None:
        self.budget: float | None = None
        self.base = 5000.0
        self.draw: float | None = None
        self.model = "large"
        self.forgot = 0

    @property
    def state(self) -> GovernorState:
        budget = None if self.budget is None else Milliwatts(self.budget)
        return GovernorState(PowerState.WITHIN, Seconds(0.0), budget, LIMITS, "")

    @property
    def loaded(self) -> tuple[str, str]:
        return self.model, "engine"

    @property
    def without_engine(self) -> Milliwatts:
        return Milliwatts(self.base)

    @property
    def rise(self) -> Milliwatts | None:
        return None if self.draw is None else Milliwatts(self.draw - self.base)

    def forget_engine(self) -> None:
        self.forgot += 1
        self.draw = None


class Bench:
    """A board in the mode 25W."""

    def __init__(self, root: Path, behaviour: str = "well") -> None:
        program = install_nvpmodel(root, behaviour)
        self.governor = StandInGovernor()
        setter = ModeSetter(lambda number: run_program(program, number), allowed=True, root=root)
        self.now = 0.0
        self.keeper = ModeKeeper(setter, self.governor, now=lambda: Seconds(self.now), root=root)
        self._status = root / "var/lib/nvpmodel/status"

    async def mode(self, budget: float | None, draw: float | None = None) -> str:
        """The one that is set after a look."""
        self.governor.budget, self.governor.draw = budget, draw
        self.now += 15
        await self.keeper.look()
        names = {0: "15W", 1: "25W", 2: "MAXN_SUPER", 5: "7W"}
        return names[int(self._status.read_text().strip().removeprefix("pmode:"))]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_without_a_budget_the_mode_stays(bench: Bench) -> None:
    assert await bench.mode(None, draw=9000) == "25W"


async def test_the_names_count_until_a_mode_was_seen(bench: Bench) -> None:
    assert await bench.mode(16_000) == "15W"
    assert bench.governor.forgot == 1, "the engine draws otherwise there"
    assert await bench.mode(16_000, draw=11_000) == "15W"
    assert await bench.mode(26_000) == "25W"
    assert await bench.mode(16_000, draw=14_500) == "25W", "25W draws no 25 W"


async def test_what_another_program_draws_counts_while_it_does(bench: Bench) -> None:
    assert await bench.mode(20_000, draw=16_000) == "25W"
    bench.governor.base += 5000
    assert await bench.mode(20_000, draw=21_000) == "15W"
    assert await bench.mode(20_000, draw=14_000) == "15W"
    bench.governor.base -= 5000
    assert await bench.mode(20_000, draw=9000) == "25W"


async def test_what_one_model_draws_says_nothing_of_another(bench: Bench) -> None:
    assert await bench.mode(26_000, draw=28_000) == "15W"
    assert await bench.mode(26_000, draw=15_000) == "15W"
    bench.governor.model = "small"
    assert await bench.mode(26_000) == "25W"
    bench.governor.model = "large"
    assert await bench.mode(26_000) == "15W"


async def test_a_mode_that_drew_too_much_once_is_tried_again(bench: Bench) -> None:
    assert await bench.mode(20_000, draw=16_000) == "25W"
    assert await bench.mode(20_000, draw=21_000) == "15W", "prompts of another kind"
    for _ in range(2):
        bench.now += 1800
        assert await bench.mode(20_000, draw=9000) == "15W"
    bench.now += 1800
    assert await bench.mode(20_000, draw=9000) == "25W"
    assert await bench.mode(20_000, draw=21_000) == "15W", "it still does"
    bench.now += 5400
    assert await bench.mode(20_000, draw=9000) == "25W"
    assert await bench.mode(20_000, draw=16_000) == "25W"


async def test_never_one_that_takes_a_reboot(bench: Bench) -> None:
    assert await bench.mode(8000) == "15W"


async def test_a_mode_that_was_not_set_is_not_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path, "silent")
    for _ in range(3):
        assert await bench.mode(16_000) == "25W"
    assert [record.message for record in caplog.records] == ["power_mode_not_set"]


async def test_a_machine_without_modes(tmp_path: Path) -> None:
    governor = StandInGovernor()
    governor.budget = 1000.0
    setter = ModeSetter(None, allowed=True, root=tmp_path)
    await ModeKeeper(setter, governor, now=lambda: Seconds(0.0), root=tmp_path).look()
    assert not governor.forgot
