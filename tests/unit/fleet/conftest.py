"""A simulated fleet with one good release, and a device of it."""

import pytest

from tests.fleet.device import SimulatedDevice
from tests.fleet.releases import SimulatedFleet


@pytest.fixture
def fleet() -> SimulatedFleet:
    """It wants `r1`, which is good."""
    fleet = SimulatedFleet()
    fleet.publish("r1")
    fleet.want("r1")
    return fleet


@pytest.fixture
def device(fleet: SimulatedFleet) -> SimulatedDevice:
    return SimulatedDevice(fleet)
