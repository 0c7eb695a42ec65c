"""Has a model generate for so many requests at once, and read, to see how fast it is.

What is decided from that: `batching`, `prompt_chunk`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime_genai as og

from agent.clock import boottime
from agent.units import Seconds

_PROMPT = np.arange(1, 9, dtype=np.int32)
"""Any tokens will do."""
_CAPACITY = 256
_READ = 512
"""Tokens, at most: the kernels are those for many."""
_AT_LEAST = Seconds(0.01)
"""A clock's coarseness and a scheduler's slices do not show in a measurement of this length."""


class GeneratorsTrial:
    """Generators that take turns, as `GeneratorsEngine` has them.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - the library has no types
        self._model = model
        self._generators: list[Any] = []

    def step(self, batch: int) -> Seconds:
        """As `batching.find_rates` has it: the mean of as many tokens as it takes to measure them."""
        while len(self._generators) < batch:
            self._generators.append(self._generator())
        count, began = 0, boottime()
        while (passed := boottime() - began) < _AT_LEAST or not count:
            for index, generator in enumerate(self._generators[:batch]):
                generator.generate_next_token()
                if generator.token_count() >= _CAPACITY:
                    self._generators[index] = self._generator()
            count += 1
        return Seconds(passed / count)

    def _generator(self) -> Any:  # noqa: ANN401 - the library has no types
        params = og.GeneratorParams(self._model)
        # Without an end token, and without the entropy that the library draws when it is given no seed.
        params.set_search_options(max_length=_CAPACITY + 1, min_length=_CAPACITY + 1, do_sample=False, random_seed=0)
        generator = og.Generator(self._model, params)
        generator.append_tokens(_PROMPT)
        return generator


def reading_rate(model: Any, most: int) -> float:  # noqa: ANN401 - the library has no types
    """Tokens of a prompt that are read in a second, by a generator; twice, as the first time prepares the library.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
        most: Tokens for which there is memory, and a place in the context.
    """
    count, rate = min(_READ, most), 0.0
    for _ in range(2):
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=count + 1, min_length=count + 1, do_sample=False, random_seed=0)
        generator = og.Generator(model, params)
        began = boottime()
        generator.append_tokens(np.ones(count, dtype=np.int32))
        generator.generate_next_token()  # of what was read; that it is done is known with this
        rate = count / (boottime() - began)
    return rate


class ContinuousTrial:
    """Requests in the library's `Engine`, as `ContinuousEngine` has them.

    Args:
        engine: The `onnxruntime_genai.Engine`.
    """

    def __init__(self, engine: Any) -> None:  # noqa: ANN401 - the library has no types
        self._engine = engine
        self._events = engine.create_event_buffer(256)

    def step(self, batch: int) -> Seconds:
        """As `batching.find_rates` has it, once every one of them has its first token."""
        requests = [self._request() for _ in range(batch)]
        waiting = set(requests)
        while waiting:
            waiting -= {event.request for event in self._run()}
        count, began = 0, boottime()
        while (passed := boottime() - began) < _AT_LEAST or not count:
            self._run()
            count += 1
        for request in requests:
            request.close()
        return Seconds(passed / count)

    def _request(self) -> Any:  # noqa: ANN401 - the library has no types
        options = og.RequestOptions()
        options.set_max_session_tokens(_CAPACITY)
        request = self._engine.create_request(options=options)
        turn = og.TurnOptions(request)
        turn.set_do_sample(False)
        turn.set_min_generated_tokens(_CAPACITY - len(_PROMPT))
        request.begin_turn(_PROMPT, turn)
        return request

    def _run(self) -> Sequence[Any]:
        events = list(self._engine.run(self._events))
        for event in events:
            if event.flags & (og.EngineEventFlags.FAILED | og.EngineEventFlags.CAPACITY_BLOCKED):
                raise RuntimeError(f"onnxruntime-genai does not run this model: {event.error_code}")
        return [event for event in events if event.flags & og.EngineEventFlags.TOKEN]
