"""The table of an update: what may happen in each state, what follows, and what is to be done then. Pure.

Invariants: what is not in the table raises. A release that is rejected is not brought again until the fleet wants
another one, or an operator forces it. From `SWITCHING` on, the only ways out are `COMMITTED` and `ROLLED_BACK`.
"""

from dataclasses import replace
from enum import Enum, auto
from typing import Final, assert_never

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
from agent.fleet.update import Moment, Rejected, State, Update
from agent.units import Seconds

MOST_ATTEMPTS: Final = 6
"""So often a step is tried before the update has failed; the next check begins another one."""

_FIRST_WAIT: Final = Seconds(30.0)
_LONGEST_WAIT: Final = Seconds(3600.0)


class Step(Enum):
    """What is to be done in a state. Each can be done again."""

    REST = auto()
    CHECK = auto()
    BRING = auto()
    MEASURE = auto()
    DRAIN = auto()
    SWITCH = auto()
    PROVE = auto()
    COMMIT = auto()
    GO_BACK = auto()


class IllegalTransitionError(ValueError):
    """It cannot happen in this state: a bug."""


_MAY: Final[dict[State, tuple[type, ...]]] = {
    State.IDLE: (CheckDue, Orphaned),
    State.CHECKING: (NothingToDo, Postponed, Found, Troubled, Orphaned),
    State.DOWNLOADING: (Staged, Postponed, Unusable, Troubled, Orphaned),
    State.STAGED: (Measured, NothingToDo, Postponed, Found, Troubled, Orphaned),
    State.DRAINING: (Drained, Postponed, Troubled, Orphaned),
    State.SWITCHING: (Started, Proved, FellBack, Troubled),
    State.PROVING: (Serves, Proved, Disproved, FellBack),
    State.COMMITTED: (Settled, FellBack, Troubled),
    State.ROLLED_BACK: (Settled, Troubled),
    State.FAILED: (CheckDue, Orphaned),
}
_WHEN_OVER: Final = (CheckDue, Orphaned)
_STEPS: Final[dict[State, Step]] = {
    State.IDLE: Step.REST,
    State.CHECKING: Step.CHECK,
    State.DOWNLOADING: Step.BRING,
    State.STAGED: Step.MEASURE,
    State.DRAINING: Step.DRAIN,
    State.SWITCHING: Step.SWITCH,
    State.PROVING: Step.PROVE,
    State.COMMITTED: Step.COMMIT,
    State.ROLLED_BACK: Step.GO_BACK,
    State.FAILED: Step.REST,
}


def is_complete(update: Update) -> bool:
    """Whether it has what the step of its state needs."""
    if step_of(update) in (Step.REST, Step.CHECK):
        return True
    return update.release is not None and (update.proof is not None or step_of(update) is not Step.PROVE)


def step_of(update: Update) -> Step:
    """What is to be done now; after a power cut too."""
    return Step.REST if update.is_over else _STEPS[update.state]


def may_happen(update: Update) -> tuple[type, ...]:
    """The kinds of happenings that there are in this state."""
    return _WHEN_OVER if update.is_over else _MAY[update.state]


def advance(update: Update, happening: Happening, at: Moment) -> tuple[Update, Step]:
    """What becomes of an update, and what is to be done next.

    Args:
        update: How far it is.
        happening: What happened.
        at: When.

    Raises:
        IllegalTransitionError: It cannot happen in this state.
    """
    if not isinstance(happening, may_happen(update)):
        raise IllegalTransitionError(f"{type(happening).__name__} in {update.state}")
    after = _after(update, happening, at)
    return after, step_of(after)


def back_off(attempts: int, jitter: float) -> Seconds:
    """How long to wait before the next try.

    Args:
        attempts: Tries that came to nothing, at least one.
        jitter: A random number from 0 to 1, so that a fleet does not come back as one.
    """
    return Seconds(min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempts - 1, 10)) * (0.5 + jitter / 2))


def _after(update: Update, happening: Happening, at: Moment) -> Update:  # noqa: C901, PLR0911, PLR0912 - a table
    match happening:
        case CheckDue(force):
            return Update(State.CHECKING, at, rejected=None if force else update.rejected, is_over=False)
        case NothingToDo(why, desired):
            return _at_rest(update, at, why, is_rejected=_is_rejected(update, desired))
        case Postponed(release, why, urgent):
            return replace(_rest(update, at, why), release=release, urgent=urgent)
        case Found():
            return _begin(happening, at)
        case Troubled(why):
            return _again(update, at, why)
        case Unusable(why):
            return _reject(update, State.FAILED, at, why)
        case Staged():
            return _to(update, State.STAGED, at)
        case Measured(baseline):
            return replace(_to(update, State.DRAINING, at), baseline=baseline)
        case Drained():
            return _to(update, State.SWITCHING, at)
        case Started():
            return _to(update, State.PROVING, at)
        case Serves():
            return replace(update, serves_since=at)
        case Proved(why):
            return _to(update, State.COMMITTED, at, why=why)
        case FellBack(why, rejected=False):
            return _to(update, State.ROLLED_BACK, at, why=why)
        case Disproved(why) | FellBack(why):
            return _reject(update, State.ROLLED_BACK, at, why)
        case Orphaned(release, why):
            return _reject(replace(update, release=release), State.ROLLED_BACK, at, why)
        case Settled():
            return replace(update, is_over=True, attempts=0)
        case _:
            assert_never(happening)


def _is_rejected(update: Update, desired: str | None) -> bool:
    """Whether what the fleet wants is what came to nothing here. Without an answer, it still is."""
    return update.rejected is not None and desired in (None, update.rejected.release)


def _begin(found: Found, at: Moment) -> Update:
    return Update(
        State.DOWNLOADING,
        at,
        release=found.release,
        before=found.before,
        urgent=found.urgent,
        canaries=found.canaries,
        proof=found.proof,
        is_over=False,
    )


def _at_rest(update: Update, at: Moment, why: str, *, is_rejected: bool) -> Update:
    """Idle; or, while the fleet wants what came to nothing here, as that."""
    rejected = update.rejected
    if rejected is None or not is_rejected:
        return replace(_rest(update, at, why), rejected=None)
    return replace(_rest(update, at, rejected.why), state=rejected.state, release=rejected.release)


def _rest(update: Update, at: Moment, why: str) -> Update:
    return Update(State.IDLE, at, why=why, rejected=update.rejected)


def _again(update: Update, at: Moment, why: str) -> Update:
    """The same step once more, or none after too many. What is decided is carried through, however long it takes."""
    tried = replace(update, attempts=update.attempts + 1, why=why)
    if tried.attempts < MOST_ATTEMPTS or update.state in (State.COMMITTED, State.ROLLED_BACK):
        return tried
    if update.state is State.SWITCHING:
        return _reject(update, State.ROLLED_BACK, at, why)
    return replace(_to(update, State.FAILED, at, why=why), is_over=True)


def _reject(update: Update, state: State, at: Moment, why: str) -> Update:
    rejected = None if update.release is None else Rejected(update.release, state, why)
    return replace(_to(update, state, at, why=why), rejected=rejected, is_over=state is State.FAILED)


def _to(update: Update, state: State, at: Moment, *, why: str = "") -> Update:
    return replace(update, state=state, since=at, attempts=0, why=why, is_over=False)
