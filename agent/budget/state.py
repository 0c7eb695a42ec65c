"""What the governor is given, what it gives and what it remembers. Pure values."""

from dataclasses import dataclass
from enum import StrEnum

from agent.budget.ceiling import UNSTRAINED, Strain
from agent.budget.watts import Learnt, Work
from agent.platform.readings import DeviceReadings
from agent.scheduler import Limits
from agent.units import Milliwatts, Seconds


class PowerState(StrEnum):
    """How the machine stands to its budget."""

    WITHIN = "within"
    LIMITED = "limited"
    OVER = "over"
    UNMETERED = "unmetered"


class Rung(StrEnum):
    """What is done beyond pacing, in this order."""

    PACE = "pace"
    ONE_AT_A_TIME = "one at a time"
    FALLBACK = "fallback"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is to be kept.

    Attributes:
        budget: Of the whole machine; None: no limit, only heat and over-current count.
        refuse_unmetered: Whether nothing may run while a budget cannot be measured.
        max_running: Requests that the loaded model can run at once.
        model: The model that is wanted.
        fallback: A smaller one; None: there is none.
    """

    budget: Milliwatts | None
    refuse_unmetered: bool
    max_running: int
    model: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known at one moment.

    Attributes:
        total: The machine's power, by a new sample; None: there is none.
        why: Why there is none, for a person.
        device: Temperatures and counters; None: unknown.
        work: What the engine did since the power sample before.
        running: Requests in the engine.
        is_loading: Whether a model is wanted that is not there yet. What that draws says nothing of the machine.
    """

    total: Milliwatts | None
    why: str
    device: DeviceReadings | None
    work: Work
    running: int
    is_loading: bool = False


@dataclass(frozen=True, slots=True)
class GovernorState:
    """What is decided, and how the machine stands.

    Attributes:
        over_for: How long the budget has been exceeded without a break.
        reason: For a person: why the limits are what they are.
    """

    state: PowerState
    over_for: Seconds
    budget: Milliwatts | None
    limits: Limits
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """A rung that was left for the next one, and what the engine added there at full duty."""

    rung: Rung
    rise: Milliwatts


@dataclass(frozen=True, slots=True)
class Memory:
    """What `govern` remembers; the first call gets `FRESH`.

    Attributes:
        duty: The last one.
        learnt: None before the first sample.
        blind_for: Time since the last sample.
        smoothed: The total over about a second.
        over_for: How long that has been above the budget.
        integral: Milliwatts by which the budget is corrected.
        rung: What is done beyond pacing.
        left: The rungs above.
        pressed_for: How long the next rung has been needed, or (negative) the last one could be taken back.
        running: Requests in the engine.
        batch: How many there were at the last sample with any: what is learnt of the engine is of so many.
        strain: Heat and over-current.
        stopped_for: How long nothing could run.
    """

    duty: float
    learnt: Learnt | None
    blind_for: Seconds
    smoothed: Milliwatts
    over_for: Seconds
    integral: float
    rung: Rung
    left: tuple[Left, ...]
    pressed_for: float
    running: int
    batch: int
    strain: Strain
    stopped_for: Seconds


FRESH = Memory(
    duty=1.0,
    learnt=None,
    blind_for=Seconds(0.0),
    smoothed=Milliwatts(0.0),
    over_for=Seconds(0.0),
    integral=0.0,
    rung=Rung.PACE,
    left=(),
    pressed_for=0.0,
    running=0,
    batch=0,
    strain=UNSTRAINED,
    stopped_for=Seconds(0.0),
)
"""Nothing is known yet."""
