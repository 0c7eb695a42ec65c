"""The program that runs the governor on a real meter, here with a meter that computes what it would show."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agent.engine.protocol import Capabilities, Event, GenerationRequest, Tokens
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors, find_nvml
from agent.prompt import FinishReason, PromptId
from tests.device.engine_thread import EngineThread
from tests.device.power_loop import SHARES, Row, measure
from tests.unit.platform.fake_nvml import FakeCard, FakePynvml

IDLE_W, RISE_W = 100.0, 200.0


class SleepingEngine:
    """A step is 3 ms; it knows for which share of the last tenth of a second it was in one."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, float]] = []

    def capabilities(self) -> Capabilities:
        return Capabilities("sleeping", 1000, 1, guidance=False)

    def admit(self, request: GenerationRequest) -> None:
        del request

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        del request_id, reason

    def step(self) -> Sequence[Event]:
        began = time.monotonic()
        time.sleep(0.003)
        self._steps.append((began, time.monotonic()))
        return ()

    def advanced(self) -> Mapping[PromptId, Tokens]:
        return {}

    def kept(self) -> int:
        return 0

    def forget(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        self._steps.clear()

    def busy(self) -> float:
        """The share."""
        now, window = time.monotonic(), 0.1
        return sum(max(0.0, end - max(began, now - window)) for began, end in self._steps[-100:]) / window


class Card(FakeCard):
    """Draws power as its engine steps."""

    def __init__(self, engine: SleepingEngine) -> None:
        super().__init__()
        self._engine = engine

    def __getattribute__(self, name: str) -> object:
        """The power is computed when it is asked for."""
        if name == "instant_power":
            return round(1000 * (IDLE_W + RISE_W * self._engine.busy()))
        return super().__getattribute__(name)


def test_each_budget_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = SleepingEngine()
    nvml = find_nvml(lambda _: FakePynvml([Card(engine)]))
    uncapped, *rows = measure(
        EngineThread(lambda: engine, "?", 100), Sampler(lambda: Sensors(tmp_path, nvml=nvml)), seconds=25.0
    )
    assert uncapped.mean > IDLE_W + 0.8 * RISE_W
    for share, row in zip(SHARES, rows, strict=True):
        budget = IDLE_W + share * (uncapped.mean - IDLE_W)
        assert row.budget == pytest.approx(budget, rel=0.02)
        assert row.mean <= budget * 1.05
        assert row.mean >= budget * 0.85
        assert row.tokens < uncapped.tokens / uncapped.seconds * row.seconds
    assert capsys.readouterr().out.count("| none |") == 1


@pytest.mark.parametrize(("watts", "is_kept"), [((100.0, 105.0), True), ((100.0, 107.0), False)])
def test_a_mean_that_is_three_per_cent_above_its_budget_does_not_keep_it(
    watts: tuple[float, ...],
    is_kept: bool,  # noqa: FBT001 - of the table
) -> None:
    assert Row(watts, (1.0, 1.0), 1.0, 1, budget=100.0).is_kept is is_kept
    assert Row(watts, (1.0, 1.0), 1.0, 1).is_kept, "without a budget"


def test_a_machine_without_pydantic_can_run_it() -> None:
    code = (
        "import sys; sys.modules['pydantic'] = sys.modules['paho'] = None; import tests.device.power_loop, agent.models"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_an_engine_that_does_not_load_is_told() -> None:
    def fail() -> SleepingEngine:
        raise RuntimeError("no such model")

    with pytest.raises(RuntimeError, match="no such model"), EngineThread(fail, "?", 1).started():
        pass
