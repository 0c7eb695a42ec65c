"""How a request is put to TensorRT Edge-LLM: its conversation, and the arguments of `SamplingParams`."""

import secrets
from collections.abc import Sequence
from typing import Any

from agent.engine.chat import Disarming
from agent.prompt import Message, Sampling

TOP_K = 50
"""Sampling looks at so many of the likeliest tokens, the library's own number: it finds them one after another."""
CUT = "\u200b"
"""Put into a text that would pass for a control token: the library takes text only, no tokens."""
_SEEDS = 2**64


class Prompts:
    """Conversations for one loaded model.

    Args:
        llm: The library's `LLM`.
        params: Its class `SamplingParams`.
        control: The texts that stand for control tokens.
    """

    def __init__(self, llm: Any, params: Any, control: frozenset[str]) -> None:  # noqa: ANN401 - the library has no types
        self._llm = llm
        self._params = params
        self._disarming = Disarming(control)

    def turns(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """The conversation as the library takes it, without control tokens."""
        return [{"role": turn.role.value, "content": self._disarming.disarm(turn.content, CUT)} for turn in messages]

    def encode(self, messages: Sequence[Message]) -> Sequence[int]:
        """As many numbers as the prompt has tokens in the runtime; which they are it does not tell.

        Raises:
            RuntimeError: The chat template refuses the messages.
        """
        request = self._llm._make_generation_request(self.turns(messages), self._params())  # noqa: SLF001 - as its own server counts
        return range(self._llm._count_prepared_prompt_tokens(request))  # noqa: SLF001

    def params(self, sampling: Sampling, guide: str | None, max_tokens: int) -> Any:  # noqa: ANN401
        """The `SamplingParams`; nothing that matters is left to the library's defaults."""
        greedy = sampling.temperature <= 0
        drawn = secrets.randbelow(_SEEDS) if sampling.seed is None else sampling.seed % _SEEDS
        return self._params(
            temperature=0.0 if greedy else sampling.temperature,
            top_p=1.0 if greedy else sampling.top_p,
            top_k=1 if greedy else TOP_K,
            seed=None if greedy else drawn,
            max_tokens=max_tokens,
            enable_thinking=False,
            stop=[],
            guided_decoding=None if guide is None else ("json_schema", guide),
            reuse_context=True,
            cache_generated_tokens=False,  # an answer's rows were computed by other kernels than a prompt's
        )
