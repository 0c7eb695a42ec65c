"""Passes for TensorRT-LLM: its names, its signatures, its threads; the model is the shipped one, in onnxruntime-genai.

As the library does, it generates by itself in a thread of its own, takes new requests between two steps, and tells the
event loop on which a request was begun, which must run. What it has beyond `tensorrt_llm_api.yaml` is private: an
adapter that works with it uses nothing else.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import onnxruntime_genai as og

from tests.stand_ins.tensorrt_llm_machine import Machine, Response, Sequenced

try:
    from jinja2 import TemplateError
except ModuleNotFoundError:
    from tests.stand_ins.jinja2 import TemplateError

__version__ = "1.2.1"


class RequestError(RuntimeError):
    """A request has failed; others go on."""


@dataclass
class KvCacheConfig:
    """How large the KV cache is."""

    enable_block_reuse: bool = True
    max_tokens: int | None = None
    free_gpu_memory_fraction: float | None = 0.9


@dataclass
class GuidedDecodingParams:
    """What an answer has to follow."""

    json: str | None = None


@dataclass
class SamplingParams:
    """How tokens are chosen."""

    max_tokens: int = 32
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    temperature: float | None = None
    guided_decoding: GuidedDecodingParams | None = None

    @property
    def _is_greedy(self) -> bool:
        nothing_is_said = self.temperature is None and self.top_p is None and self.top_k is None
        return nothing_is_said or self.top_k == 1 or self.temperature == 0


@dataclass
class CompletionOutput:
    """An answer as far as it has come."""

    index: int
    text: str = ""
    token_ids: list[int] = field(default_factory=list)
    finish_reason: str | None = None


class RequestOutput:
    """A request that runs: an asynchronous iterator over itself, once for each token."""

    def __init__(self, machine: Machine, sequence: Sequenced) -> None:
        self.outputs = [CompletionOutput(0)]
        self.finished = False
        self.cached_tokens = 0
        self._machine = machine
        self._sequence = sequence
        self._responses: asyncio.Queue[Response] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._stream = machine.tokenizer.create_stream()
        machine.submit(sequence, self._tell)

    def abort(self) -> None:
        """End it."""
        self._machine.abort(self._sequence)

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> Self:
        """Itself, with the next token."""
        if self.finished:
            raise StopAsyncIteration
        response = await self._responses.get()
        if response.error is not None:
            self.finished = True
            raise RequestError(response.error)
        self.cached_tokens = response.cached_tokens
        self.finished = response.finish_reason is not None
        answer = self.outputs[0]
        answer.finish_reason = response.finish_reason
        if response.token is not None:
            answer.token_ids.append(response.token)
            if not response.is_end:
                answer.text += self._stream.decode(response.token)
        if self.finished and self._is_cut_off():
            answer.text += "\ufffd"  # as the slower of the library's two ways to decode does
        return self

    def _is_cut_off(self) -> bool:
        whole: str = self._machine.tokenizer.decode(self.outputs[0].token_ids)
        return whole.endswith("\ufffd") and not self.outputs[0].text.endswith("\ufffd")

    def _tell(self, response: Response) -> None:
        """Called in the machine's thread."""
        if not self._loop.is_running():
            raise RuntimeError("there is news for an event loop that does not run")
        self._loop.call_soon_threadsafe(self._responses.put_nowait, response)


class _Tokenizer:
    """What transformers' tokenizers have."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - onnxruntime_genai has no types
        self._tokenizer = og.Tokenizer(model)

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Tokens of a text."""
        assert not add_special_tokens, "the chat template has the token that begins a text"
        return [int(token) for token in self._tokenizer.encode(text)]

    def apply_chat_template(
        self, conversation: list[dict[str, str]], *, tokenize: bool = True, add_generation_prompt: bool = False
    ) -> str:
        """The model's own form of a conversation."""
        assert not tokenize
        messages = json.dumps(conversation)
        try:
            applied = self._tokenizer.apply_chat_template(messages, add_generation_prompt=add_generation_prompt)
        except RuntimeError as error:
            raise TemplateError(str(error)) from error
        return str(applied)


class LLM:
    """A loaded model."""

    def __init__(  # noqa: PLR0913 - as the library's
        self,
        model: str | Path,
        *,
        max_batch_size: int | None = 2048,
        max_input_len: int | None = 1024,
        max_seq_len: int | None = None,
        max_num_tokens: int | None = 8192,
        enable_chunked_prefill: bool = False,
        guided_decoding_backend: str | None = None,
        sampler_type: str = "auto",
        kv_cache_config: KvCacheConfig | None = None,
    ) -> None:
        assert guided_decoding_backend == "llguidance"
        assert sampler_type == "TRTLLMSampler", "the other knows no seeds"
        assert max_batch_size is not None
        assert max_seq_len is not None
        assert kv_cache_config is not None
        assert kv_cache_config.max_tokens is not None
        assert kv_cache_config.max_tokens >= max_seq_len, "a request that long would never be begun"
        self._most = max_seq_len
        self._most_read = min(max_input_len or 0, max_seq_len if enable_chunked_prefill else max_num_tokens or 0)
        loaded = og.Model(str(model))
        self.tokenizer = _Tokenizer(loaded)
        self._machine = Machine(loaded, max_batch_size)
        self._machine.start()

    def generate_async(
        self, inputs: Sequence[int], sampling_params: SamplingParams | None = None, *, streaming: bool = False
    ) -> RequestOutput:
        """Run a request; one that it cannot run is refused here already."""
        assert streaming
        params = sampling_params or SamplingParams()
        if len(inputs) > self._most_read:
            raise RequestError(f"the prompt's {len(inputs)} tokens should not exceed {self._most_read}")
        if not inputs or len(inputs) + params.max_tokens > self._most:
            raise ValueError(f"a prompt of {len(inputs)} tokens")
        return RequestOutput(self._machine, Sequenced(tuple(inputs), params.max_tokens, **_search(params)))

    def shutdown(self) -> None:
        """Give the model's memory back."""
        self._machine.stop()
        del self._machine, self.tokenizer


def _search(params: SamplingParams) -> dict[str, Any]:
    guided = params.guided_decoding
    return {
        "greedy": params._is_greedy,
        "temperature": params.temperature if params.temperature is not None else 1.0,
        "top_p": params.top_p if params.top_p is not None else 1.0,
        "seed": params.seed or 0,
        "schema": None if guided is None else guided.json,
    }
