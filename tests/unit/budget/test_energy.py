"""Who pays for which joules, and that nothing is lost or made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.energy import LONGEST_GAP, EnergyLedger
from agent.engine.protocol import Progress, Tokens, Work
from agent.prompt import PromptId
from agent.units import Joules, Milliwatts, Seconds
from tests.simulated_meter import Load, SimulatedMachine

A, B = PromptId("a"), PromptId("b")


def work(request: PromptId, decode: int = 1, prefill: int = 0) -> Work:
    return Work(request, Tokens(prefill, decode), Seconds(0.1))


def span(since: float, until: float, *works: Work) -> Progress:
    return Progress(Seconds(since), Seconds(until), Seconds(until - since), Seconds(0.0), works)


def metered(ledger: EnergyLedger, since: float, until: float, watts: float | None) -> None:
    """Five samples a second."""
    for fifth in range(round(since * 5), round(until * 5) + 1):
        power = None if watts is None else Milliwatts(watts * 1000)
        ledger.measured(Seconds(fifth / 5), power, loaded=True)


@pytest.fixture
def ledger() -> EnergyLedger:
    """It knows the floor: 5 W."""
    ledger = EnergyLedger()
    metered(ledger, 0, 10, 5.0)
    return ledger


def test_one_request_pays_what_is_above_the_floor(ledger: EnergyLedger) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 12, 15.0)
    ledger.ran("m", span(10.1, 12.1, work(A)))
    assert ledger.close(A) == pytest.approx(20.0)
    totals = ledger.totals()
    assert totals.requests == pytest.approx(20.0)
    assert totals.total == pytest.approx(10 * 5 + 2 * 15)
    assert totals.idle == pytest.approx(60.0)
    assert totals.floor == pytest.approx(5000)
    assert totals.by_model["m"].joules == pytest.approx(20.0)
    assert totals.by_model["m"].output_tokens == 1


def test_a_request_pays_until_its_end_though_no_sample_has_come_since(ledger: EnergyLedger) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 10.4, 15.0)
    ledger.ran("m", span(10.1, 10.5, work(A)))
    assert ledger.close(A) == pytest.approx(4.0)


def test_what_ran_before_the_first_sample_of_the_work_is_booked_by_it(ledger: EnergyLedger) -> None:
    ledger.open(A)
    ledger.ran("m", span(10.02, 10.12, work(A)))
    ledger.ran("m", span(10.12, 10.18, work(A)))
    metered(ledger, 10.2, 10.2, 15.0)
    ledger.ran("m", span(10.18, 10.3, work(A)))
    assert ledger.close(A) == pytest.approx(2.8)


def test_work_into_which_no_sample_fell_was_not_measured(ledger: EnergyLedger) -> None:
    ledger.open(A)
    ledger.ran("m", span(10.02, 10.12, work(A)))
    assert ledger.close(A) is None
    ledger.open(B)
    metered(ledger, 10.2, 10.8, 5.0)
    ledger.ran("m", span(10.9, 11.1, work(B)))
    metered(ledger, 11, 11, 15.0)
    ledger.ran("m", span(11.1, 11.2, work(B)))
    assert ledger.close(B) == pytest.approx(3.0)
    assert ledger.totals().requests == pytest.approx(3.0)


def test_the_idle_power_between_two_requests_is_nobodys(ledger: EnergyLedger) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 11, 15.0)
    ledger.ran("m", span(10.2, 11.0, work(A)))
    ledger.open(B)
    metered(ledger, 11.2, 13, 5.0)
    ledger.ran("m", span(12.05, 12.9, work(B)))
    assert ledger.close(B) == pytest.approx(0.0)


def test_two_requests_share_by_their_tokens(ledger: EnergyLedger) -> None:
    for name in (A, B):
        ledger.open(name)
    metered(ledger, 10.2, 11.0, 15.0)
    ledger.ran("m", span(10.1, 11.1, work(A, decode=30), work(B, decode=10)))
    assert ledger.close(A) == pytest.approx(7.5)
    assert ledger.close(B) == pytest.approx(2.5)


def test_a_step_that_only_ends_requests_is_paid_alike(ledger: EnergyLedger) -> None:
    for name in (A, B):
        ledger.open(name)
    metered(ledger, 10.2, 11.0, 15.0)
    ledger.ran("m", span(10.1, 11.1, work(A, decode=0), work(B, decode=0)))
    assert ledger.close(A) == ledger.close(B) == pytest.approx(5.0)


@pytest.mark.parametrize("silence", [None, "gap"])
def test_where_the_meter_is_silent_nothing_is_guessed(ledger: EnergyLedger, silence: str | None) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 11, 15.0)
    if silence is None:
        metered(ledger, 11.2, 12, None)
        until = 12.0
    else:
        until = 11.0 + LONGEST_GAP + 0.5
    ledger.ran("m", span(10.1, 10.9, work(A)))
    ledger.ran("m", span(10.9, until, work(A)))
    assert ledger.close(A) is None


def test_nothing_is_booked_that_a_meter_failed_in(ledger: EnergyLedger) -> None:
    ledger.open(A)
    for number in range(100):
        since = 10.2 + number / 5
        ledger.measured(Seconds(since), None, loaded=True)
        ledger.measured(Seconds(since + 0.1), Milliwatts(15_000.0), loaded=True)
        ledger.ran("m", span(since, since + 0.1, work(A)))
        ledger.ran("m", span(since + 0.1, since + 0.2, work(A)))
    ledger.measured(Seconds(30.2), None, loaded=True)
    assert ledger.close(A) is None
    totals = ledger.totals()
    assert totals.idle >= 50
    assert totals.total == pytest.approx(50 + totals.requests * 15 / 10), "only what is behind a sample is known"


@pytest.mark.parametrize("is_told_late", [False, True])
def test_what_is_booked_behind_the_last_sample_before_a_failure_is_measured(
    ledger: EnergyLedger, *, is_told_late: bool
) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 10.4, 15.0)
    if is_told_late:
        ledger.measured(Seconds(10.6), None, loaded=True)
    ledger.ran("m", span(10.1, 10.45, work(A)))
    ledger.ran("m", span(10.45, 10.5, work(A)))
    if not is_told_late:
        ledger.measured(Seconds(10.6), None, loaded=True)
    totals = ledger.totals()
    assert totals.requests == pytest.approx(4.0)
    assert totals.total == pytest.approx(50.0 + 0.5 * 15)


def test_without_a_meter_there_are_no_joules() -> None:
    ledger = EnergyLedger()
    ledger.open(A)
    metered(ledger, 0, 2, None)
    ledger.ran("m", span(0.1, 1.9, work(A)))
    assert ledger.close(A) is None
    assert (ledger.totals().total, ledger.totals().floor) == (0.0, None)


def test_a_request_that_is_tried_again_pays_for_both_tries(ledger: EnergyLedger) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 11, 15.0)
    ledger.ran("m", span(10.0, 11.0, work(A)))
    ledger.open(A)
    metered(ledger, 11.2, 13, 15.0)
    ledger.ran("m", span(12.0, 13.0, work(A)))
    assert ledger.close(A) == pytest.approx(20.0)


def test_while_a_request_waits_to_be_tried_again_the_floor_is_learnt(ledger: EnergyLedger) -> None:
    ledger.open(A)
    metered(ledger, 10.2, 11, 15.0)
    ledger.ran("m", span(10.0, 11.0, work(A)))
    metered(ledger, 11.2, 100, 7.0)
    assert ledger.totals().floor == pytest.approx(5000)
    ledger.pause(A)
    metered(ledger, 100.2, 300, 7.0)
    assert ledger.totals().floor == pytest.approx(7000, rel=0.01)
    ledger.open(A)
    metered(ledger, 300.2, 400, 15.0)
    assert ledger.totals().floor == pytest.approx(7000, rel=0.01)
    assert ledger.close(A) == pytest.approx(10.0)


def test_a_request_that_never_ran_or_is_unknown_has_no_joules(ledger: EnergyLedger) -> None:
    ledger.open(A)
    assert ledger.close(A) is None
    assert ledger.close(B) is None


def test_the_proportion_of_prefill_to_decode_is_learnt() -> None:
    machine = SimulatedMachine()
    machine.run([Load(f"w{number}", 12 + 2.0 * number, 300, 20) for number in range(20)])
    lone = [Load("short", 60.0, 64, 50), Load("long", 60.0, 960, 50)]
    machine.run(lone)
    for load in lone:
        assert load.joules == pytest.approx(load.true_joules, rel=0.1)


LOADS = st.lists(st.tuples(st.floats(0.0, 60.0), st.integers(1, 900), st.integers(1, 120)), min_size=1, max_size=12)


@given(LOADS, st.integers(1, 4), st.integers(0, 1000))
def test_replies_and_idle_add_up_to_the_meter(loads: list[tuple[float, int, int]], batch: int, seed: int) -> None:
    machine = SimulatedMachine(batch=batch, seed=seed)
    requests = [Load(f"r{n}", 10.0 + at, prompt, answer) for n, (at, prompt, answer) in enumerate(loads)]
    machine.run(requests)
    machine.idle(machine.now + 5.0)
    totals = machine.ledger.totals()
    replied = Joules(sum(load.joules for load in requests if load.joules is not None))
    if all(load.joules is not None for load in requests):
        assert replied == pytest.approx(totals.requests)
    assert replied <= totals.requests + 1e-6
    assert totals.idle + totals.requests == pytest.approx(totals.total)
    assert totals.total == pytest.approx(machine.true_joules, rel=0.1)
    assert all(load.joules is None or load.joules >= 0 for load in requests)


@given(LOADS, st.floats(0.0, 0.9), st.integers(0, 1000))
def test_a_meter_that_fails_now_and_then_takes_nothing_from_the_idle_joules(
    loads: list[tuple[float, int, int]], failing: float, seed: int
) -> None:
    machine = SimulatedMachine(seed=seed, failing=failing)
    machine.run([Load(f"r{n}", at, prompt, answer) for n, (at, prompt, answer) in enumerate(loads)])
    machine.idle(machine.now + 5.0)
    assert machine.ledger.totals().idle >= 0


def test_while_the_sensors_hang_what_waits_for_them_is_bounded(ledger: EnergyLedger) -> None:
    ledger.open(A)
    ledger.open(B)
    ledger.ran("m", span(20.0, 20.1, work(A)))
    for tenth in range(201, 5000):
        ledger.ran("m", span(tenth / 10, (tenth + 1) / 10, work(B)))
    assert len(ledger._unmeasured) == 2048
    metered(ledger, 500, 502, 15.0)
    assert (ledger.close(A), ledger.close(B)) == (None, None), "not all of it was measured"
