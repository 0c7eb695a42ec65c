"""A request in TensorRT-LLM's terms."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError
from tensorrt_llm import SamplingParams
from tensorrt_llm.llmapi import GuidedDecodingParams

from agent.engine.guidance import strict
from agent.prompt import Sampling

_SEEDS = 2**31


class LibraryTokenizer:
    """The library's tokenizer, as `ChatEncoder` wants it.

    Args:
        tokenizer: `LLM.tokenizer`, with the methods of transformers' tokenizers.
    """

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - the library has no types here
        self._tokenizer = tokenizer

    def encode(self, text: str, /) -> Sequence[int]:
        """Tokens of a text, none added: the chat template has the one that begins a text."""
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def apply_chat_template(self, messages: str, *, add_generation_prompt: bool) -> str:
        """The model's own form of a conversation."""
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    json.loads(messages), tokenize=False, add_generation_prompt=add_generation_prompt
                )
            )
        except TemplateError as error:
            raise RuntimeError(str(error)) from error


def sampling_params(sampling: Sampling) -> Any:  # noqa: ANN401 - a `SamplingParams`
    """How to choose tokens. Stops are looked for here: its own end with a token, and may lie within one.

    Raises:
        RejectedError: The schema exceeds a limit.
    """
    guided = None
    if sampling.json_schema is not None:
        guided = GuidedDecodingParams(json=json.dumps(strict(sampling.json_schema)))
    if sampling.temperature <= 0:
        return SamplingParams(max_tokens=sampling.max_tokens, top_k=1, guided_decoding=guided)
    return SamplingParams(
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        # Left to itself the library begins at the same random numbers each time.
        seed=secrets.randbelow(_SEEDS) if sampling.seed is None else sampling.seed % _SEEDS,
        guided_decoding=guided,
    )
