"""The engine on onnxruntime-genai's `Engine`: requests join and leave a batch that the library advances as one.

For models that were built for it (`use_paged_attention`), which the library's `Generator` cannot run. Their KV caches
are blocks of a pool, allocated once. Invariant: a request is begun only when the pool has blocks for all of it, so that
none ever waits for memory amid its answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime_genai as og

from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.fitting import Fitting
from agent.engine.guidance import gave_up, grammar, schema_refusal
from agent.engine.ort_genai.answer import Answer
from agent.engine.ort_genai.memory import give_back_free_memory
from agent.engine.ort_genai.stock import SEEDS
from agent.engine.ort_genai.waiting import Line, Waiting
from agent.engine.parts import in_step
from agent.engine.protocol import Capabilities, Event, GenerationRequest, Refused, Tokens
from agent.errors import ErrorCode, RejectedError
from agent.prompt import FinishReason, PromptId

_EVENTS = 256
"""Of one step, at most: more than there are requests."""
_HINDERED = og.EngineEventFlags.CAPACITY_BLOCKED | og.EngineEventFlags.RETRYABLE
_PATIENCE = 100
"""Steps."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What the library was told of its batches.

    Attributes:
        tokens: For which there are blocks, of all requests together.
        block: Tokens of a block.
        chunk: Tokens of a prompt that a step reads, at most.
        scheduled: Tokens that a step puts through the model, of all requests together, at most.
    """

    tokens: int
    block: int
    chunk: int
    scheduled: int


@dataclass(slots=True)
class _Running:
    """A request that the library advances.

    Attributes:
        handle: The library's request.
        turn: Its one turn.
        tokens: Of prompt and answer together, for which there are blocks.
        unread: Tokens of the prompt that have not been read yet.
    """

    answer: Answer
    handle: Any
    turn: int
    tokens: int
    unread: int


class ContinuousEngine:
    """One model in onnxruntime-genai's `Engine`.

    A step advances every request: those that generate first, and then each prompt by a chunk, as far as a step goes.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
        runtime: Its `onnxruntime_genai.Engine`.
        capabilities: What it can do.
        vocabulary: Of its tokenizer.
        top_k: How many of the likeliest tokens sampling looks at.
        pool: What it was told.
    """

    def __init__(  # noqa: PLR0913 - what the loader has found out; only it calls this
        self,
        model: Any,  # noqa: ANN401 - the library has no types
        runtime: Any,  # noqa: ANN401
        capabilities: Capabilities,
        vocabulary: Vocabulary,
        *,
        top_k: int,
        pool: Pool,
    ) -> None:
        self._runtime = runtime
        self._events = runtime.create_event_buffer(_EVENTS)
        self._capabilities = capabilities
        self._tokenizer = og.Tokenizer(model)
        self._fitting = Fitting(
            ChatEncoder(self._tokenizer, vocabulary.control), vocabulary.longest, capabilities.context_length
        )
        self._top_k = top_k
        self._pool = pool
        self._running: dict[PromptId, _Running] = {}
        self._line = Line(self._begin)
        self._advanced: dict[PromptId, Tokens] = {}
        self._grammar_edition = 0
        self._stuck = 0
        """Steps in a row in which nothing got on."""

    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    def admit(self, request: GenerationRequest) -> None:
        """Take a request; it waits for blocks that running ones have.

        Raises:
            RejectedError: It does not fit into the context or the pool, or its schema does not compile.
        """
        if len(self._running) + len(self._line) >= self._capabilities.max_batch:
            raise ValueError(f"{request.id} is one too many: this engine takes {self._capabilities.max_batch}")
        waiting = Waiting(request, self._fitting.encode(request))
        if self._blocks(waiting.tokens) > self._blocks(self._capabilities.cache_tokens):
            why = f"{waiting.tokens:,} tokens of prompt and answer, and memory for {self._capabilities.cache_tokens:,}"
            raise RejectedError(ErrorCode.DOES_NOT_FIT, why)
        self._line.join(waiting)

    def step(self) -> Sequence[Event]:
        """Have the library advance all."""
        self._advanced = {}
        events = [*self._end(), *self._line.step()]
        if not self._running:
            return events
        self._count_reading()
        try:
            told = list(self._runtime.run(self._events))
        except RuntimeError as error:
            if not gave_up(error):
                raise
            return [*events, *self._refuse_guided()]  # which of them it is the library does not tell
        self._see_failure(told)
        by_handle = {running.handle: running for running in self._running.values()}
        for event in told:
            if event.request in by_handle:
                events += self._take(by_handle[event.request], event)
        return events

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """What the last step put through the model."""
        return self._advanced

    def kept(self) -> int:
        """Nothing: the pool is there from the load on, and the library reads every prompt anew."""
        return 0

    def forget(self) -> None:
        """Nothing is kept."""

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request at the next step."""
        running = self._running.get(request_id)
        if running is not None:
            running.answer.ended = running.answer.ended or reason
        self._line.cancel(request_id, reason)

    def close(self) -> None:
        """Give the model's memory back."""
        for running in self._running.values():
            running.handle.close()
        self._running.clear()
        self._line.clear()
        del self._events, self._runtime, self._fitting, self._tokenizer
        give_back_free_memory()

    def _end(self) -> Sequence[Event]:
        """The outcomes of those that were cancelled."""
        events: list[Event] = []
        for running in list(self._running.values()):
            if running.answer.ended is not None:
                events += self._finish(running, running.answer.ended, "")
        return events

    def _begin(self, waiting: Waiting) -> bool:
        """Hand a request to the library; False when others have the blocks for it.

        Raises:
            RejectedError: Its schema cannot be followed.
        """
        taken = sum(self._blocks(running.tokens) for running in self._running.values())
        if taken + self._blocks(waiting.tokens) > self._blocks(self._capabilities.cache_tokens):
            return False
        options = og.RequestOptions()
        options.set_max_session_tokens(waiting.tokens)
        handle = self._runtime.create_request(options=options)
        turn = self._turn_options(handle, waiting.request)
        try:
            number = handle.begin_turn(np.asarray(waiting.prompt, dtype=np.int32), turn)
        except RuntimeError as error:
            handle.close()
            if waiting.request.sampling.json_schema is None:
                raise
            raise schema_refusal(error) from error
        answer = Answer(waiting.request, self._tokenizer.create_stream(), len(waiting.prompt))
        self._running[answer.id] = _Running(answer, handle, number, waiting.tokens, len(waiting.prompt))
        return True

    def _turn_options(self, handle: Any, request: GenerationRequest) -> Any:  # noqa: ANN401 - the library has no types
        """How the tokens of an answer are chosen.

        Raises:
            RejectedError: The schema exceeds a limit, or cannot be followed here.
        """
        turn, sampling = og.TurnOptions(handle), request.sampling
        turn.set_max_generated_tokens(sampling.max_tokens)
        if request.min_tokens:
            turn.set_min_generated_tokens(request.min_tokens)
        turn.set_do_sample(sampling.temperature > 0)
        if sampling.temperature > 0:
            turn.set_temperature(sampling.temperature)
            turn.set_top_p(sampling.top_p)
            turn.set_top_k(self._top_k)
            if sampling.seed is not None:
                turn.set_seed(sampling.seed % SEEDS)
        if sampling.json_schema is not None:
            if not self._capabilities.guidance:
                why = f"{self._capabilities.model} cannot follow a JSON Schema here"
                raise RejectedError(ErrorCode.UNSUPPORTED, why)
            turn.set_guidance("lark_grammar", grammar(sampling.json_schema, self._grammar_edition))
        return turn

    def _count_reading(self) -> None:
        """What of the prompts the library will read now, by its rule: it does not tell."""
        unread = [running.unread for running in self._running.values()]
        read = in_step(unread, self._pool.chunk, self._pool.scheduled)
        for running, tokens in zip(self._running.values(), read, strict=True):
            running.unread -= tokens
            self._advanced[running.answer.id] = Tokens(prefill=tokens)

    def _take(self, running: _Running, event: Any) -> Sequence[Event]:  # noqa: ANN401 - the library has no types
        """What an event of the library says of a request."""
        answer, text = running.answer, ""
        if event.flags & og.EngineEventFlags.TOKEN:
            before = self._advanced[answer.id]
            self._advanced[answer.id] = Tokens(before.prefill + running.unread, before.decode + 1)
            running.unread = 0  # whatever was counted, its prompt has been read now
            text = answer.take(int(event.token), ())
        is_over = bool(event.flags & og.EngineEventFlags.TURN_FINISHED)
        if is_over and event.finish_reason == og.FinishReason.EOS:
            answer.completion_tokens += 1  # the end token too: it was generated
            answer.ended = answer.ended or FinishReason.STOP
        elif is_over:
            answer.ended = answer.ended or FinishReason.LENGTH
        return answer.tell(text) if answer.ended is None else self._finish(running, answer.ended, text)

    def _see_failure(self, told: Sequence[Any]) -> None:
        """What the library could not do in a step: for lack of blocks, as those of an ended request are not free yet.

        Raises:
            RuntimeError: It cannot go on.
        """
        hindered = [event for event in told if event.flags & _HINDERED]
        self._stuck = self._stuck + 1 if hindered and len(hindered) == len(told) else 0
        failed = [event for event in told if event.flags & og.EngineEventFlags.FAILED]
        if failed or self._stuck > _PATIENCE:
            raise RuntimeError(f"onnxruntime-genai cannot go on: {(failed or hindered)[0].error_code}")

    def _finish(self, running: _Running, reason: FinishReason, text: str) -> Sequence[Event]:
        del self._running[running.answer.id]
        running.handle.close()
        events = running.answer.finish(reason, text)
        self._grammar_edition += isinstance(events[-1], Refused)
        return events

    def _refuse_guided(self) -> Sequence[Event]:
        guided = [it for it in self._running.values() if it.answer.request.sampling.json_schema is not None]
        for running in guided:
            del self._running[running.answer.id]
            running.handle.close()
        self._grammar_edition += 1
        return [running.answer.refuse() for running in guided]

    def _blocks(self, tokens: int) -> int:
        return -(-tokens // self._pool.block)
