"""`LLM` and what goes in and out of it."""

import ctypes
import gc
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime_genai as og

from .engine_build import BuildOptions, _is_ready, bundle_cache_path
from .native import Channel, Generation

ONE_THREAD = '{"model":{"decoder":{"session_options":{"intra_op_num_threads":1}}}}'
"""Two that wait for each other take longest where a machine is busy."""
PAGE = 128
"""Tokens of a page of the KV cache; whole pages are shared."""


@dataclass
class SamplingParams:
    """How to generate."""

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 50
    seed: int | None = None
    max_tokens: int = 2048
    enable_thinking: bool = False
    reasoning_effort: str = ""
    disable_spec_decode: bool = False
    num_logprobs: int = 0
    stop: list[str] = field(default_factory=list)
    logit_bias: dict[int, float] = field(default_factory=dict)
    guided_decoding: tuple[str, str] | None = None
    skip_special_tokens: bool = True
    reuse_context: bool = True
    cache_generated_tokens: bool = True


@dataclass
class StreamDelta:
    """New text with its tokens."""

    text: str = ""
    token_ids: list[int] = field(default_factory=list)
    prompt_tokens: int | None = None
    finished: bool = False
    finish_reason: str | None = None
    logprobs: list[list[Any]] = field(default_factory=list)
    audio_bytes: bytes | None = None


@dataclass(frozen=True)
class ContextCacheConfig:
    """The cache of prefixes."""

    enabled: bool = False
    max_records: int = 1024
    recurrent_snapshot_pool_bytes: int = 0
    partial_kv_snapshot_pool_bytes: int = 0


class _CancellableIterator:
    """Can be closed by another thread than the one that waits in it."""

    def __init__(self, iterator: Iterator[StreamDelta], cancel: Callable[[], None]) -> None:
        self._iterator, self._cancel = iterator, cancel

    def __iter__(self) -> "_CancellableIterator":
        return self

    def __next__(self) -> StreamDelta:
        return next(self._iterator)

    def close(self) -> None:
        """End it."""
        self._cancel()


class LLM:
    """One loaded model. Fails where the real one would build.

    `EDGE_LLM_STAND_IN_MODEL` is the folder that onnxruntime-genai loads, where the model's own is a checkpoint only.
    """

    def __init__(  # noqa: PLR0913 - as the real one
        self,
        model: str,
        *,
        cache_dir: str = "",
        engine_cache_max_size_gb: float = 50.0,
        clear_engine_cache: bool = False,
        max_input_len: int = 4096,
        max_batch_size: int = 1,
        max_kv_cache_capacity: int = 8192,
        context_cache_config: Any = None,  # noqa: ANN401 - as the real one
        enable_in_flight_batching: bool = False,
    ) -> None:
        options = BuildOptions(
            max_input_len=max_input_len, max_kv_cache_capacity=max_kv_cache_capacity, max_batch_size=max_batch_size
        )
        assert _is_ready(model, bundle_cache_path(model, cache_dir, options), options), "the real one would build now"
        assert enable_in_flight_batching == (max_batch_size > 1)
        assert engine_cache_max_size_gb > 0
        assert not clear_engine_cache
        config = og.Config(os.environ.get("EDGE_LLM_STAND_IN_MODEL", model))
        config.overlay(ONE_THREAD)
        self._model = og.Model(config)
        self._tokenizer = og.Tokenizer(self._model)
        self._batched = enable_in_flight_batching
        self._cache = ContextCacheConfig(**context_cache_config)
        self._seats = threading.Semaphore(max_batch_size)
        self._prompts: list[list[int]] = []
        self._reused = 0
        self._warm_up()

    def _warm_up(self) -> None:
        """As the real one, which captures its CUDA graphs at the load."""
        params = SamplingParams(max_tokens=1, guided_decoding=("json_schema", "{}"))
        request = self._make_generation_request([{"role": "user", "content": ""}], params)
        Generation(self._model, self._tokenizer, request.ids, params, Channel()).run()

    def _make_generation_request(
        self,
        messages: list[dict[str, Any]],
        params: SamplingParams,
        *,
        tools: Any = None,  # noqa: ANN401
        tool_choice: Any = None,  # noqa: ANN401
        stream_channel: Channel | None = None,
    ) -> SimpleNamespace:
        assert tools is tool_choice is None
        text = self._tokenizer.apply_chat_template(json.dumps(messages), add_generation_prompt=True)
        ids = [int(token) for token in self._tokenizer.encode(text)]
        return SimpleNamespace(ids=ids, params=params, channel=stream_channel)

    def _count_prepared_prompt_tokens(self, request: SimpleNamespace) -> int | None:
        return len(request.ids)

    def get_context_cache_metrics(self) -> SimpleNamespace | None:
        """Reuse since the load; None with in-flight batching."""
        return None if self._batched else SimpleNamespace(reused_tokens=self._reused)

    def generate_stream(
        self,
        messages: list[dict[str, Any]],
        sampling_params: SamplingParams | None = None,
        *,
        tools: Any = None,  # noqa: ANN401
        tool_choice: Any = None,  # noqa: ANN401
        prebuilt_request: Any = None,  # noqa: ANN401
    ) -> _CancellableIterator:
        """Begins when it is first asked for a delta."""
        assert prebuilt_request is None
        channel = Channel()
        params = sampling_params or SamplingParams()
        request = self._make_generation_request(
            messages, params, tools=tools, tool_choice=tool_choice, stream_channel=channel
        )
        return _CancellableIterator(self._iterate(request), channel.cancel)

    def _iterate(self, request: SimpleNamespace) -> Iterator[StreamDelta]:
        failures: list[BaseException] = []
        with self._seats:
            worker = threading.Thread(target=self._work, args=(request, failures), daemon=True)
            worker.start()
            try:
                yield from _deltas(request)
            finally:
                request.channel.cancelled.set()
                worker.join()
        if failures:
            raise failures[0]

    def _work(self, request: SimpleNamespace, failures: list[BaseException]) -> None:
        self._reuse(request.ids, request.params)
        try:
            Generation(self._model, self._tokenizer, request.ids, request.params, request.channel).run()
        except RuntimeError as error:
            failures.append(error)

    def _reuse(self, ids: list[int], params: SamplingParams) -> None:
        if self._cache.enabled and params.reuse_context:
            self._reused += max((_shared(ids, prompt) for prompt in self._prompts), default=0)
            self._prompts.append(ids)

    def close(self) -> None:
        """Free it."""
        del self._model, self._tokenizer
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)


def _deltas(request: SimpleNamespace) -> Iterator[StreamDelta]:
    while not request.channel.cancelled.is_set():
        chunk = request.channel.chunks.get()
        if chunk is None:
            return
        finished = chunk.reason is not None
        yield StreamDelta(chunk.text, chunk.token_ids, len(request.ids), finished, chunk.reason)
        if finished:
            return


def _shared(ids: list[int], prompt: list[int]) -> int:
    """Whole pages at the begin that both have, of all but the last token."""
    pages = range(0, min(len(ids) - 1, len(prompt)) // PAGE * PAGE, PAGE)
    same = 0
    for start in pages:
        if ids[start : start + PAGE] != prompt[start : start + PAGE]:
            break
        same = start + PAGE
    return same
