"""How many requests at once a model has memory for. Pure."""

from dataclasses import dataclass, replace

from agent.budget.memory import Fits, Geometry, Learnt, MemoryBounds, MemoryNow, Need, judge, workspace
from agent.budget.prompt_chunk import part_of
from agent.units import Bytes

COMMON_CONTEXT = 8192
"""Tokens. Where several requests run at once, each is given memory for so many at most; one alone may have more."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What there is memory for when several requests run at once.

    Attributes:
        batch: Requests at once.
        room: For the KV caches of all of them, and the workspaces of all but one.
        tokens: Of those caches, when so many run.
        workspace: Of each of them.
        need: At the peak.
    """

    batch: int
    room: Bytes
    tokens: int
    workspace: Bytes
    need: Need


def share(  # noqa: PLR0913 - as `judge`, and what it found
    geometry: Geometry, fit: Fits, now: MemoryNow, bounds: MemoryBounds, *, most: int, learnt: Learnt | None = None
) -> Shared:
    """How many requests at once there is memory for: one of the whole context, or so many shorter ones.

    Args:
        geometry: The model.
        fit: What was judged of it, for one request.
        now: As for `judge`.
        bounds: What the operator allows.
        most: More are not wanted.
        learnt: What is known of the model from before.
    """
    common = replace(geometry, context_length=min(COMMON_CONTEXT, geometry.context_length))
    may_shorten = replace(bounds, shorten_context=True)
    for batch in range(most, 1, -1):
        verdict = judge(common, now, may_shorten, batch=batch, learnt=learnt, chunk=fit.chunk)
        if isinstance(verdict, Fits):
            each = workspace(geometry, part_of(fit.chunk, batch))
            beside = (batch - 1) * each
            room = max(fit.context_length * geometry.token, verdict.need.cache + beside)
            need = max(fit.need, verdict.need, key=lambda need: need.total)
            return Shared(batch, Bytes(room), (room - beside) // geometry.token, Bytes(each), need)
    alone = workspace(geometry, fit.chunk)
    return Shared(1, Bytes(fit.context_length * geometry.token), fit.context_length, Bytes(alone), fit.need)
