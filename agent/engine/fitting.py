"""The tokens of a request's prompt, when prompt and answer fit into the context and into memory."""

from collections.abc import Sequence
from typing import Protocol

from agent.budget.admission import RETRY_AFTER
from agent.engine.protocol import GenerationRequest
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message


class PromptEncoder(Protocol):
    """What is needed of whoever applies a model's chat template."""

    def encode(self, messages: Sequence[Message], /) -> Sequence[int]:
        """The conversation's tokens, ready for the answer to follow.

        Raises:
            RuntimeError: The chat template refuses it.
        """
        ...


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
        length, most = request.sampling.max_tokens, self._context_length
        size = sum(len(message.content.encode(errors="replace")) for message in request.messages)
        fewest = -(-size // self._longest_token)
        if fewest + length > most:  # without encoding it, which takes seconds for a megabyte
            raise RejectedError(
                ErrorCode.TOO_LARGE,
                f"at least {fewest:,} tokens of prompt and {length:,} of answer do not fit into a context of {most:,}",
            )
        try:
            prompt = self._chat.encode(request.messages)
        except RuntimeError as error:  # a template may insist on an order of roles
            why = f"the model's chat template refuses these messages: {error}"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
        if len(prompt) + length > most:
            raise RejectedError(
                ErrorCode.TOO_LARGE,
                f"{len(prompt):,} tokens of prompt and {length:,} of answer do not fit into a context of {most:,}",
            )
        return prompt

    def room(self, request: GenerationRequest, prompt_tokens: int) -> int:
        """Tokens for which KV caches may be allocated, what is kept included.

        Raises:
            RejectedError: They are fewer than the request needs: its cache is allocated whole, before the first token.
        """
        room, answer_tokens = request.room, request.sampling.max_tokens
        if room is None:
            return self._context_length
        tokens = prompt_tokens + answer_tokens
        needed = tokens * room.token
        if needed > room.available:
            raise RejectedError(
                ErrorCode.DOES_NOT_FIT,
                f"{prompt_tokens:,} tokens of prompt and {answer_tokens:,} of answer need {needed:,} bytes of memory, "
                f"and {room.available:,} are available, enough for {room.available // room.token:,} tokens",
                retry_after_s=RETRY_AFTER if tokens <= room.context_length else None,
            )
        return min(room.available // room.token, self._context_length)
