"""The answer of one request while it grows, token by token, and the events that tell of it."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.clock import boottime
from agent.engine.guidance import is_json, too_intricate
from agent.engine.protocol import Event, Finished, GenerationRequest, Refused
from agent.engine.text import AnswerText
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Seconds


@dataclass(slots=True)
class Answer:
    """What an admitted request has generated.

    Attributes:
        request: It.
        detokenizer: The library's, for this answer.
        prompt_tokens: Of its prompt.
        cached_tokens: Those of them that were not to be read again.
        completion_tokens: Generated, the end token included.
        ended: Why it ends, once that is known.
    """

    request: GenerationRequest
    detokenizer: Any
    prompt_tokens: int
    cached_tokens: int = 0
    completion_tokens: int = 0
    ended: FinishReason | None = None
    _text: AnswerText = field(init=False)
    _deltas: int = 0
    _first_token_at: Seconds | None = None

    def __post_init__(self) -> None:
        """Begin."""
        self._text = AnswerText(self.request.sampling.stop)

    @property
    def id(self) -> PromptId:
        """Of the request."""
        return self.request.id

    def take(self, token: int, ends: Container[int]) -> str:
        """A token has been generated; the text that may be shown. Sees whether it is the last one."""
        self.completion_tokens += 1
        self._first_token_at = self._first_token_at or boottime()
        if token in ends:
            self.ended = FinishReason.STOP
            return ""
        text = self._text.push(self.detokenizer.decode(token))
        if self._text.stopped:
            self.ended = FinishReason.STOP
        elif self.completion_tokens >= self.request.sampling.max_tokens:
            self.ended = FinishReason.LENGTH
        return text

    def tell(self, text: str) -> Sequence[Event]:
        """The delta, where there is any text."""
        if not text:
            return ()
        self._deltas += 1
        return (Delta(self.id, self._deltas - 1, text),)

    def finish(self, reason: FinishReason, text: str) -> Sequence[Event]:
        """The last events; the very last is the outcome.

        Args:
            reason: Why it ends.
            text: That is still to be told.
        """
        last = self.tell(text + self._text.end())
        whole = self._text.text
        guided = self.request.sampling.json_schema is not None
        if guided and reason is FinishReason.STOP and not self._text.stopped and not is_json(whole):
            # A grammar that becomes too intricate midway is silently begun again.
            return (self.refuse(),)
        usage = Usage(self.prompt_tokens, self.completion_tokens, self.cached_tokens)
        return (*last, Finished(self.id, reason, whole, usage, self._first_token_at, boottime()))

    def refuse(self) -> Refused:
        """The outcome of an answer whose grammar grew too intricate."""
        refusal = too_intricate()
        return Refused(self.id, refusal.code, refusal.message)
