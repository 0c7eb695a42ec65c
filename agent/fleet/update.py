"""How far an update is, as a value. Pure; `update_file.py` keeps it, `state.py` says what may become of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.events import UpdateState
from agent.fleet.values import Canary, Proof, ReleaseName
from agent.units import Ratio, Seconds, UnixSeconds

NONE: Final = Ratio(0.0)


class State(StrEnum):
    """Where an update stands. Never renamed: they are in files and in events."""

    IDLE = "idle"
    CHECKING = "checking"
    """The fleet is asked what it wants."""
    DOWNLOADING = "downloading"
    """What is missing comes, and is made to a slot."""
    STAGED = "staged"
    """The slot is there; the release that runs is measured."""
    DRAINING = "draining"
    """What runs comes to its end."""
    SWITCHING = "switching"
    """The next start is the new release's."""
    PROVING = "proving"
    """The new release runs, and is watched."""
    COMMITTED = "committed"
    """It is the good one."""
    ROLLED_BACK = "rolled_back"
    """It was on trial, and the one before is to run again."""
    FAILED = "failed"
    """It came to nothing before the release was ever started."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time that outlives a boot.

    Attributes:
        boot_id: The boot whose clock `boot` is on.
        boot: On the boot clock.
        wall: The same moment by the wall clock, which may be wrong.
    """

    boot_id: str
    boot: Seconds
    wall: UnixSeconds


@dataclass(frozen=True, slots=True)
class CanaryFigures:
    """How fast a canary was answered, at best.

    Attributes:
        name: The canary's.
        tokens_per_second: While the answer was generated; None: not measured.
        joules_per_token: None: not measured.
    """

    name: str
    tokens_per_second: float | None
    joules_per_token: float | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the release before reached.

    Attributes:
        figures: On the new release's canaries; without those that it could not answer.
        failures: The share of its prompts that failed.
    """

    figures: tuple[CanaryFigures, ...] = ()
    failures: Ratio = NONE


@dataclass(frozen=True, slots=True)
class Rejected:
    """A release that came to nothing here, and is not tried again until the fleet wants another one.

    Attributes:
        release: Which.
        state: In which way: `FAILED` or `ROLLED_BACK`.
        why: For a person.
    """

    release: ReleaseName
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Update:
    """How far an update is.

    Attributes:
        state: Where it stands.
        since: Since when; None: this device has never been asked to update.
        release: What it is about; None: nothing.
        before: What ran before it; None: the installed one.
        urgent: Whether quiet hours do not count.
        attempts: How often the step of this state came to nothing.
        canaries: What the release is asked: kept, so that it can be proved without its server.
        proof: What it has to show.
        baseline: What the release before reached.
        serves_since: Since when the new release has served, and answered its canaries.
        why: What there is to say, for a person.
        is_over: Whether a committed or a rolled back one is that in its slots too.
        rejected: The release that is not tried again.
    """

    state: State = State.IDLE
    since: Moment | None = None
    release: ReleaseName | None = None
    before: ReleaseName | None = None
    urgent: bool = False
    attempts: int = 0
    canaries: tuple[Canary, ...] = ()
    proof: Proof | None = None
    baseline: Baseline | None = None
    serves_since: Moment | None = None
    why: str = ""
    is_over: bool = True
    rejected: Rejected | None = None

    def said(self) -> UpdateState:
        """What is told of it."""
        is_rejected = self.rejected is not None and self.rejected.release == self.release
        return UpdateState(self.release, self.state.value, self.why, rejected=is_rejected)
