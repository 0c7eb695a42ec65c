"""What a new process makes of what it finds."""

import pytest

from agent.fleet.happenings import FellBack, Happening, Orphaned, Proved, Started, Troubled
from agent.fleet.update import State, Update
from agent.fleet.values import ReleaseName
from agent.fleet.waking import UNKNOWN, Circumstances, GivenUp, on_waking

R0, R1 = ReleaseName("r0"), ReleaseName("r1")
GIVEN_UP = GivenUp(R1, "3 starts")
FULL = GivenUp(R1, "its start could not be counted")


def update(state: State, *, is_over: bool = False) -> Update:
    return Update(state, release=R1, before=R0, is_over=is_over)


def found(
    running: ReleaseName | None,
    trial: ReleaseName | None = None,
    given_up: GivenUp | None = None,
    good: ReleaseName | None = R0,
) -> Circumstances:
    return Circumstances(running, good, trial, given_up)


@pytest.mark.parametrize(
    ("before", "circumstances", "happening"),
    [
        (update(State.SWITCHING), found(R1, trial=R1), Started()),
        (update(State.SWITCHING), found(R1, trial=R1, good=R1), Proved("it was the good one already")),
        (update(State.SWITCHING), found(R0, given_up=GIVEN_UP), FellBack("3 starts")),
        (update(State.SWITCHING), found(R0, given_up=FULL), FellBack(FULL.why, rejected=False)),
        (update(State.PROVING), found(R0, given_up=FULL), FellBack(FULL.why, rejected=False)),
        (update(State.PROVING), found(R0), FellBack("the launcher started r0", rejected=False)),
        (update(State.SWITCHING), found(R0, given_up=GivenUp(UNKNOWN, "torn")), FellBack("torn")),
        (update(State.SWITCHING), found(R0), Troubled("r1 was to be started, and r0 was")),
        (update(State.SWITCHING), found(None), Troubled("r1 was to be started, and the installed release was")),
        (update(State.PROVING), found(R1, trial=R1), None),
        (update(State.PROVING), found(R0, given_up=GIVEN_UP), FellBack("3 starts")),
        (update(State.PROVING), found(R0, given_up=GivenUp(R0, "an old one")), FellBack("the launcher started r0")),
        (update(State.COMMITTED), found(R1, trial=R1), None),
        (update(State.COMMITTED), found(R1, good=R1), None),
        (update(State.COMMITTED), found(R0), FellBack("the launcher started r0", rejected=False)),
        (update(State.COMMITTED, is_over=True), found(R0, good=R1), None),
        (update(State.ROLLED_BACK), found(R1, trial=R1), None),
        (update(State.ROLLED_BACK), found(R0), None),
        (update(State.DOWNLOADING), found(R0), None),
        (Update(), found(R0), None),
        (Update(), found(R1, trial=R1), Orphaned(R1, "it was on trial, and the update is idle")),
        (update(State.STAGED), found(R0, trial=R1), Orphaned(R1, "it was on trial, and the update is staged")),
        (Update(), found(R1, trial=R1, good=R1), None),  # a commit that was cut off: the launcher knows it too
    ],
)
def test_on_waking(before: Update, circumstances: Circumstances, happening: Happening | None) -> None:
    assert on_waking(before, circumstances) == happening
