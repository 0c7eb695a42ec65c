"""A request that has its generator: what of its prompt has been read, and how its answer comes along."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from agent.engine.ort_genai.answer import Answer
from agent.engine.parts import Part
from agent.engine.prefixes import Kept, tokens_of
from agent.engine.speculation import Kind
from agent.errors import ErrorCode, RejectedError


@dataclass(slots=True)
class Running:
    """One of them.

    Attributes:
        kept: The generator, with the parts that were not to be read again.
        unread: The parts of the prompt that the model has not read yet.
        kind: What its drafts are judged with; None: sampled or with images, and never drafted for.
        already: What its generator had drafted for others, and how much of that was accepted.
        inputs: The library's tensors of a prompt with images, which is one part; None: text, or read.
        read: Those parts that it has read since.
        decoding: How long its tokens have taken.
    """

    answer: Answer
    kept: Kept[Any]
    unread: deque[Part]
    kind: Kind | None
    already: tuple[int, int]
    inputs: Any = None
    read: list[Part] = field(default_factory=list)
    decoding: float = 0.0

    @property
    def filled(self) -> int:
        """Tokens in its KV cache."""
        return tokens_of(self.kept.parts) + tokens_of(self.read) + self.answer.completion_tokens

    def read_part(self) -> int:
        """Have the model read the next part; the tokens of it.

        Raises:
            RejectedError: It cannot take these images: some are built for one size, or one image.
        """
        part = self.unread.popleft()
        if self.inputs is None:
            self.kept.generator.append_tokens(part)
        else:
            try:
                self.kept.generator.set_inputs(self.inputs)
            except RuntimeError as error:
                why = f"the model cannot take these images: {error}"
                raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
            self.inputs = None
        self.read.append(part)
        return len(part)
