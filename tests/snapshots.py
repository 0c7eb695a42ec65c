"""A snapshot to look at: an agent on one of the boards that has served a little."""

from collections.abc import Sequence

from agent.budget.energy import EnergyTotals, ModelEnergy
from agent.budget.memory_state import MemoryState
from agent.budget.pressure import Level
from agent.budget.state import GovernorState, PowerState
from agent.counters import Counters
from agent.errors import ErrorCode
from agent.observed import Dropped
from agent.platform.identity import identify
from agent.platform.readings import PowerSpan, Reading, Sampled, Why
from agent.platform.sensors import Sensors
from agent.prompt import Completion, Energy, Failure, FinishReason, PromptId, Timing, Usage
from agent.scheduler import Limits
from agent.snapshot import Snapshot
from agent.spool import SpoolStats
from agent.units import Bytes, Joules, Milliwatts, Ratio, Seconds, UnixSeconds
from tests.boards import BoardTree

LIMITED = GovernorState(
    PowerState.LIMITED,
    Seconds(0.0),
    Milliwatts(12_000.0),
    Limits(Ratio(0.61), 1, "edge-tiny", "12 W are enough for 61% of full speed"),
    "12 W are enough for 61% of full speed",
)
NOTHING_SAMPLED = Sampled(None, None, None, "the sensors have not answered yet")


def completion(first: float | None = 0.1, speed: float | None = 20.0, *, output: int = 10) -> Completion:
    """A reply of `output` tokens."""
    return Completion(
        PromptId("a"),
        "edge-tiny",
        UnixSeconds(0),
        "text",
        FinishReason.STOP,
        Usage(prompt_tokens=30, completion_tokens=output, cached_tokens=20),
        Timing(Seconds(0), None if first is None else Seconds(first), Seconds(0.55), speed),
        Energy(Joules(5.5), "ina3221"),
    )


def served(first_tokens: Sequence[float] = (0.1, 0.2, 0.3)) -> Counters:
    """Counters of an agent that has answered so many prompts, and refused one."""
    counters = Counters()
    counters.received(len(first_tokens) + 1, taken=len(first_tokens), refused=[])
    for first in first_tokens:
        counters.replied(completion(first))
    counters.replied(Failure(PromptId("b"), ErrorCode.TOO_LARGE, "too large"))
    for _ in first_tokens:
        counters.observed()
    counters.dropped(Dropped.REPLACED)
    return counters


def sampled(tree: BoardTree) -> Sampled:
    """What a board's sensors say."""
    readings = Sensors(tree.root).read()
    total = readings.power.total.value
    span = None if total is None else PowerSpan(total, Milliwatts(total + 1000), 50)
    return Sampled(readings.power, readings.device, span, None)


def snapshot(tree: BoardTree, what: Sampled | None = None, counters: Counters | None = None) -> Snapshot:
    """The whole."""
    return Snapshot(
        device="orin-7",
        machine=identify(tree.root),
        model="edge-tiny",
        boot_id="2f1c",
        at=Seconds(1000.5),
        wall=UnixSeconds(1790000000.1234),
        agent_uptime=Seconds(100.0),
        sampled=what or sampled(tree),
        governor=LIMITED,
        counts=(counters or served()).counts(),
        energy=EnergyTotals(
            Joules(700.0), Joules(60.0), {"edge-tiny": ModelEnergy(Joules(60.0), 90, 30)}, Milliwatts(6300)
        ),
        output_tokens_per_s=3.0,
        queued=2,
        running=1,
        connected=True,
        connection_losses=4,
        agent_memory=Bytes(70_000_000),
        engine_memory=Reading(None, Why.GONE),
        memory_budget=MemoryState(
            budget=Bytes(4 << 30),
            reserve=Bytes(512 << 20),
            predicted=Bytes(90 << 20),
            measured=Bytes(42 << 20),
            context_length=4096,
            level=Level.CALM,
        ),
        outbox=Reading(5),
        spool=SpoolStats(messages=7, size=Bytes(6000), dropped=1),
        journal_size=Reading(Bytes(4096)),
    )
