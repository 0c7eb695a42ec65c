"""What TensorRT Edge-LLM has produced of one answer. Pure.

The library's texts hold whole characters; a text comes with the tokens that completed it and those before it that
completed none. A character that its limit of tokens cuts comes as U+FFFD.
"""

from collections.abc import Sequence
from typing import Protocol

from agent.engine.compact_json import CompactJson
from agent.engine.text import AnswerText
from agent.prompt import FinishReason, Sampling
from agent.units import Seconds

_REASONS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


class Output(Protocol):
    """What is read of the library's `StreamDelta`."""

    @property
    def text(self) -> str:
        """New text."""
        ...

    @property
    def token_ids(self) -> Sequence[int]:
        """New tokens, the end token included."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it is the last one."""
        ...

    @property
    def finish_reason(self) -> str | None:
        """Of the last one: stop, length, cancelled, error."""
        ...


class Answer:
    """One answer while it grows.

    Attributes:
        text: What was and may be shown of it.
        ended: Why it ends, once that is known.
        completion_tokens: So far.
        first_token_at: When the first of them came; None before.

    Args:
        sampling: Its limits. Stops are found here, not by the library, which would have to be trusted not to show them.
    """

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._compact = None if sampling.json_schema is None else CompactJson()
        self._answer = AnswerText(sampling.stop)
        self._unshown: list[str] = []
        self.ended: FinishReason | None = None
        self.completion_tokens = 0
        self.first_token_at: Seconds | None = None

    @property
    def text(self) -> str:
        """All that was shown."""
        return self._answer.text

    @property
    def stopped(self) -> bool:
        """Whether a stop string ended it."""
        return self._answer.stopped

    def take(self, output: Output, at: Seconds) -> int:
        """Add an output that came then; how many of its tokens count."""
        tokens, room = len(output.token_ids), self._sampling.max_tokens - self.completion_tokens
        self.completion_tokens += min(tokens, room)
        if tokens and self.first_token_at is None:
            self.first_token_at = at
        if output.finished:
            self.ended = _REASONS.get(output.finish_reason or "")  # none of an error: its words come later
        text = output.text if tokens <= room else ""  # a character that was whole only behind the limit
        self._show(text.rstrip("\ufffd") if self.ended is FinishReason.LENGTH else text)
        if self.ended is None and self.completion_tokens >= self._sampling.max_tokens:
            self.ended = FinishReason.LENGTH
        return min(tokens, room)

    def shown(self) -> str:
        """What may be shown and was not yet; at the end, also what might have become a stop."""
        rest = self._answer.end() if self.ended is not None else ""
        text, self._unshown = "".join([*self._unshown, rest]), []
        return text

    def _show(self, text: str) -> None:
        self._unshown.append(self._answer.push(text if self._compact is None else self._compact.push(text)))
        if self._answer.stopped:
            self.ended = FinishReason.STOP
