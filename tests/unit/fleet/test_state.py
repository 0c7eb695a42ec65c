"""The table of an update: nothing happens that is not in it, and what must not be forgotten is not."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.happenings import (
    CheckDue,
    Disproved,
    Drained,
    FellBack,
    Found,
    Happening,
    Measured,
    NothingToDo,
    Orphaned,
    Postponed,
    Proved,
    Serves,
    Settled,
    Staged,
    Started,
    Troubled,
    Unusable,
)
from agent.fleet.state import (
    MOST_ATTEMPTS,
    IllegalTransitionError,
    Step,
    advance,
    back_off,
    is_complete,
    may_happen,
    step_of,
)
from agent.fleet.update import Baseline, Moment, Rejected, State, Update
from agent.fleet.values import ReleaseName
from agent.units import Seconds, UnixSeconds
from tests.fleet.releases import CANARIES, PROOF

AT = Moment("boot", Seconds(10.0), UnixSeconds(1e9))
R1, R2 = ReleaseName("r1"), ReleaseName("r2")
ON_TRIAL = (State.SWITCHING, State.PROVING)

names = st.sampled_from([R1, R2])
happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(CheckDue, st.booleans()),
    st.builds(NothingToDo, st.just("why"), st.none() | names),
    st.builds(Postponed, names, st.just("why"), st.booleans()),
    st.builds(Found, names, st.none() | names, st.booleans(), st.just(CANARIES), st.just(PROOF)),
    st.builds(Troubled, st.just("why")),
    st.builds(Unusable, st.just("why")),
    st.just(Staged()),
    st.builds(Measured, st.just(Baseline())),
    st.just(Drained()),
    st.just(Started()),
    st.just(Serves()),
    st.builds(Proved, st.just("why")),
    st.builds(Disproved, st.just("why")),
    st.builds(FellBack, st.just("why")),
    st.builds(Orphaned, names, st.just("why")),
    st.just(Settled()),
)


def after(*happened: Happening, update: Update | None = None) -> Update:
    """What becomes of an update through all of these."""
    update = update or Update()
    for happening in happened:
        update, step = advance(update, happening, AT)
        assert step is step_of(update)
    return update


def found(release: ReleaseName = R1) -> Found:
    return Found(release, None, urgent=False, canaries=CANARIES, proof=PROOF)


CHECKING = (CheckDue(),)
DOWNLOADING = (*CHECKING, found())
STAGED = (*DOWNLOADING, Staged())
DRAINING = (*STAGED, Measured(Baseline()))
SWITCHING = (*DRAINING, Drained())
PROVING = (*SWITCHING, Started())


@pytest.mark.parametrize(
    ("happened", "state", "step"),
    [
        ((), State.IDLE, Step.REST),
        (CHECKING, State.CHECKING, Step.CHECK),
        ((*CHECKING, NothingToDo("why")), State.IDLE, Step.REST),
        ((*CHECKING, Postponed(R1, "why")), State.IDLE, Step.REST),
        (DOWNLOADING, State.DOWNLOADING, Step.BRING),
        ((*DOWNLOADING, Postponed(R1, "why")), State.IDLE, Step.REST),
        ((*DOWNLOADING, Unusable("why")), State.FAILED, Step.REST),
        (STAGED, State.STAGED, Step.MEASURE),
        ((*STAGED, NothingToDo("why")), State.IDLE, Step.REST),
        ((*STAGED, found(R2)), State.DOWNLOADING, Step.BRING),
        (DRAINING, State.DRAINING, Step.DRAIN),
        ((*DRAINING, Postponed(R1, "why")), State.IDLE, Step.REST),
        (SWITCHING, State.SWITCHING, Step.SWITCH),
        ((*SWITCHING, FellBack("why")), State.ROLLED_BACK, Step.GO_BACK),
        (PROVING, State.PROVING, Step.PROVE),
        ((*PROVING, Serves()), State.PROVING, Step.PROVE),
        ((*PROVING, Proved("why")), State.COMMITTED, Step.COMMIT),
        ((*PROVING, Proved("why"), Settled()), State.COMMITTED, Step.REST),
        ((*PROVING, Proved("why"), Settled(), CheckDue()), State.CHECKING, Step.CHECK),
        ((*PROVING, Proved("why"), FellBack("why")), State.ROLLED_BACK, Step.GO_BACK),
        ((*PROVING, Disproved("why")), State.ROLLED_BACK, Step.GO_BACK),
        ((*PROVING, FellBack("why"), Settled()), State.ROLLED_BACK, Step.REST),
        ((Orphaned(R1, "why"),), State.ROLLED_BACK, Step.GO_BACK),
    ],
)
def test_every_way(happened: tuple[Happening, ...], state: State, step: Step) -> None:
    update = after(*happened)
    assert (update.state, step_of(update)) == (state, step)


@given(st.lists(happenings, max_size=40))
def test_only_what_is_in_the_table_happens(happened: list[Happening]) -> None:
    update = Update()
    for happening in happened:
        before = update
        if not isinstance(happening, may_happen(update)):
            with pytest.raises(IllegalTransitionError):
                advance(update, happening, AT)
            continue
        update, step = advance(update, happening, AT)
        assert step is step_of(update)
        assert is_complete(update), "its step has what it needs"
        if before.state in ON_TRIAL:
            assert update.state in (*ON_TRIAL, State.COMMITTED, State.ROLLED_BACK)
        if update.state is State.COMMITTED and before.state is not State.COMMITTED:
            assert before.state is State.PROVING
        if update.state is State.ROLLED_BACK and not update.is_over:
            assert update.rejected is not None
            assert update.rejected.release == update.release


@given(st.lists(happenings, max_size=40))
def test_what_came_to_nothing_is_not_forgotten(happened: list[Happening]) -> None:
    update = after(*PROVING, Disproved("bad"), Settled())
    for happening in happened:
        if not isinstance(happening, may_happen(update)):
            continue
        if isinstance(happening, Found | Orphaned) or happening == CheckDue(force=True):
            break  # another release, or an operator's word
        if isinstance(happening, NothingToDo) and happening.desired == R2:
            break
        update = after(happening, update=update)
        assert update.rejected == Rejected(R1, State.ROLLED_BACK, "bad")


@given(st.lists(happenings, max_size=30))
def test_every_state_has_a_way_on(happened: list[Happening]) -> None:
    update = Update()
    for happening in happened:
        if isinstance(happening, may_happen(update)):
            update = after(happening, update=update)
    assert may_happen(update)


def test_a_check_that_finds_the_rejected_one_again_shows_it_again() -> None:
    update = after(*PROVING, Disproved("bad"), Settled(), CheckDue(), NothingToDo("bad", R1))
    assert (update.state, update.release, update.why) == (State.ROLLED_BACK, R1, "bad")
    assert step_of(update) is Step.REST


def test_it_is_forgotten_when_the_fleet_wants_another_one() -> None:
    update = after(*PROVING, Disproved("bad"), Settled(), CheckDue(), NothingToDo("runs already", R2))
    assert (update.state, update.rejected) == (State.IDLE, None)


def test_an_operators_force_forgets_it() -> None:
    assert after(*PROVING, Disproved("bad"), Settled(), CheckDue(force=True)).rejected is None


@pytest.mark.parametrize("happened", [CHECKING, DOWNLOADING, STAGED, DRAINING])
def test_too_many_tries_before_the_trial_have_failed_and_reject_nothing(happened: tuple[Happening, ...]) -> None:
    before = after(*happened)
    update = after(*[Troubled("full")] * (MOST_ATTEMPTS - 1), update=before)
    assert (update.state, update.attempts) == (before.state, MOST_ATTEMPTS - 1)
    update = after(Troubled("full"), update=update)
    assert (update.state, update.why, update.rejected) == (State.FAILED, "full", None)
    assert after(CheckDue(), update=update).state is State.CHECKING


def test_a_release_that_is_never_started_is_gone_back_from() -> None:
    update = after(*SWITCHING, *[Troubled("was not started")] * MOST_ATTEMPTS)
    assert (update.state, step_of(update)) == (State.ROLLED_BACK, Step.GO_BACK)
    assert update.rejected is not None


@pytest.mark.parametrize("decided", [Proved("good"), Disproved("bad")])
def test_what_is_decided_is_carried_through_however_often_it_fails(decided: Happening) -> None:
    update = after(*PROVING, decided)
    assert after(*[Troubled("full")] * 100, update=update).state is update.state


def test_the_proof_of_a_release_comes_with_it_through_its_trial() -> None:
    measured = Measured(Baseline())
    update = after(*STAGED, measured, Drained(), Started())
    assert (update.canaries, update.proof, update.baseline) == (CANARIES, PROOF, measured.baseline)


def test_what_lacks_what_its_step_needs_is_told() -> None:
    update = after(*PROVING)
    assert is_complete(update)
    assert not is_complete(replace(update, proof=None))
    assert not is_complete(replace(after(*DOWNLOADING), release=None))


def test_every_happening_has_its_place() -> None:
    states = [Update(), *(after(*it) for it in (CHECKING, DOWNLOADING, STAGED, DRAINING, SWITCHING, PROVING))]
    states += [after(*PROVING, Proved("")), after(*PROVING, Disproved(""))]
    assert {kind for update in states for kind in may_happen(update)} == set(get_args(Happening))


def test_pauses_grow_to_a_limit() -> None:
    pauses = [back_off(1, 1.0), back_off(1, 0.0), back_off(3, 1.0), back_off(1000, 1.0)]
    assert pauses == [Seconds(30), Seconds(15), Seconds(120), Seconds(3600)]
