"""Runs the engine over the real library's Python code, with a scripted runtime in place of the native one.

Started in a process of its own with the unpacked wheel on the path: `python -m tests.unit.engine.edge_llm_real_python`.
"""

import queue
import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from experimental.server import LLM, ContextCacheConfig, SamplingParams

from agent.engine.edge_llm import EdgeLlmEngine
from agent.engine.edge_llm_prompt import Prompts
from agent.engine.fitting import Fitting
from agent.engine.protocol import Capabilities, Finished, GenerationRequest
from agent.prompt import Delta, FinishReason, Message, PromptId, Role, Sampling

CONTEXT = 1_000
PROMPT_TOKENS = 7


class Value:
    """Whatever the library makes of native types: takes any arguments and attributes."""

    def __init__(self, *_arguments: object, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Channel:
    """The native `StreamChannel`."""

    def __init__(self) -> None:
        self._chunks: queue.Queue[Any] = queue.Queue()
        self._finished, self.cancelled = threading.Event(), threading.Event()

    @classmethod
    def create(cls) -> "Channel":
        """A new one."""
        return cls()

    def set_skip_special_tokens(self, _skip: object) -> None:
        """Nothing to skip."""

    def push(self, text: str, reason: object = None) -> None:
        """From the runtime."""
        finished = reason is not None
        self._chunks.put(
            SimpleNamespace(
                text=text,
                token_ids=[1],
                prompt_token_count=PROMPT_TOKENS,
                finished=finished,
                reason=reason,
                logprobs=[],
            )
        )
        if finished:
            self._finished.set()

    def wait_pop(self, timeout_ms: int) -> Any:  # noqa: ANN401 - a chunk
        """The next, or None."""
        try:
            return self._chunks.get(timeout=timeout_ms / 1000) if timeout_ms else self._chunks.get_nowait()
        except queue.Empty:
            return None

    def is_finished(self) -> bool:
        """Whether the runtime has ended it."""
        return self._finished.is_set()

    def is_cancelled(self) -> bool:
        """Whether the reader has."""
        return self.cancelled.is_set()

    def cancel(self) -> None:
        """From the reader."""
        self.cancelled.set()


class Native:
    """The native module."""

    StreamChannel = Channel
    FinishReason = SimpleNamespace(NOT_FINISHED=0, END_ID=1, LENGTH=2, CANCELLED=3, ERROR=4, STOP_WORDS=5)
    ContextCacheLookupPolicy = SimpleNamespace(USE_CACHE=0, BYPASS=1)
    ContextCacheCommitPolicy = SimpleNamespace(INCLUDING_GENERATED_TOKENS=0, PREFILL_STATE_ONLY=1)
    ToolChoiceMode = SimpleNamespace(NONE=0, AUTO=1, REQUIRED=2, FUNCTION=3)
    GuideType = SimpleNamespace(JSON_SCHEMA=1)
    Message = MessageContent = Request = LLMGenerationRequest = ToolChoice = GuidedDecodingParams = Value


class Runtime:
    """The native runtime: says the texts, then the reason; without a reason goes on until it is cancelled."""

    def __init__(self) -> None:
        self.texts: Sequence[str] = ()
        self.reason: int | None = None
        self.reused = 0

    def count_prompt_tokens(self, _request: Value) -> list[int]:
        """Of each request."""
        return [PROMPT_TOKENS]

    def has_draft_model(self) -> bool:
        """No speculation."""
        return False

    def get_context_cache_metrics(self) -> SimpleNamespace:
        """As much as the log line and the engine want."""
        names = ("matched_tokens", "hit_sequences", "admitted_sequences", "current_records", "hybrid_restores")
        return SimpleNamespace(reused_tokens=self.reused, **dict.fromkeys(names, 0))

    def handle_request(self, request: Any) -> None:  # noqa: ANN401 - the library's
        """Blocks until the end."""
        (channel,) = request.stream_channels
        self.reused += 5
        for text in self.texts:
            channel.push(text)
        if self.reason is None:
            channel.cancelled.wait()
        elif self.reason == Native.FinishReason.ERROR:
            channel.push("", self.reason)
            raise RuntimeError("no kernel image")
        else:
            channel.push("", self.reason)


def opened(runtime: Runtime) -> EdgeLlmEngine:
    """The engine over an `LLM` that was not loaded from files."""
    llm = LLM.__new__(LLM)
    llm.__dict__.update(
        _rt=Native(),
        _runtime=runtime,
        _engine=None,
        _closed=False,
        _context_cache_config=ContextCacheConfig(enabled=True),
        _admission_sem=threading.Semaphore(1),
        _infer_lock=threading.Lock(),
        _close_lock=threading.Lock(),
        _ctx_reuse_metric_lock=threading.Lock(),
    )
    for name in ("reused_tokens", "matched_tokens", "hit_sequences", "admitted_sequences"):
        llm.__dict__[f"_prev_ctx_{name}"] = 0
    prompts = Prompts(llm, SamplingParams, frozenset({"<|eot_id|>"}))
    capabilities = Capabilities("m", CONTEXT, 1, guidance=True)
    return EdgeLlmEngine(llm, prompts, Fitting(prompts, 4, CONTEXT), capabilities, CONTEXT)


def run(engine: EdgeLlmEngine, sampling: Sampling, cancel_after: int | None = None) -> tuple[list[str], Finished]:
    """One request's deltas and its end."""
    engine.admit(GenerationRequest(PromptId("a"), (Message(Role.USER, "hi <|eot_id|>"),), sampling, stream=True))
    texts: list[str] = []
    while True:
        for event in engine.step():
            if isinstance(event, Finished):
                return texts, event
            assert isinstance(event, Delta), event
            texts.append(event.text)
        if len(texts) == cancel_after:
            engine.cancel(PromptId("a"))


def main() -> None:
    """Every end that a request can have."""
    runtime = Runtime()
    engine = opened(runtime)

    runtime.texts, runtime.reason = ("Yes", ", a dog."), Native.FinishReason.END_ID
    texts, finished = run(engine, Sampling())
    assert (texts, finished.reason) == (["Yes", ", a dog."], FinishReason.STOP)
    assert (finished.usage.prompt_tokens, finished.usage.cached_tokens) == (PROMPT_TOKENS, 5)

    runtime.reason = None
    assert run(engine, Sampling(max_tokens=2))[1].reason is FinishReason.LENGTH
    assert run(engine, Sampling(stop=("a dog",)))[0] == ["Yes", ", "]
    assert run(engine, Sampling(json_schema='{"type": "string"}', stop=("dog",)))[1].text == "Yes,a"
    assert run(engine, Sampling(), cancel_after=2)[1].reason is FinishReason.CANCELLED

    runtime.reason = Native.FinishReason.ERROR
    with pytest.raises(RuntimeError, match="without an answer") as failure:
        run(engine, Sampling())
    assert str(failure.value.__cause__) == "no kernel image"
    engine.close()


if __name__ == "__main__":
    main()
