"""The answer of a server while it comes in, and what becomes of it in the end."""

from agent.clock import Clock
from agent.engine.guidance import is_json
from agent.engine.protocol import Finished, GenerationRequest, Refused
from agent.engine.text import AnswerText
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, Usage
from agent.units import Seconds


class Attempt:
    """One answer, over all tries to get it.

    Attributes:
        away: Why the try before failed; None: there was none.
        answer: The text so far.
        usage: What the server counted; None: it has not told.
        first_token_at: When the first piece was there, on the boot clock.

    Args:
        clock: The time.
        request: What is answered.
        model: Who answers, for a person.
    """

    def __init__(self, clock: Clock, request: GenerationRequest, model: str) -> None:
        self._clock = clock
        self._request = request
        self._model = model
        self.away: str | None = None
        self.begin()

    def begin(self) -> None:
        """Everything anew."""
        self.answer = AnswerText(self._request.sampling.stop)
        self.usage: Usage | None = None
        self.first_token_at: Seconds | None = None
        self._pieces = 0
        self._deltas = 0

    def push(self, text: str) -> Delta | None:
        """More of the answer."""
        if text:
            self._pieces += 1
            self.first_token_at = self.first_token_at or self._clock.now()
        return self._delta(self.answer.push(text))

    def end(self) -> Delta | None:
        """No more comes."""
        return self._delta(self.answer.end())

    def finish(self, reason: FinishReason) -> Finished | Refused:
        """The outcome."""
        sampling = self._request.sampling
        # An answer that a stop ended need not be JSON, and servers do not say whether one of theirs did.
        is_checked = sampling.json_schema is not None and not sampling.stop
        if is_checked and reason is FinishReason.STOP and not is_json(self.answer.text):
            why = "the server did not keep to response_format: its answer is no JSON"
            return Refused(self._request.id, ErrorCode.UNSUPPORTED, why)
        return Finished(
            self._request.id,
            reason,
            self.answer.text,
            self.usage or Usage(prompt_tokens=0, completion_tokens=self._pieces),
            self.first_token_at,
            self._clock.now(),
        )

    def cut_off(self, reason: FinishReason) -> Finished | Refused:
        """The outcome of a request that was cancelled, or became late."""
        if reason is FinishReason.DEADLINE and self.away is not None and not self._pieces:
            why = f"the server of {self._model} was away until it was late: {self.away}"
            return Refused(self._request.id, ErrorCode.DEADLINE_EXCEEDED, why)
        self.answer.end()
        return self.finish(reason)

    def _delta(self, text: str) -> Delta | None:
        if not text:
            return None
        self._deltas += 1
        return Delta(self._request.id, self._deltas - 1, text)
