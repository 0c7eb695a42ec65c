"""What may happen in an update, as values. Pure."""

from dataclasses import dataclass

from agent.fleet.update import Baseline
from agent.fleet.values import Canary, Proof, ReleaseName


@dataclass(frozen=True, slots=True)
class CheckDue:
    """It is time to ask the fleet. `force`: what was rejected here is tried again."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The fleet wants nothing that this device could do now.

    Attributes:
        why: For a person.
        desired: What it wants; None: nothing.
    """

    why: str
    desired: ReleaseName | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """The site or the hour does not allow it now."""

    release: ReleaseName
    why: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The fleet wants this release, and it suits."""

    release: ReleaseName
    before: ReleaseName | None
    urgent: bool
    canaries: tuple[Canary, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Troubled:
    """The step came to nothing, and may be tried again."""

    why: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """No slot can be made of the release here."""

    why: str


@dataclass(frozen=True, slots=True)
class Staged:
    """There is a whole slot of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the release before reaches is known, as far as it can be."""

    baseline: Baseline


@dataclass(frozen=True, slots=True)
class Drained:
    """Nothing runs any more."""


@dataclass(frozen=True, slots=True)
class Started:
    """The new release runs: it is its own updater that says so."""


@dataclass(frozen=True, slots=True)
class Serves:
    """The new release serves, and has answered its canaries."""


@dataclass(frozen=True, slots=True)
class Proved:
    """It has shown what it had to; `why` has the figures."""

    why: str


@dataclass(frozen=True, slots=True)
class Disproved:
    """It has not; `why` has the figures."""

    why: str


@dataclass(frozen=True, slots=True)
class FellBack:
    """The launcher has gone back by itself. `rejected`: for the release's sake, not for a disk that took no count."""

    why: str
    rejected: bool = True


@dataclass(frozen=True, slots=True)
class Orphaned:
    """A release is on trial of which nothing is known: the file was damaged, or a newer agent's."""

    release: ReleaseName
    why: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was committed, or rolled back, is so in the slots too."""


Happening = (
    CheckDue
    | NothingToDo
    | Postponed
    | Found
    | Troubled
    | Unusable
    | Staged
    | Measured
    | Drained
    | Started
    | Serves
    | Proved
    | Disproved
    | FellBack
    | Orphaned
    | Settled
)
