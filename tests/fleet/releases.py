"""A fleet that wants something of its devices, and releases that behave in every way."""

import hashlib
from dataclasses import dataclass, field, replace

from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.values import (
    Blob,
    Canary,
    Desired,
    Digest,
    Distrust,
    Proof,
    Release,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.units import Bytes, Ratio, Seconds

CANARIES = (Canary("capital", "What is the capital of France?", 16, ("Paris",)), Canary("sum", "2 + 2?", 8, ("4",)))
_SOON = Seconds(5.0)
_AT_ONCE = Seconds(1.0)
PROOF = Proof(
    within=Seconds(120.0),
    lasts=Seconds(600.0),
    least_speed=Ratio(0.8),
    most_energy=Ratio(1.3),
    most_failures=Ratio(0.05),
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a release runs.

    Attributes:
        crashes_after: So long after its start it ends by itself.
        hangs: Its process does nothing any more, and systemd's watchdog ends it.
        serves_after: So long it takes until a model is loaded; None: it never is.
        answers: What it says to every canary.
        answers_after: So long that takes.
        speed: Tokens a second.
        joules: A token; None: nothing measures.
        answered: Prompts that it answers each minute.
        failed: Prompts that fail each minute.
    """

    crashes_after: Seconds | None = None
    hangs: bool = False
    serves_after: Seconds | None = _SOON
    answers: str = "It is Paris, or 4."
    answers_after: Seconds = _AT_ONCE
    speed: float = 30.0
    joules: float | None = 0.5
    answered: float = 60.0
    failed: float = 0.0


GOOD = Behaviour()
BAD: dict[str, Behaviour] = {
    "crashes at start": replace(GOOD, crashes_after=Seconds(2.0)),
    "crashes while it is watched": replace(GOOD, crashes_after=Seconds(200.0)),
    "hangs": replace(GOOD, hangs=True),
    "loads no model": replace(GOOD, serves_after=None),
    "answers wrongly": replace(GOOD, answers="It is Berlin, or 4."),
    "answers nothing": replace(GOOD, answers_after=Seconds(1e6)),
    "is 30 % slower": replace(GOOD, speed=21.0),
    "takes more energy": replace(GOOD, joules=0.8),
    "fails": replace(GOOD, answered=40.0, failed=20.0),
}


def release(name: str, *, canaries: tuple[Canary, ...] = CANARIES, proof: Proof = PROOF) -> Release:
    """One with two files."""
    files = tuple(ReleaseFile(f"{part}.whl", _blob(f"{name}/{part}")) for part in ("agent", "lock"))
    return Release(
        name=ReleaseName(name),
        version="1",
        wheels=files,
        lock=files[1].blob,
        models=(),
        config=None,
        requires=Requirements(),
        canaries=canaries,
        proof=proof,
    )


def _blob(content: str) -> Blob:
    return Blob(Digest(hashlib.sha256(content.encode()).hexdigest()), Bytes(50))


@dataclass(slots=True)
class SimulatedFleet:
    """What a repository says, and how the releases in it behave; many devices may ask the same one.

    Attributes:
        wants: What is desired; None: nothing.
        releases: All that there are.
        behaviours: Of the releases.
        unlike: Of a release on some device that is not like the others.
        is_reachable: Whether it answers.
        distrust: In which way what it gives is not to be trusted; None: in none.
        asked: How often it was asked.
    """

    wants: Desired | None = None
    releases: dict[ReleaseName, Release] = field(default_factory=dict)
    behaviours: dict[ReleaseName, Behaviour] = field(default_factory=dict)
    unlike: dict[tuple[ReleaseName, str], Behaviour] = field(default_factory=dict)
    is_reachable: bool = True
    distrust: Distrust | None = None
    asked: int = 0

    def publish(self, name: str, behaviour: Behaviour = GOOD, *, proof: Proof = PROOF) -> ReleaseName:
        """Have a release."""
        made = release(name, proof=proof)
        self.releases[made.name] = made
        self.behaviours[made.name] = behaviour
        return made.name

    def want(self, name: str, *, share: float = 1.0, urgent: bool = False, back: bool = False) -> None:
        """Want a release of a share of the devices."""
        self.wants = Desired(ReleaseName(name), Ratio(share), f"cohort of {name}", urgent, back)

    def refresh(self) -> None:
        self.asked += 1
        self._answer()

    def _answer(self) -> None:
        if not self.is_reachable:
            raise UnreachableError("nobody answers")
        if self.distrust is not None:
            raise DistrustError(self.distrust, f"it is {self.distrust}, asked {self.asked} times")

    def desired(self) -> Desired | None:
        return self.wants

    def release(self, name: ReleaseName) -> Release:
        self._answer()
        return self.releases[name]

    def behaviour(self, name: ReleaseName | None, device: str) -> Behaviour:
        """Of a release, or of the installed one, on a device."""
        return GOOD if name is None else self.unlike.get((name, device), self.behaviours[name])
