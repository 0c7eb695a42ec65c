"""Whether drafting goes on: from what answers took."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.speculation import (
    DRAFT_LENGTH,
    ENOUGH,
    LEAST_DRAFTED,
    LONG_PROMPT,
    LONGEST_REST,
    LOOK_AGAIN,
    Answered,
    Drafts,
    Kind,
    Phase,
    Speculation,
    Trial,
    kind_of,
)
from agent.prompt import Sampling
from agent.units import Seconds

SHORT = Kind(guided=False, long=False)
GUIDED = Kind(guided=True, long=False)


def answered(tokens: int, per_token: float, *, drafted: int = 0, accepted: int = 0) -> Answered:
    return Answered(tokens, Seconds(tokens * per_token), drafted, accepted)


def phase_of(trial: Trial) -> Phase:
    """It changes with every answer."""
    return trial.phase


def run(trial: Trial, plain: float, drafted: float, tokens: int) -> int:
    """Answer so many tokens in requests of `ENOUGH`; how many of them were drafted for."""
    with_drafts = 0
    for _ in range(tokens // ENOUGH):
        with_drafts += ENOUGH * trial.drafts
        trial.add(answered(ENOUGH, drafted, drafted=40, accepted=20) if trial.drafts else answered(ENOUGH, plain))
    return with_drafts


@pytest.mark.parametrize(
    ("plain", "drafted", "phase"),
    [
        (1.0, 0.5, Phase.DRAFTING),
        (1.1, 1.0, Phase.DRAFTING),
        (1.0, 0.95, Phase.RESTING),  # less than a tenth is noise
        (1.0, 1.0, Phase.RESTING),
        (1.0, 2.0, Phase.RESTING),
    ],
)
def test_the_faster_way_is_taken(plain: float, drafted: float, phase: Phase) -> None:
    trial = Trial()
    run(trial, plain, drafted, 2 * ENOUGH)
    assert phase_of(trial) is phase


def test_nothing_is_concluded_from_a_few_tokens() -> None:
    trial = Trial()
    trial.add(answered(ENOUGH - 1, 1.0))
    assert phase_of(trial) is Phase.MEASURING
    trial.add(answered(1, 1.0))
    assert phase_of(trial) is Phase.TRYING
    trial.add(answered(ENOUGH - 1, 0.1))
    assert phase_of(trial) is Phase.TRYING


@pytest.mark.parametrize("phase", [Phase.TRYING, Phase.DRAFTING])
def test_drafts_that_are_mostly_wrong_end_at_once(phase: Phase) -> None:
    trial = Trial()
    run(trial, 1.0, 0.5, ENOUGH if phase is Phase.TRYING else 2 * ENOUGH)
    assert phase_of(trial) is phase
    trial.add(answered(1, 0.1, drafted=LEAST_DRAFTED - 1))
    assert trial.drafts
    trial.add(answered(1, 0.1, drafted=LEAST_DRAFTED, accepted=1))
    assert phase_of(trial) is Phase.RESTING


def test_what_pays_is_compared_anew_and_goes_on_while_it_is_no_slower() -> None:
    trial = Trial()
    run(trial, 1.0, 0.5, 2 * ENOUGH)
    run(trial, 1.0, 0.5, LOOK_AGAIN)
    assert phase_of(trial) is Phase.MEASURING
    run(trial, 1.0, 0.95, 2 * ENOUGH)
    assert phase_of(trial) is Phase.DRAFTING
    run(trial, 1.0, 1.05, LOOK_AGAIN + 2 * ENOUGH)
    assert phase_of(trial) is Phase.RESTING


def test_what_does_not_pay_is_tried_ever_less_often() -> None:
    trial, tried = Trial(), []
    for request in range(8 * LONGEST_REST // ENOUGH):
        if trial.phase is Phase.TRYING:
            tried.append(request)
        run(trial, 1.0, 2.0, ENOUGH)
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps == sorted(gaps)
    assert gaps[0] >= LOOK_AGAIN // ENOUGH
    assert gaps[-1] <= LONGEST_REST // ENOUGH + 2


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0.001, 10), st.floats(0, 1)), max_size=200))
def test_any_answers_lead_to_a_decision(answers: list[tuple[int, float, float]]) -> None:
    drafts = Drafts(Speculation.AUTO)
    for tokens, per_token, share in answers:
        length = drafts.length(SHORT)
        assert length in (0, DRAFT_LENGTH)
        drafted = tokens if length else 0
        drafts.add(SHORT, length, answered(tokens, per_token, drafted=drafted, accepted=int(share * drafted)))


def test_slow_drafts_cost_little_in_the_long_run() -> None:
    assert run(Trial(), 1.0, 3.0, 100 * LOOK_AGAIN) < 10 * ENOUGH


@pytest.mark.parametrize(("when", "length"), [(Speculation.OFF, 0), (Speculation.ON, DRAFT_LENGTH)])
def test_off_and_on_do_not_look_at_what_it_brings(when: Speculation, length: int) -> None:
    drafts = Drafts(when)
    for _ in range(10):
        assert drafts.length(SHORT) == length
        drafts.add(SHORT, length, answered(ENOUGH, 10.0, drafted=100))


def test_each_kind_is_judged_by_itself() -> None:
    drafts = Drafts(Speculation.AUTO)
    assert drafts.length(SHORT) == drafts.length(GUIDED) == 0
    drafts.add(SHORT, 0, answered(ENOUGH, 1.0))
    assert drafts.length(SHORT) == DRAFT_LENGTH
    assert drafts.length(GUIDED) == 0


def test_an_answer_from_before_a_decision_is_left_out() -> None:
    drafts = Drafts(Speculation.AUTO)
    drafts.length(SHORT)
    drafts.add(SHORT, 0, answered(ENOUGH, 1.0))
    drafts.add(SHORT, 0, answered(10 * ENOUGH, 0.1))
    drafts.add(SHORT, DRAFT_LENGTH, answered(ENOUGH, 0.5, drafted=9, accepted=9))
    assert drafts.length(SHORT) == DRAFT_LENGTH
    drafts.add(SHORT, DRAFT_LENGTH, answered(0, 0.0))
    assert drafts.length(SHORT) == DRAFT_LENGTH


@pytest.mark.parametrize(
    ("sampling", "tokens", "kind"),
    [
        (Sampling(), 20, SHORT),
        (Sampling(json_schema="{}"), 20, GUIDED),
        (Sampling(), LONG_PROMPT, Kind(guided=False, long=True)),
        (Sampling(temperature=0.1), 20, None),
    ],
)
def test_only_greedy_requests_are_of_a_kind(sampling: Sampling, tokens: int, kind: Kind | None) -> None:
    assert kind_of(sampling, tokens) == kind
