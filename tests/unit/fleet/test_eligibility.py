"""Which releases are for a device, and when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.eligibility import Device, held_back, misfit, out_of_turn, place, spread
from agent.fleet.settings import DownloadHours
from agent.fleet.values import Desired, ReleaseName, Requirements
from agent.units import MinuteOfDay, Ratio, Seconds
from tests.fleet.releases import release

DEVICE = Device("orin-1", "aarch64", "Jetson Orin Nano 8GB", launcher=2, journal=1)
NIGHT = DownloadHours.model_validate({"from": "22:00", "to": "04:00"})


@pytest.mark.parametrize(
    ("requires", "why"),
    [
        (Requirements(), None),
        (Requirements(architectures=("x86_64", "aarch64")), None),
        (Requirements(architectures=("x86_64",)), "it is for x86_64, this device is aarch64"),
        (Requirements(boards=("Jetson Orin",)), None),
        (
            Requirements(boards=("Jetson AGX", "Thor")),
            "it is for Jetson AGX, Thor, this device is Jetson Orin Nano 8GB",
        ),
        (Requirements(launcher=2), None),
        (Requirements(launcher=3), "it needs version 3 of the launcher, here is 2: run the installer"),
        (Requirements(journal=2), "it has form 2 of the journal, here is 1: run the installer"),
    ],
)
def test_what_a_release_asks_of_a_device(requires: Requirements, why: str | None) -> None:
    assert misfit(replace(release("r1"), requires=requires), DEVICE) == why


@given(st.text(min_size=1), st.text())
def test_a_place_is_a_share(device_id: str, cohort: str) -> None:
    assert 0 <= place(device_id, cohort) < 1


def test_a_place_is_the_same_for_ever() -> None:
    assert place("orin-7", "2026-w48") == pytest.approx(0.6808316317165231)


def test_places_are_spread_and_not_always_the_same_are_first() -> None:
    first = {f"d{n}" for n in range(4000) if place(f"d{n}", "one") < 0.1}
    other = {f"d{n}" for n in range(4000) if place(f"d{n}", "two") < 0.1}
    assert 320 < len(first) < 480
    assert len(first & other) < 90


@given(st.floats(0, 1), st.floats(0, 1), st.text(min_size=1))
def test_who_has_its_turn_keeps_it(share: float, more: float, device_id: str) -> None:
    small, large = (Desired(ReleaseName("r1"), Ratio(it), "c", urgent=False) for it in sorted((share, more)))
    if out_of_turn(small, device_id) is None:
        assert out_of_turn(large, device_id) is None


def test_all_and_none() -> None:
    assert out_of_turn(Desired(ReleaseName("r1"), Ratio(1.0), "c", urgent=False), "d") is None
    why = out_of_turn(Desired(ReleaseName("r1"), Ratio(0.0), "c", urgent=False), "d")
    assert why is not None
    assert why.startswith("r1 is for 0.0% of the devices so far")


@pytest.mark.parametrize(
    ("hours", "minute", "urgent", "minutes"),
    [
        (None, 600, False, 0),
        (NIGHT, 22 * 60, False, 180),
        (NIGHT, 3 * 60, False, 30),
        (NIGHT, 22 * 60, True, 0),
        (DownloadHours.model_validate({"from": 600, "to": 600}), 600, False, 720),
    ],
)
def test_over_how_long_devices_begin(
    hours: DownloadHours | None,
    minute: int,
    urgent: bool,  # noqa: FBT001 - a case
    minutes: int,
) -> None:
    assert spread(hours, MinuteOfDay(minute), urgent=urgent) == Seconds(minutes * 60.0)


@pytest.mark.parametrize(
    ("hours", "minute", "lock", "urgent", "why"),
    [
        (None, 600, None, False, None),
        (NIGHT, 23 * 60, None, False, None),
        (NIGHT, 3 * 60, None, False, None),
        (NIGHT, 600, None, False, "updates are made from 22:00 to 04:00"),
        (NIGHT, 600, None, True, None),
        (None, 600, "busy", True, "updates.lock: busy"),
        (NIGHT, 600, "", False, "updates.lock is there"),
    ],
)
def test_what_holds_an_update_back(
    hours: DownloadHours | None,
    minute: int,
    lock: str | None,
    urgent: bool,  # noqa: FBT001 - a case
    why: str | None,
) -> None:
    assert held_back(hours, MinuteOfDay(minute), lock, is_serviced=False, urgent=urgent) == why
    serviced = held_back(hours, MinuteOfDay(minute), lock, is_serviced=True, urgent=urgent)
    assert serviced == "an operator drains the device"
