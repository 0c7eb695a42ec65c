"""The answer of a server while it comes in, and what becomes of it in the end."""

from collections.abc import Sequence

from agent.clock import Clock
from agent.engine.guidance import is_json
from agent.engine.openai_format import Chunk
from agent.engine.protocol import Event, Finished, GenerationRequest, Refused
from agent.engine.text import AnswerText
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, Usage
from agent.units import Seconds


class Attempt:
    """One answer, over all tries to get it.

    Attributes:
        away: Why the try before failed; None: there was none.
        answer: The text so far.
        ended: Why the answer is whole; None: it is not.
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
        self.ended: FinishReason | None = None
        self._usage: Usage | None = None
        self.first_token_at: Seconds | None = None
        self._pieces = 0
        self._deltas = 0

    def push(self, chunk: Chunk) -> Delta | None:
        """More of the answer, or of what is told with it; what there is to show."""
        self._usage = chunk.tokens or self._usage
        if chunk.text:
            self._pieces += 1
            self.first_token_at = self.first_token_at or self._clock.now()
        delta = self._delta(self.answer.push(chunk.text))
        self.ended = FinishReason.STOP if self.answer.stopped else chunk.finish_reason or self.ended
        return delta

    def end(self, cut_off: FinishReason) -> Sequence[Event]:
        """No more comes: what was kept back, if anything, and the outcome.

        Args:
            cut_off: Why no more comes, where the answer is not whole.
        """
        if self.ended is None and cut_off is FinishReason.DEADLINE and self.away is not None and not self._pieces:
            why = f"the server of {self._model} was away until it was late: {self.away}"
            return (Refused(self._request.id, ErrorCode.DEADLINE_EXCEEDED, why),)
        last = self._delta(self.answer.end())
        outcome = self._outcome(self.ended or cut_off)
        return (outcome,) if last is None else (last, outcome)

    def _outcome(self, reason: FinishReason) -> Finished | Refused:
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
            self._usage or Usage(prompt_tokens=0, completion_tokens=self._pieces),
            self.first_token_at,
            self._clock.now(),
        )

    def _delta(self, text: str) -> Delta | None:
        if not text or not self._request.stream:
            return None
        self._deltas += 1
        return Delta(self._request.id, self._deltas - 1, text)
