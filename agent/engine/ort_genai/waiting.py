"""Admitted requests that wait until those before them give memory back."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.engine.ort_genai.answer import Answer
from agent.engine.protocol import Event, GenerationRequest, Refused
from agent.errors import RejectedError
from agent.prompt import FinishReason, PromptId


@dataclass(slots=True)
class Waiting:
    """One of them.

    Attributes:
        prompt: Its tokens.
        inputs: The library's tensors of a prompt with images; None: text.
        ended: Why it ends, once that is known.
    """

    request: GenerationRequest
    prompt: Sequence[int]
    inputs: Any = None
    ended: FinishReason | None = None

    @property
    def tokens(self) -> int:
        """Of prompt and answer together."""
        return len(self.prompt) + self.request.sampling.max_tokens


class Line:
    """All of them, in their order: a large one is not overtaken for ever.

    Args:
        begin: Begins one, or says that there is no memory for it beside what runs; raises `RejectedError` when it can
            never be begun.
    """

    def __init__(self, begin: Callable[[Waiting], bool]) -> None:
        self._begin = begin
        self._line: deque[Waiting] = deque()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._line)

    def join(self, waiting: Waiting) -> None:
        """Begin a request, or let it wait.

        Raises:
            RejectedError: It can never be begun.
        """
        if self._line or not self._begin(waiting):
            self._line.append(waiting)

    def cancel(self, request_id: PromptId, reason: FinishReason) -> None:
        """End one at the next `step`; an unknown id is ignored."""
        for waiting in self._line:
            if waiting.request.id == request_id:
                waiting.ended = waiting.ended or reason

    def step(self) -> Sequence[Event]:
        """Begin those for which there is memory now; the outcomes of those that never begin."""
        events: list[Event] = []
        for waiting in list(self._line):
            if waiting.ended is not None:
                self._line.remove(waiting)
                events += Answer(waiting.request, None, len(waiting.prompt)).finish(waiting.ended, "")
        while self._line:
            try:
                if not self._begin(self._line[0]):
                    break
            except RejectedError as refusal:
                request_id = self._line[0].request.id
                events.append(Refused(request_id, refusal.code, refusal.message, refusal.retry_after_s))
            self._line.popleft()
        return events

    def clear(self) -> None:
        """Forget them."""
        self._line.clear()
