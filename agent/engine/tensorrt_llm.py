"""The engine on TensorRT-LLM's `LLM`: Hugging Face checkpoints, as many requests at once as there is KV cache for.

Written from the API that the library publishes with release `RELEASE`; docs/engines.md says where that is and what has
been run. In the engine's process only, as is everything of the library: its worker would otherwise be a process of its
own, which outlives this one when this one is killed.

The library generates by itself, and cannot be held up between two of its steps: a `step` here waits, not for long, for
what it says next. So this engine is not paced.
"""

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.engine.pipe import EngineSpec, LoadError

os.environ["TLLM_WORKER_USE_SINGLE_PROCESS"] = "1"
os.environ["TRTLLM_NO_USAGE_STATS"] = "1"  # later releases report to their vendor unless told not to

try:
    import tensorrt_llm
    from tensorrt_llm import LLM
    from tensorrt_llm.llmapi import KvCacheConfig

    from agent.engine.tensorrt_llm_streams import Failed, Piece, StreamId, Streams
    from agent.engine.tensorrt_llm_terms import LibraryTokenizer, sampling_params
except (ImportError, OSError, RuntimeError) as error:  # it may lack CUDA's or MPI's libraries, too
    raise LoadError(f"TensorRT-LLM cannot be used here: {error}") from error

from agent.clock import boottime
from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.fitting import Fitting
from agent.engine.guidance import is_json, schema_refusal, too_intricate
from agent.engine.kv_pool import kv_pool
from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Refused, Tokens
from agent.engine.text import AnswerText
from agent.errors import ConfigError, ErrorCode
from agent.models.hf_geometry import read_hf_geometry
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Bytes, Seconds

RELEASE = "1.2"
"""Of the library. Another one is not loaded: its API may be another."""
STEP_WAIT = Seconds(0.02)
"""A step waits so long for the library: a message from the agent, or a deadline, waits no longer."""
PREFILL_TOKENS = 512
"""Prompt tokens that the library reads in one of its steps. Its activations are allocated for so many: by default for
8,192."""
_GUIDED = "Guided decoding error: "
"""How the library's words begin when an answer cannot follow its schema."""


@dataclass(slots=True)
class _Running:
    """An admitted request.

    Attributes:
        ended: Why it is to end at the next step, once that is known.
    """

    request: GenerationRequest
    answer: AnswerText
    prompt_tokens: int
    completion_tokens: int = 0
    cached_tokens: int = 0
    deltas: int = 0
    first_token_at: Seconds | None = None
    ended: FinishReason | None = None


class TensorRtLlmEngine:
    """One model in TensorRT-LLM.

    Args:
        llm: The loaded `tensorrt_llm.LLM`.
        capabilities: What it can do.
        vocabulary: Of its tokenizer.
    """

    def __init__(self, llm: Any, capabilities: Capabilities, vocabulary: Vocabulary) -> None:  # noqa: ANN401 - the library has no types here
        self._capabilities = capabilities
        chat = ChatEncoder(LibraryTokenizer(llm.tokenizer), vocabulary.control)
        self._fitting = Fitting(chat, vocabulary.longest, capabilities.context_length)
        self._streams = Streams(llm)
        self._running: dict[StreamId, _Running] = {}
        self._advanced: dict[PromptId, Tokens] = {}

    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    def admit(self, request: GenerationRequest) -> None:
        """Take a request. Its `room` does not matter: the KV cache is there already.

        Raises:
            RejectedError: It does not fit into the context, or its schema exceeds a limit.
        """
        if len(self._running) >= self._capabilities.max_batch:
            raise ValueError(f"{len(self._running)} requests run: this engine takes no more at a time")
        prompt = self._fitting.encode(request)
        stream = self._streams.start(prompt, sampling_params(request.sampling))
        self._running[stream] = _Running(request, AnswerText(request.sampling.stop), len(prompt))

    def step(self) -> Sequence[Event]:
        """What the library has said since the last step; waits for it a moment."""
        self._advanced = {}
        ended = [stream for stream, running in self._running.items() if running.ended is not None]
        events = [event for stream in ended for event in self._end(stream)]
        if self._running:
            for heard in self._streams.take(Seconds(0.0) if ended else STEP_WAIT):
                if heard.id in self._running:  # nothing is said any more of one that has ended
                    events += self._fail(heard) if isinstance(heard, Failed) else self._go_on(heard)
        return events

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """What the last step has heard of: a prompt when its answer begins, tokens as they come."""
        return self._advanced

    def kept(self) -> int:
        """None: what is kept of earlier prompts is in blocks of the pool that nothing else needs."""
        return 0

    def forget(self) -> None:
        """There is nothing to give back."""

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request at the next step."""
        for running in self._running.values():
            if running.request.id == request_id and running.ended is None:
                running.ended = reason

    def close(self) -> None:
        """Give the model's memory back."""
        self._running.clear()
        self._streams.close()
        del self._fitting, self._streams
        gc.collect()

    def _go_on(self, piece: Piece) -> Sequence[Event]:
        running = self._running[piece.id]
        self._count(running, piece)
        text = running.answer.push(piece.text)
        running.ended = FinishReason.STOP if running.answer.stopped else piece.reason
        if running.ended is None:
            return _deltas(running, text)
        return self._end(piece.id, text, piece.at)

    def _count(self, running: _Running, piece: Piece) -> None:
        before = self._advanced.get(running.request.id, Tokens())
        generated = piece.tokens - running.completion_tokens
        read = 0
        if running.first_token_at is None and piece.tokens:
            running.first_token_at, running.cached_tokens = piece.at, piece.cached
            read = running.prompt_tokens - piece.cached
        running.completion_tokens = piece.tokens
        self._advanced[running.request.id] = Tokens(before.prefill + read, before.decode + generated)

    def _end(self, stream: StreamId, text: str = "", at: Seconds | None = None) -> Sequence[Event]:
        running = self._running.pop(stream)
        self._streams.abort(stream)
        assert running.ended is not None  # noqa: S101 - tells the type checker
        last = _deltas(running, text + running.answer.end())
        answer, reason = running.answer.text, running.ended
        guided = running.request.sampling.json_schema is not None
        if guided and reason is FinishReason.STOP and not running.answer.stopped and not is_json(answer):
            return (_refused(running, too_intricate().message),)
        usage = Usage(running.prompt_tokens, running.completion_tokens, running.cached_tokens)
        finished_at = boottime() if at is None else at
        return (*last, Finished(running.request.id, reason, answer, usage, running.first_token_at, finished_at))

    def _fail(self, failed: Failed) -> Sequence[Event]:
        running = self._running.pop(failed.id)
        if failed.message.startswith(_GUIDED):
            refusal = schema_refusal(RuntimeError(failed.message.removeprefix(_GUIDED)))
            return (_refused(running, refusal.message),)
        why = f"TensorRT-LLM gave it up: {failed.message}"
        return (Refused(running.request.id, ErrorCode.ENGINE_FAILED, why),)


