"""What a reply says of its energy, and where it comes from."""

from collections.abc import Sequence

import pytest

from agent.accounting import EnergyAccounting
from agent.engine.protocol import Progress, Tokens, Work
from agent.platform.readings import Origin, PowerReadings, Rail, Reading, Total, Why
from agent.prompt import NOT_MEASURED, PromptId
from agent.units import Milliwatts, Seconds

A = PromptId("a")
BOARD = Rail("VDD_IN", "ina3221 1-0040", Origin.BOARD)
THOR = Rail("VIN", "ina238 1-0044", Origin.BOARD)
CARD = Rail("GPU 0", "NVML", Origin.NVML)
PACKAGE = Rail("package-0", "RAPL", Origin.RAPL)


def power(at: float, watts: float | None, rails: Sequence[Rail] = (BOARD,)) -> PowerReadings:
    total = Reading(None, Why.NO_METER) if watts is None else Reading(Milliwatts(watts * 1000))
    return PowerReadings(Seconds(at), total, Total(tuple(rails), ""), ())


def served(watts: float | None, rails: Sequence[Rail] = (BOARD,)) -> EnergyAccounting:
    """Idle at 5 W, then a second of `a`."""
    accounting = EnergyAccounting(is_loaded=lambda: True)
    for fifth in range(50):
        accounting.sampled(power(fifth / 5, None if watts is None else 5.0, rails))
    accounting.begin(A)
    for fifth in range(50, 56):
        accounting.sampled(power(fifth / 5, watts, rails))
    accounting.ran(
        "m", Progress(Seconds(10), Seconds(11), Seconds(1), Seconds(0), (Work(A, Tokens(decode=4), Seconds(1)),))
    )
    return accounting


def test_joules_and_their_meter() -> None:
    accounting = served(9.0)
    energy = accounting.end(A)
    assert energy.joules == pytest.approx(4.0)
    assert energy.source == "ina3221"
    assert accounting.end(A) == NOT_MEASURED
    totals = accounting.totals
    assert totals is not None
    assert totals.requests == pytest.approx(4.0)


def test_without_a_meter_null() -> None:
    accounting = served(None, ())
    assert accounting.end(A) == NOT_MEASURED
    assert accounting.totals is None


@pytest.mark.parametrize(
    ("rails", "source"), [((THOR,), "ina238"), ((CARD,), "nvml"), ((PACKAGE, CARD, CARD), "nvml+rapl")]
)
def test_every_kind_of_meter(rails: Sequence[Rail], source: str) -> None:
    assert served(9.0, rails).end(A).source == source
