"""The tokens of a request's prompt, when prompt and answer fit into the context and into memory."""

import contextlib
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol, TypeVar

from agent.budget.admission import RETRY_AFTER
from agent.engine.protocol import GenerationRequest
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message, Role

_LONG = 32 * 1024
"""Bytes of text that are counted in parts first. A tokenizer takes longer for each byte of a word the longer the word
is: onnxruntime-genai 0.18, one x86 core, 36 s for a megabyte of random letters, and 3 s for all its parts."""
_PART = 4096
"""Characters."""
_CERTAIN = 2
"""Parts of a text have fewer than so many times its tokens: 0.2 % more at most, where it was tried."""

_ReadT = TypeVar("_ReadT", bound=Sized)


class PromptEncoder(Protocol):
    """What is needed of whoever applies a model's chat template."""

    def encode(self, messages: Sequence[Message], /) -> Sequence[int]:
        """The conversation's tokens, ready for the answer to follow.

        Raises:
            RuntimeError: The chat template refuses it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What running requests have.

    Attributes:
        tokens: For which their KV caches are allocated.
        requests: How many they are.
    """

    tokens: int = 0
    requests: int = 0


NOTHING = Taken()


class Fitting:
    """Encodes prompts, and refuses those that are too long.

    Args:
        chat: Encodes for the model.
        longest_token: Bytes of the longest token, at most.
        context_length: Of the model, in tokens.
    """

    def __init__(self, chat: PromptEncoder, longest_token: int, context_length: int) -> None:
        self._chat = chat
        self._longest_token = longest_token
        self._context_length = context_length

    def encode(self, request: GenerationRequest) -> Sequence[int]:
        """The prompt's tokens, when the answer fits behind them.

        Raises:
            RejectedError: It does not, or the chat template refuses the messages.
        """
        return self.fit(request, self._chat.encode)

    def fit(self, request: GenerationRequest, read: Callable[[Sequence[Message]], _ReadT], beside: int = 0) -> _ReadT:
        """What `read` makes of the messages, as many tokens as its length is, when the answer fits behind them.

        Args:
            request: It.
            read: Asked only when the answer may fit.
            beside: Tokens that there are at least beside those of the text.

        Raises:
            RejectedError: It does not, or the chat template refuses the messages.
        """
        length, most = request.sampling.max_tokens, self._context_length
        size = sum(len(message.content.encode(errors="replace")) for message in request.messages)
        fewest = beside - (-size // self._longest_token)
        if fewest + length <= most and size > _LONG:
            counted = self._count(request.messages, _CERTAIN * (most - length - beside))
            fewest = beside - (-counted // _CERTAIN)
        if fewest + length > most:  # without encoding it as a whole
            raise RejectedError(
                ErrorCode.TOO_LARGE,
                f"at least {fewest:,} tokens of prompt and {length:,} of answer do not fit into a context of {most:,}",
            )
        try:
            prompt = read(request.messages)
        except RuntimeError as error:  # a template may insist on an order of roles
            why = f"the model's chat template refuses these messages: {error}"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
        if len(prompt) + length > most:
            raise RejectedError(
                ErrorCode.TOO_LARGE,
                f"{len(prompt):,} tokens of prompt and {length:,} of answer do not fit into a context of {most:,}",
            )
        return prompt

    def _count(self, messages: Sequence[Message], enough: int) -> int:
        """The tokens of the texts in parts, without the template's around them, until there are more than enough."""
        counted = 0
        with contextlib.suppress(RuntimeError):  # a template that refuses a part: then the whole is encoded
            around = len(self._chat.encode([Message(Role.USER, "x")])) - 1
            text = "".join(message.content for message in messages)
            for begin in range(0, len(text), _PART):
                counted += len(self._chat.encode([Message(Role.USER, text[begin : begin + _PART])])) - around
                if counted > enough:
                    break
        return counted

    def room(self, request: GenerationRequest, prompt_tokens: int, others: Taken = NOTHING) -> int | None:
        """Tokens for which KV caches may be allocated, for the request and for what is kept.

        What running requests have is counted here and not measured: a cache is allocated whole, before the first token,
        and the system only knows of it as it fills.

        Returns:
            None while others have the memory for it.

        Raises:
            RejectedError: They are fewer than the request needs, and nobody else runs.
        """
        room = request.room
        if room is None:
            return self._context_length
        tokens = prompt_tokens + request.sampling.max_tokens
        needed = tokens * room.token
        available = room.available - others.tokens * room.token - others.requests * room.workspace
        if needed <= available:
            return min(available // room.token, self._context_length)
        if others.requests:
            return None
        raise RejectedError(
            ErrorCode.DOES_NOT_FIT,
            f"{prompt_tokens:,} tokens of prompt and {request.sampling.max_tokens:,} of answer need {needed:,} bytes "
            f"of memory, and {room.available:,} are available, enough for {room.available // room.token:,} tokens",
            retry_after_s=RETRY_AFTER if tokens <= room.context_length else None,
        )