def _deltas(running: _Running, text: str) -> Sequence[Delta]:
    if not text:
        return ()
    running.deltas += 1
    return (Delta(running.request.id, running.deltas - 1, text),)


def _refused(running: _Running, why: str) -> Refused:
    return Refused(running.request.id, ErrorCode.INVALID_REQUEST, why)


def _free_memory() -> Bytes:
    """As the library itself asks for it; on a Jetson it is that of the whole machine."""
    import torch  # noqa: PLC0415 - comes with the library, and takes seconds

    return Bytes(torch.cuda.mem_get_info()[0])


def load(spec: EngineSpec) -> TensorRtLlmEngine:
    """Load a model from its folder, a Hugging Face checkpoint.

    Raises:
        LoadError: It cannot be loaded; the library's words.
    """
    try:
        free = _free_memory()
    except (ImportError, AssertionError, RuntimeError) as error:  # asserts when built without CUDA
        raise LoadError(f"the GPU cannot be used: {error}") from error
    return load_within(spec, free)


def load_within(spec: EngineSpec, free: Bytes) -> TensorRtLlmEngine:
    """Likewise, where so much of the GPU's memory is free.

    Raises:
        LoadError: It cannot be loaded, or does not fit.
    """
    release = tensorrt_llm.__version__
    if not release.startswith(f"{RELEASE}."):
        raise LoadError(f"TensorRT-LLM {release} is installed, and this engine is written for {RELEASE}")
    try:
        geometry = read_hf_geometry(spec.model, spec.model_dir)
        context_length = min(geometry.context_length, spec.context_length or geometry.context_length)
        wanted = spec.cache_tokens or context_length * spec.max_batch
        context_length = min(context_length, wanted)  # a request that the pool never holds would wait for ever
        pool = kv_pool(geometry, wanted, context_length, spec.max_batch, free)
        vocabulary = Vocabulary.read(spec.model_dir / "tokenizer.json")
        llm = LLM(
            model=str(spec.model_dir),
            max_batch_size=spec.max_batch,
            max_input_len=context_length,
            max_seq_len=context_length,
            max_num_tokens=max(PREFILL_TOKENS, spec.max_batch),
            enable_chunked_prefill=True,
            guided_decoding_backend="llguidance",
            sampler_type="TRTLLMSampler",  # in this release the other one knows no seeds of requests
            kv_cache_config=KvCacheConfig(
                max_tokens=pool.tokens, free_gpu_memory_fraction=pool.fraction, enable_block_reuse=True
            ),
        )
    except (ConfigError, OSError, ValueError, RuntimeError) as error:
        raise LoadError(f"{spec.model_dir}: {error}") from error
    capabilities = Capabilities(
        spec.model, context_length, spec.max_batch, guidance=True, paced=False, cache_tokens=pool.tokens
    )
    return TensorRtLlmEngine(llm, capabilities, vocabulary)
