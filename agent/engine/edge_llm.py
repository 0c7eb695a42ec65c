"""The engine on TensorRT Edge-LLM, NVIDIA's runtime for Orin and Thor; engines are built ahead, never here.

The runtime generates on threads of its own, into queues without a bound: not to step does not hold it back, so this
engine is not paced. A step waits for what it has produced, which for a request is no more than was asked of it.
"""

import concurrent.futures
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.clock import boottime
from agent.engine.chat import Vocabulary
from agent.engine.edge_llm_answer import Answer
from agent.engine.edge_llm_files import cache_dir, choose, this_machine
from agent.engine.edge_llm_prompt import Prompts
from agent.engine.edge_llm_streams import Stream, Streams, Taken
from agent.engine.fitting import Fitting
from agent.engine.guidance import is_json, too_intricate
from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Refused, Tokens
from agent.engine.xgrammar_guide import guide, refusal
from agent.errors import ConfigError, ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Seconds

STEP_WAIT = Seconds(0.05)
"""A step waits no longer for output: cancels and deadlines have their turn."""
END_WAIT = Seconds(0.1)
"""The end of a request waits no longer for the runtime to say what was cached."""


@dataclass(slots=True)
class _Running:
    """An admitted request.

    Attributes:
        failed: The library has no more, and has not said why.
    """

    request: GenerationRequest
    stream: Stream
    answer: Answer
    prompt_tokens: int
    deltas: int = 0
    failed: bool = False


class EdgeLlmEngine:
    """One model in TensorRT Edge-LLM.

    Args:
        llm: The loaded `experimental.server.LLM`.
        prompts: For it.
        fitting: To its context.
        capabilities: What it can do.
        max_input: Tokens of a prompt for which the engine was built.
    """

    def __init__(
        self,
        llm: Any,  # noqa: ANN401 - the library has no types
        prompts: Prompts,
        fitting: Fitting,
        capabilities: Capabilities,
        max_input: int,
    ) -> None:
        self._llm = llm
        self._prompts = prompts
        self._fitting = fitting
        self._capabilities = capabilities
        self._max_input = max_input
        self._running: dict[PromptId, _Running] = {}
        self._streams = Streams(capabilities.max_batch, self._reused)
        self._advanced: dict[PromptId, Tokens] = {}

    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    def admit(self, request: GenerationRequest) -> None:
        """Take a request. Its KV cache is there since the load: `room` has no say.

        Raises:
            RejectedError: It does not fit into the context, or its schema cannot be followed.
        """
        most, sampling = self._capabilities.max_batch, request.sampling
        if len(self._running) >= most or request.id in self._running:
            raise ValueError(f"{request.id} is one too many: this engine takes {most} at a time")
        followed = None if sampling.json_schema is None else guide(sampling.json_schema)
        if most == 1:
            self._streams.wind_down()  # one that was cancelled amid its prompt still has the runtime
        prompt_tokens = len(self._fitting.encode(request))
        if prompt_tokens > self._max_input:
            why = f"{prompt_tokens:,} tokens of prompt do not fit into an engine that was built for {self._max_input:,}"
            raise RejectedError(ErrorCode.TOO_LARGE, why)
        params = self._prompts.params(sampling, followed, self._asked(sampling.max_tokens, prompt_tokens))
        stream = Stream(self._llm.generate_stream(self._prompts.turns(request.messages), params))
        self._running[request.id] = _Running(request, stream, Answer(sampling), prompt_tokens)

    def step(self) -> Sequence[Event]:
        """Begin what was admitted; else take the next of what each has produced, for which it waits, but not long."""
        self._advanced = {request_id: Tokens() for request_id in self._running}
        if not self._running:
            return ()
        self._streams.gather(STEP_WAIT if all(map(_waits, self._running.values())) else Seconds(0.0))
        for running in self._running.values():
            if running.answer.ended is not None:
                continue
            if running.stream.reading is None:
                self._streams.begin(running.stream)
            elif running.stream.pending:
                self._take(running, running.stream.pending.popleft())
        return [event for running in list(self._running.values()) for event in self._events(running)]

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """What came out in the last step: a whole prompt with its first token. Others were waited for."""
        return self._advanced

    def kept(self) -> int:
        """None beyond what was allocated at the load: the library keeps prefixes in the pages that requests use."""
        return 0

    def forget(self) -> None:
        """Nothing: those pages are not given back before the model is."""

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request at the next step; the runtime stops before its next token."""
        running = self._running.get(request_id)
        if running is not None and running.answer.ended is None:
            running.answer.ended = reason
            running.stream.close()

    def close(self) -> None:
        """Give the model's memory back."""
        for request_id in self._running:
            self.cancel(request_id)
        self._running.clear()
        self._streams.close()
        self._llm.close()

    def _asked(self, max_tokens: int, prompt_tokens: int) -> int:
        """Tokens to ask of the runtime. Where several run, those share a batch that ask for as many: a power of two."""
        if self._capabilities.max_batch == 1:
            return max_tokens
        return min(1 << (max_tokens - 1).bit_length(), self._capabilities.context_length - prompt_tokens)

    def _reused(self) -> int:
        """Tokens that were ever found in the cache. With several at once the library does not tell."""
        metrics = self._llm.get_context_cache_metrics()
        return 0 if metrics is None else int(metrics.reused_tokens)

    def _take(self, running: _Running, taken: Taken) -> None:
        """Account for what was produced."""
        if taken.output is None:
            running.failed = True
            return
        is_first = running.answer.first_token_at is None
        decoded = running.answer.take(taken.output, taken.at)
        self._advanced[running.request.id] = Tokens(running.prompt_tokens if is_first and decoded else 0, decoded)

    def _events(self, running: _Running) -> Iterator[Event]:
        """What is to be told of a request."""
        if running.failed:
            yield self._fail(running)
            return
        text = running.answer.shown()
        if text:
            running.deltas += 1
            yield Delta(running.request.id, running.deltas - 1, text)
        if running.answer.ended is not None:
            yield self._finish(running, running.answer.ended)

    def _finish(self, running: _Running, reason: FinishReason) -> Event:
        request, answer = running.request, running.answer
        del self._running[request.id]
        running.stream.close()
        guided = request.sampling.json_schema is not None
        if guided and reason is FinishReason.STOP and not answer.stopped and not is_json(answer.text):
            why = too_intricate()
            return Refused(request.id, why.code, why.message)
        usage = Usage(running.prompt_tokens, answer.completion_tokens, self._cached(running))
        return Finished(request.id, reason, answer.text, usage, answer.first_token_at, boottime())

    def _cached(self, running: _Running) -> int:
        """Tokens of the prompt that were not read again, as far as the runtime says so in time."""
        reading = running.stream.reading
        if reading is None or self._capabilities.max_batch > 1:
            return 0
        done, _ = concurrent.futures.wait([reading], END_WAIT)
        return reading.result() if done and reading.exception() is None else 0

    def _fail(self, running: _Running) -> Refused:
        """The library gave up: over this answer's grammar, or for a reason that concerns every request."""
        assert running.stream.reading is not None  # noqa: S101 - tells the type checker: it has ended
        error = running.stream.reading.exception()
        if running.request.sampling.json_schema is None:
            raise RuntimeError(f"the runtime ended {running.request.id} without an answer") from error
        del self._running[running.request.id]
        why = refusal("" if error is None else str(error))
        return Refused(running.request.id, why.code, why.message)


