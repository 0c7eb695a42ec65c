"""What generates in the stand-in for TensorRT-LLM: one thread, a batch that requests join and leave between two steps.

All calls of onnxruntime-genai are made in that thread.
"""

import ctypes
import gc
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnxruntime_genai as og

BLOCK = 32
"""Tokens that are shared with an earlier prompt are counted in blocks of so many."""
CHUNK = 512


@dataclass(frozen=True, slots=True)
class Response:
    """What one step has given for one request."""

    token: int | None = None
    is_end: bool = False
    finish_reason: str | None = None
    error: str | None = None
    cached_tokens: int = 0


@dataclass(slots=True)
class Sequenced:
    """A request in the batch, or on its way there."""

    prompt: tuple[int, ...]
    max_tokens: int
    greedy: bool
    temperature: float
    top_p: float
    seed: int
    schema: str | None
    tell: Callable[[Response], None] = field(default=lambda _: None)
    unread: deque[tuple[int, ...]] = field(default_factory=deque)
    generator: Any = None
    generated: int = 0
    cached_tokens: int = 0
    is_aborted: bool = False


class Machine:
    """Generates until it is stopped.

    Args:
        model: The loaded `onnxruntime_genai.Model`. Given up when stopped.
        max_batch: Requests that one step advances.
    """

    def __init__(self, model: Any, max_batch: int) -> None:  # noqa: ANN401 - onnxruntime_genai has no types
        self._model = model
        self._max_batch = max_batch
        self.tokenizer = og.Tokenizer(model)
        self._ends = {int(token) for token in self.tokenizer.eos_token_ids}
        self._submitted: queue.SimpleQueue[Sequenced | None] = queue.SimpleQueue()
        self._waiting: deque[Sequenced] = deque()
        self._batch: list[Sequenced] = []
        self._read: list[tuple[int, ...]] = []
        self._grammars = itertools.count()
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def submit(self, sequence: Sequenced, tell: Callable[[Response], None]) -> None:
        """Run a request; `tell` is called in this machine's thread."""
        sequence.tell = tell
        self._submitted.put(sequence)

    def abort(self, sequence: Sequenced) -> None:
        """End a request at its next step."""
        sequence.is_aborted = True

    def stop(self) -> None:
        """End, at once for whatever runs."""
        self._submitted.put(None)
        self._thread.join()
        self._batch.clear()
        del self._model, self.tokenizer
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)

    def _run(self) -> None:
        while self._take_submitted():
            while self._waiting and len(self._batch) < self._max_batch:
                self._batch.append(self._waiting.popleft())
            for sequence in list(self._batch):
                if self._advance(sequence):
                    self._batch.remove(sequence)
                    sequence.generator = None

    def _take_submitted(self) -> bool:
        while not (self._submitted.empty() and (self._batch or self._waiting)):
            sequence = self._submitted.get()
            if sequence is None:
                return False
            self._waiting.append(sequence)
        return True

    def _advance(self, sequence: Sequenced) -> bool:
        """A step of one request; whether it was its last."""
        if sequence.is_aborted:
            sequence.tell(Response(finish_reason="cancelled", cached_tokens=sequence.cached_tokens))
            return True
        try:
            if sequence.generator is None:
                self._begin(sequence)
            if sequence.unread:
                sequence.generator.append_tokens(sequence.unread.popleft())
                return False
            sequence.generator.generate_next_token()
        except RuntimeError as error:
            sequence.tell(Response(error=f"Guided decoding error: LLGuidance matcher error: {error}"))
            return True
        token = int(sequence.generator.get_next_tokens()[0])
        sequence.generated += 1
        is_end = token in self._ends
        reason = "stop" if is_end else "length" if sequence.generated >= sequence.max_tokens else None
        sequence.tell(Response(token, is_end, reason, None, sequence.cached_tokens))
        return reason is not None

    def _begin(self, sequence: Sequenced) -> None:
        params = og.GeneratorParams(self._model)
        params.set_search_options(
            max_length=len(sequence.prompt) + sequence.max_tokens,
            do_sample=not sequence.greedy,
            temperature=sequence.temperature,
            top_p=sequence.top_p,
            top_k=1024,
            random_seed=sequence.seed,
        )
        if sequence.schema is not None:
            grammar = f'%llguidance {{"no_forcing": true}}\nstart: %json {sequence.schema}\n// {next(self._grammars)}\n'
            params.set_guidance("lark_grammar", grammar)
        sequence.generator = og.Generator(self._model, params)
        sequence.unread.extend(
            sequence.prompt[start : start + CHUNK] for start in range(0, len(sequence.prompt), CHUNK)
        )
        sequence.cached_tokens = max((_shared(sequence.prompt, read) for read in self._read), default=0)
        self._read.append(sequence.prompt)


def _shared(prompt: tuple[int, ...], read: tuple[int, ...]) -> int:
    """Tokens in blocks that two prompts begin with; the last token is always computed."""
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(prompt[:-1], read, strict=False)))
    return same - same % BLOCK
