"""Whether a rollout goes on, waits, or goes back. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from agent.fleet.eligibility import place
from agent.fleet.update import State
from agent.fleet.values import ReleaseName
from agent.fleet_admin.seen import FAILED, ON_TRIAL, Seen
from agent.units import Ratio, Seconds, UnixSeconds

_LEAST_SETTLED = 0.5
"""Of the devices of a phase that are there: so many have to have come to an end before the next phase."""
_ALL = Ratio(1.0)
_UNDER_WAY = ON_TRIAL | {State.DOWNLOADING, State.STAGED, State.DRAINING}


@dataclass(frozen=True, slots=True)
class Plan:
    """A rollout.

    Attributes:
        channel: Of which devices.
        release: What they are to take; its name is the cohort.
        phases: Which share of them, one after the other, growing.
        hold: So long each phase lasts at least.
        most_failures: The share of a phase's devices that may fail.
    """

    channel: str
    release: ReleaseName
    phases: tuple[Ratio, ...]
    hold: Seconds
    most_failures: Ratio


@dataclass(frozen=True, slots=True)
class Counts:
    """The devices of a phase.

    Attributes:
        heard: All of the channel that were heard, in the phase or not yet.
        asked: All that are known to be in it.
        there: Those of them that are online.
        committed: Those that have the release.
        failed: Those where it came to nothing for its own sake: not for a server that was away, or a full disk.
        lost: Those that went offline with it on trial, and have been away for as long as a phase lasts at least.
        under_way: The states of those that are at it, and have not been away for as long.
    """

    heard: int
    asked: int
    there: int
    committed: int
    failed: int
    lost: int
    under_way: tuple[str, ...] = ()

    def words(self) -> str:
        """For a person."""
        lost = f", {self.lost} lost on trial" if self.lost else ""
        return f"{self.committed} of {self.asked} committed, {self.failed} failed{lost}, {self.there} online"


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet.

    Attributes:
        why: For a person.
        is_odd: Whether that person has to look at something: it may never come to an end by itself.
    """

    why: str
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """The next phase; after the last one, the end."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """Too many have failed."""

    why: str


def count(plan: Plan, phase: int, devices: Iterable[Seen], now: UnixSeconds) -> Counts:
    """The devices of a phase.

    One is in it when it says that it is of the channel (and of no group, which may have a release of its own) and its
    place is below the share; or when it has said anything about the release.
    """
    heard = [seen for seen in devices if _is_asked(plan, _ALL, seen)]
    asked = [seen for seen in heard if _is_asked(plan, plan.phases[phase], seen)]
    about = [seen for seen in asked if seen.release == plan.release]
    return Counts(
        heard=len(heard),
        asked=len(asked),
        there=sum(seen.is_online is not False for seen in asked),
        committed=sum(_has(plan, seen) for seen in asked),
        failed=sum(_has_failed(seen) for seen in about),
        lost=sum(_is_lost(plan, seen, now) for seen in about),
        under_way=tuple(seen.state for seen in about if seen.state in _UNDER_WAY and not _is_away(plan, seen, now)),
    )


def told_of_failures(plan: Plan, phase: int, devices: Iterable[Seen], now: UnixSeconds) -> list[str]:
    """What `count` counts as failed and lost: a line for each device, for a person."""
    lines = []
    for seen in devices:
        if seen.release != plan.release or not _is_asked(plan, plan.phases[phase], seen):
            continue
        if _has_failed(seen):
            lines.append(f"{seen.device}: {seen.why or seen.state}")
        elif seen.gone_since is not None and _is_lost(plan, seen, now):
            lines.append(f"{seen.device}: was {seen.state} when it went offline, {now - seen.gone_since:.0f} s ago")
    return lines


def decide(plan: Plan, phase: int, lasted: Seconds, counts: Counts) -> Wait | Next | GoBack:
    """What follows.

    Silence is not success: it does not go on while nobody is heard, nor while nobody of the phase has come to an end.
    A phase in which none of a small channel's devices is passes when its time is over.

    Args:
        plan: The rollout.
        phase: Which of its phases is now.
        lasted: For how long it has been.
        counts: What has come of it.
    """
    failed = counts.failed + counts.lost
    if failed > plan.most_failures * counts.asked:
        return GoBack(
            f"{failed} of {counts.asked} devices failed at {plan.phases[phase]:.0%}, "
            f"and {plan.most_failures:.1%} of them may"
        )
    if counts.heard == 0:
        return Wait(
            f"no device of {plan.channel} is heard: look at the broker's address, at topic_root, at what this user may "
            "read there, and whether devices have fleet.channel and are in no group",
            is_odd=True,
        )
    if lasted < plan.hold:
        return Wait(f"this phase lasts {plan.hold - lasted:.0f} s more")
    settled = counts.committed + failed
    if settled == 0 < counts.asked:
        return _nobody_yet(plan.phases[phase], counts)
    if settled < _LEAST_SETTLED * counts.there:
        return Wait(f"{settled} of {counts.there} that are online have come to an end, half of them should have")
    return Next()


def _nobody_yet(share: Ratio, counts: Counts) -> Wait:
    """Nobody has come to an end."""
    if counts.under_way:
        states = ", ".join(f"{number} {state}" for state, number in Counter(counts.under_way).most_common())
        return Wait(f"nobody of the {share:.0%} has come to an end yet: {states}")
    return Wait(
        f"nobody of the {share:.0%} has come to an end: look whether these devices are on, whether they reach the "
        "repository and the broker, and whether --hold is longer than fleet.every",
        is_odd=True,
    )


def _is_asked(plan: Plan, share: Ratio, seen: Seen) -> bool:
    if plan.release in (seen.release, seen.running):
        return True
    return seen.channel == plan.channel and seen.group is None and place(seen.device, plan.release) < share


def _has_failed(seen: Seen) -> bool:
    """An older agent does not say whether it was the release's fault."""
    return seen.state in FAILED and seen.rejected is not False


def _is_lost(plan: Plan, seen: Seen, now: UnixSeconds) -> bool:
    return seen.state in ON_TRIAL and _is_away(plan, seen, now)


def _is_away(plan: Plan, seen: Seen, now: UnixSeconds) -> bool:
    """A device that restarts to try a release is away for a moment, and a fleet has always one that does."""
    return seen.gone_since is not None and now - seen.gone_since >= plan.hold


def _has(plan: Plan, seen: Seen) -> bool:
    if seen.release == plan.release and seen.state in FAILED:
        return False
    return seen.running == plan.release or (seen.release == plan.release and seen.state == State.COMMITTED)
