"""The part that is native in the real one: generates on a thread of its own, into a queue without a bound."""

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import onnxruntime_genai as og

from agent.engine.guidance import grammar

CHUNK = 64
_FLUSHED = "\ufffd"


@dataclass(frozen=True)
class Chunk:
    """Text, and the tokens since the last one."""

    text: str
    token_ids: list[int]
    reason: str | None = None


class Channel:
    """From the generating thread to the reader."""

    def __init__(self) -> None:
        self.chunks: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop before the next token, and wake the reader."""
        self.cancelled.set()
        self.chunks.put(None)


class Generation:
    """One answer."""

    def __init__(self, model: Any, tokenizer: Any, ids: Sequence[int], params: Any, channel: Channel) -> None:  # noqa: ANN401
        self._model, self._tokenizer, self._params, self._channel = model, tokenizer, params, channel
        self._ids = ids
        self._ends = {int(token) for token in tokenizer.eos_token_ids}
        self._all: list[int] = []
        self._sent = 0
        self._detokenizer = tokenizer.create_stream()

    def run(self) -> None:
        """To its end."""
        try:
            reason = self._generate(self._generator())
        except RuntimeError:
            self._channel.chunks.put(Chunk("", [], "error"))
            raise
        text = ""
        if self._all and reason == "length" and str(self._tokenizer.decode(self._all)).endswith(_FLUSHED):
            text = _FLUSHED  # half a character
        self._channel.chunks.put(Chunk(text, self._all[self._sent :], reason))

    def _generator(self) -> Any:  # noqa: ANN401
        params = og.GeneratorParams(self._model)
        greedy = self._params.temperature < 1e-3
        params.set_search_options(
            max_length=len(self._ids) + self._params.max_tokens,
            do_sample=not greedy,
            temperature=self._params.temperature,
            top_p=self._params.top_p,
            top_k=self._params.top_k,
            random_seed=(self._params.seed or 0) % 2**31,
        )
        if self._params.guided_decoding is not None:
            kind, guide = self._params.guided_decoding
            assert kind == "json_schema"
            params.set_guidance("lark_grammar", grammar(guide, 0))
            self._channel.chunks.put(Chunk(" \n", []))  # the real grammar allows white space
        return og.Generator(self._model, params)

    def _generate(self, generator: Any) -> str:  # noqa: ANN401
        for start in range(0, len(self._ids), CHUNK):
            if self._channel.cancelled.is_set():
                return "cancelled"
            generator.append_tokens(self._ids[start : start + CHUNK])
        while len(self._all) < self._params.max_tokens:
            if self._channel.cancelled.is_set():
                return "cancelled"
            generator.generate_next_token()
            token = int(generator.get_next_tokens()[0])
            self._all.append(token)
            if token in self._ends:
                return "stop"
            text = self._detokenizer.decode(token)
            if text:
                self._channel.chunks.put(Chunk(text, self._all[self._sent :]))
                self._sent = len(self._all)
        return "length"
