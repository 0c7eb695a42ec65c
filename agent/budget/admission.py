"""Whether memory lets prompts run, and how long they may be. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.budget.memory import DoesNotFit, Fits, Geometry, MemoryBounds, MemoryNow
from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.budget.sharing import Shared
from agent.errors import ErrorCode
from agent.units import Bytes, Seconds

PATIENCE = Seconds(10.0)
"""How long prompts wait for memory before they are told that there is none."""
RETRY_AFTER = Seconds(30.0)
"""When there may be memory again."""
_NONE = Bytes(0)


@dataclass(frozen=True, slots=True)
class Room:
    """How much memory a request may take.

    Attributes:
        token: What one token, of the prompt or of the answer, takes in the KV cache.
        available: For all of them, those included that the engine keeps of earlier requests and gives up for more, and
            those of requests that run.
        context_length: The most of them, however much there is.
        workspace: What each request that runs beside others takes besides.
    """

    token: Bytes
    available: Bytes
    context_length: int
    workspace: Bytes = _NONE

    @property
    def least(self) -> Bytes:
        """What hardly any prompt takes less than."""
        return Bytes(min(LEAST_CHUNK, self.context_length) * self.token)


@dataclass(frozen=True, slots=True)
class Admission:
    """What memory allows the worker now.

    Attributes:
        is_open: Whether prompts may be started.
        refusal: Why those that wait are answered with `code`; None: they wait.
        retry_after: When they may be sent again; None: not as long as nothing is changed.
        room: What a prompt may take; None: enough.
        code: With a refusal.
    """

    is_open: bool = True
    refusal: str | None = None
    retry_after: Seconds | None = None
    room: Room | None = None
    code: ErrorCode = ErrorCode.DOES_NOT_FIT


def room_for_request(  # noqa: PLR0913 - everything that it depends on
    geometry: Geometry,
    now: MemoryNow,
    bounds: MemoryBounds,
    *,
    measured: Bytes,
    context_length: int,
    shared: Shared | None = None,
) -> Room:
    """What the next request may take in the KV cache of a model that is loaded.

    Args:
        geometry: The model.
        now: The memory as it would be without KV caches: with what they take added to what is available.
        bounds: What the operator allows.
        measured: What the engine's process has taken, likewise.
        context_length: The most tokens of a request: there was no more room at the load.
        shared: What all requests together may take; None: one runs at a time.
    """
    room = max(0, now.available - bounds.reserve)
    if bounds.budget is not None:
        room = min(room, max(0, bounds.budget - measured))
    most = context_length * geometry.token if shared is None else shared.room
    beside = _NONE if shared is None else shared.workspace
    return Room(geometry.token, Bytes(min(room, most)), context_length, beside)


def closed(since: Seconds | None, at: Seconds, why: str) -> Admission:
    """No prompt is started: they wait, and after a while are told why.

    Args:
        since: Since when there has been too little memory; None: that is not why.
        at: Now.
        why: For the senders.
    """
    if since is None or at - since < PATIENCE:
        return Admission(is_open=False)
    return Admission(is_open=False, refusal=why, retry_after=RETRY_AFTER)


def without_a_model(verdicts: Sequence[Fits | DoesNotFit | None], since: Seconds | None, at: Seconds) -> Admission:
    """While no model is loaded: prompts wait for the first that fits; what never can is told at once.

    Args:
        verdicts: On every model that may be loaded.
        since: As for `closed`.
        at: Now.
    """
    lacking = [verdict for verdict in verdicts if isinstance(verdict, DoesNotFit)]
    if len(lacking) < len(verdicts):
        return Admission(is_open=False)
    least = min(lacking, key=lambda verdict: verdict.needed)
    if not any(verdict.ever for verdict in lacking):
        return Admission(is_open=False, refusal=str(least))
    return closed(since, at, str(least))


def without_an_engine(since: Seconds, at: Seconds, why: str) -> Admission:
    """While no engine loads the model: prompts wait a while, and are told why. Nobody knows when it will.

    Args:
        since: Since when that is so.
        at: Now.
        why: For the senders.
    """
    if at - since < PATIENCE:
        return Admission(is_open=False)
    return Admission(is_open=False, refusal=why, code=ErrorCode.ENGINE_FAILED)
