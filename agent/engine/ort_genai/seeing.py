"""Makes a prompt with images into what a model that sees reads: the library's processor, and its owner."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import onnxruntime_genai as og

from agent.engine.chat import Disarming
from agent.engine.image_tokens import Resizing
from agent.engine.ort_genai.pictures import decode_images, image_headers
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message

_QWEN = "<|vision_start|><|image_pad|><|vision_end|>"
_TAGS = {
    "fara": _QWEN,
    "mistral3": "[IMG]",
    "phi3v": "<|image_{n}|>\n",
    "phi4mm": "<|image_{n}|>\n",
    "qwen2_5_vl": _QWEN,
    "qwen3_5": _QWEN,
    "qwen3_5_moe": _QWEN,
    "qwen3_vl": _QWEN,
}
"""What stands for an image in a message's text, by the model's `type`; as in the library's `examples/python/common.py`.

The templates of the others (gemma3, gemma4) take images as parts of a message.
"""
_CUT = "\u2060"
"""A word joiner, which is not seen: put into what a message says, where a control token would begin."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A prompt with images, read by the processor.

    Attributes:
        tokens: Of its text and its images; numbers below 0 stand for images.
        inputs: The library's tensors.
    """

    tokens: Sequence[int]
    inputs: Any

    def __len__(self) -> int:
        """How many tokens."""
        return len(self.tokens)


class Seeing:
    """Reads prompts with images for one model.

    Args:
        processor: Its `onnxruntime_genai.MultiModalProcessor`.
        tokenizer: Its `onnxruntime_genai.Tokenizer`.
        kind: Its `type`.
        control: The texts that stand for control tokens.
        resizing: What is known of its processor; None: nothing.
    """

    def __init__(
        self,
        processor: Any,  # noqa: ANN401 - the library has no types
        tokenizer: Any,  # noqa: ANN401
        *,
        kind: str,
        control: frozenset[str],
        resizing: Resizing | None,
    ) -> None:
        self._resizing = resizing
        self._processor = processor
        self._tokenizer = tokenizer
        self._tag = _TAGS.get(kind)
        own = () if self._tag is None else (self._tag.partition("{n}")[0],)
        self._disarming = Disarming(control | frozenset(own))

    def fewest_tokens(self, messages: Sequence[Message]) -> int:
        """How many tokens the images are at least; nothing is decoded.

        Raises:
            RejectedError: One of them is none, or they are too large together.
        """
        headers = image_headers(_urls(messages))
        if self._resizing is None:
            return len(headers)
        return sum(self._resizing.fewest_tokens(header.width, header.height) for header in headers)

    def read(self, messages: Sequence[Message]) -> Seen:
        """The conversation in the model's chat template, with its images, ready for the answer to follow.

        Raises:
            RejectedError: An image cannot be decoded, or the processor refuses them.
            RuntimeError: The chat template refuses the messages.
        """
        files = decode_images(_urls(messages), None if self._resizing is None else self._resizing.most_pixels)
        text = self._tokenizer.apply_chat_template(json.dumps(self._turns(messages)), add_generation_prompt=True)
        try:
            inputs = self._processor(text, images=og.Images.open_bytes(*files))
        except RuntimeError as error:
            why = f"the model's processor refuses the images: {error}"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why) from error
        return Seen(inputs["input_ids"].as_numpy()[0].tolist(), inputs)

    def _turns(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """The messages as the template takes them; images come before the text of their message."""
        turns: list[dict[str, Any]] = []
        shown = 0
        for message in messages:
            text = self._disarming.disarm(message.content, _CUT)
            numbers = range(shown + 1, shown + len(message.images) + 1)
            shown += len(message.images)
            if self._tag is not None:
                content: Any = "".join(self._tag.format(n=number) for number in numbers) + text
            else:
                content = [*({"type": "image"} for _ in numbers), {"type": "text", "text": text}]
            turns.append({"role": message.role.value, "content": content})
        return turns


def _urls(messages: Sequence[Message]) -> list[str]:
    return [url for message in messages for url in message.images]