def _waits(running: _Running) -> bool:
    """Whether there is nothing to do for it before the runtime has produced something."""
    return running.answer.ended is None and running.stream.reading is not None and not running.stream.pending


def load(spec: EngineSpec) -> EdgeLlmEngine:
    """Load a model from its checkpoint and the engine that was built for it.

    Raises:
        LoadError: It cannot be loaded: the library or the engine is missing, or not for this machine.
    """
    try:
        from experimental.server import LLM, SamplingParams  # noqa: PLC0415 - installed on Jetsons only

        vocabulary = Vocabulary.read(spec.model_dir / "tokenizer.json")
        record = choose(spec, this_machine())
        llm = LLM(
            str(spec.model_dir),
            cache_dir=str(cache_dir(spec.model_dir)),
            max_input_len=record.max_input,
            max_batch_size=record.max_batch,
            max_kv_cache_capacity=record.context_length,
            context_cache_config={"enabled": True},
            enable_in_flight_batching=record.max_batch > 1,
        )
    except ImportError as error:
        raise LoadError(f"TensorRT Edge-LLM is not installed here: {error}") from error
    except (ConfigError, OSError, ValueError, RuntimeError) as error:
        raise LoadError(f"{spec.model_dir}: {error}") from error
    prompts = Prompts(llm, SamplingParams, vocabulary.control)
    fitting = Fitting(prompts, vocabulary.longest, record.context_length)
    capabilities = Capabilities(
        spec.model,
        record.context_length,
        record.max_batch,
        guidance=True,
        paced=False,
        cache_tokens=record.cache_tokens,
    )
    return EdgeLlmEngine(llm, prompts, fitting, capabilities, record.max_input)
