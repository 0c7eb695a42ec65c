"""Heat and over-current act before the hardware does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.ceiling import FREE, UNSTRAINED, Strain, heat, strained
from tests.unit.budget.values import device


def after(*samples: dict[str, int], throttling: bool = False) -> Strain:
    """The strain after a sample a second."""
    strain = UNSTRAINED
    for second, events in enumerate(samples):
        strain = strained(strain, device(second, events=events, throttling=throttling))
    return strain


@pytest.mark.parametrize(
    ("celsius", "duty"), [(50.0, 1.0), (91.0, 1.0), (94.5, 0.5), (98.0, 0.0), (120.0, 0.0)], ids=str
)
def test_the_ceiling_falls_with_the_distance_to_throttling(celsius: float, duty: float) -> None:
    assert heat(device(celsius=celsius)).duty == pytest.approx(duty)


def test_the_reason_names_the_zone_and_both_temperatures() -> None:
    assert heat(device(celsius=94.5)).reason == "tj-thermal has 94.5 °C and throttles at 99 °C"
    assert heat(device(celsius=20)).reason == ""


def test_without_a_throttling_point_the_critical_one_counts() -> None:
    assert heat(device(celsius=95.0, throttles_at=None, critical_at=114.5)).duty == pytest.approx(0.5)
    assert heat(device(celsius=95.0, throttles_at=None, critical_at=None)) == FREE


def test_a_gated_zone_says_nothing() -> None:
    assert heat(device(celsius=None)) == FREE


@pytest.mark.parametrize("name", ["oc1", "oc2"])
def test_each_event_of_a_serious_counter_takes_a_fifth(name: str) -> None:
    strain = after({name: 7}, {name: 8})
    assert strain.ceiling.duty == pytest.approx(0.8)
    assert name in strain.ceiling.reason
    assert after({name: 7}, {name: 8}, {name: 9}).ceiling.duty == pytest.approx(0.64)


def test_what_was_counted_before_the_start_does_not_count() -> None:
    assert after({"oc1": 4000}).ceiling == FREE


def test_momentary_peaks_count_by_their_rate() -> None:
    assert after({"oc3": 0}, {"oc3": 1}, {"oc3": 4}).ceiling == FREE
    assert after({"oc3": 0}, {"oc3": 50}).ceiling.duty == pytest.approx(0.8)


def test_hardware_that_throttles_is_taken_at_its_word() -> None:
    strain = after({}, {}, throttling=True)
    assert strain.ceiling.duty == pytest.approx(0.64)
    assert strain.ceiling.reason == "throttled: gpu-throttle-alert"


def test_quiet_gives_back_slowly() -> None:
    calm = [{"oc1": 1}] * 9
    assert after({"oc1": 0}, *calm).ceiling.duty == pytest.approx(0.8)
    assert after({"oc1": 0}, *calm, *[{"oc1": 1}] * 6).ceiling.duty == pytest.approx(0.9, abs=0.03)
    assert after({"oc1": 0}, *calm, *[{"oc1": 1}] * 20).ceiling == FREE


def test_no_new_sample_changes_nothing() -> None:
    strain = after({"oc1": 0}, {"oc1": 1})
    assert strained(strain, None) == strain
    assert strained(strain, device(1, events={"oc1": 5})) == strain, "the same sample again"


@given(st.lists(st.tuples(st.floats(-20, 140), st.integers(0, 30), st.booleans()), max_size=40))
def test_it_is_always_a_share_and_has_a_reason_below_one(samples: list[tuple[float, int, bool]]) -> None:
    strain, count = UNSTRAINED, 0
    for second, (celsius, new, throttling) in enumerate(samples):
        count += new
        strain = strained(strain, device(second, celsius=celsius, events={"oc2": count}, throttling=throttling))
        assert 0 <= strain.ceiling.duty <= 1
        assert bool(strain.ceiling.reason) == (strain.ceiling.duty < 1)
