"""What a prompt's sender is told, made from what became of it. Pure."""

from agent.engine.protocol import Finished
from agent.errors import ErrorCode
from agent.prompt import Completion, Energy, Failure, FinishReason, Pending, Prompt, Timing, Usage
from agent.units import Seconds, UnixSeconds

_OVER_BUDGET_RETRY_AFTER = Seconds(60.0)
"""What ends a shortage of power is not known here: a schedule, a person, the weather."""


def completion(  # noqa: PLR0913 - what a completion consists of
    prompt: Prompt, model: str, admitted: Seconds, finished: Finished, *, energy: Energy, created: UnixSeconds
) -> Completion:
    """The reply to a prompt that ran.

    Args:
        prompt: The prompt.
        model: The model that answered.
        admitted: When the engine took it, on the boot clock.
        finished: What the engine said in the end.
        energy: What it has cost.
        created: Now, by the wall clock.
    """
    first, last, tokens = finished.first_token_at, finished.finished_at, finished.usage.completion_tokens
    decoding = last - first if first is not None else 0.0
    return Completion(
        id=prompt.id,
        model=model,
        created=created,
        text=finished.text,
        finish_reason=finished.reason,
        usage=finished.usage,
        timing=Timing(
            queued=Seconds(admitted - prompt.received),
            time_to_first_token=None if first is None else Seconds(first - prompt.received),
            total=Seconds(last - prompt.received),
            decode_tokens_per_s=(tokens - 1) / decoding if tokens > 1 and decoding > 0 else None,
        ),
        energy=energy,
    )


def cancelled(pending: Pending, model: str, now: Seconds, created: UnixSeconds) -> Completion:
    """The reply to a prompt that was cancelled while it waited."""
    waited = Seconds(now - pending.received)
    return Completion(
        id=pending.id,
        model=model,
        created=created,
        text="",
        finish_reason=FinishReason.CANCELLED,
        usage=Usage(prompt_tokens=0, completion_tokens=0),
        timing=Timing(queued=waited, time_to_first_token=None, total=waited, decode_tokens_per_s=None),
    )


def late(pending: Pending, now: Seconds, held_back: str | None = None) -> Failure:
    """The reply to a prompt whose deadline passed while it waited, or that the power budget refuses.

    Args:
        pending: The prompt.
        now: On the boot clock.
        held_back: Why nothing may be run now, where the power budget is the reason.
    """
    waited = f"it waited {now - pending.received:.1f} s"
    if held_back is not None:
        return Failure(pending.id, ErrorCode.OVER_BUDGET, f"{waited}: {held_back}", _OVER_BUDGET_RETRY_AFTER)
    return Failure(pending.id, ErrorCode.DEADLINE_EXCEEDED, f"{waited} for its turn")
