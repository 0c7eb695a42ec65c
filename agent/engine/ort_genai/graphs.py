"""CUDA graphs: a step that generates is recorded once and replayed, where a model and a machine can.

Left to itself the processor launches each of a step's hundreds of kernels, and a large GPU waits for it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import onnxruntime_genai as og

from agent.engine.batching import BatchSearch, worth_it
from agent.engine.ort_genai.memory import give_back_free_memory

_CUDA, _SWITCH = "cuda", "enable_cuda_graph"
_SHARED: Final = tuple(range(1, 33))
_ENDINGS: Final = (tuple(range(33, 49)), tuple(range(49, 65)))
"""Any tokens will do."""
_ANSWER = 8
"""Generated tokens: onnxruntime runs a graph twice as it is before it records it, and then replays it."""
_CAPACITY = 128
_log = logging.getLogger(__name__)
_LoadedT = TypeVar("_LoadedT")


def is_for_cuda(model: Mapping[str, Any]) -> bool:
    """Whether a model was built for CUDA.

    Args:
        model: The `model` of a `genai_config.json`.
    """
    providers = model["decoder"].get("session_options", {}).get("provider_options", [])
    return any(name.lower() == _CUDA for each in providers for name in each)


def switch(config: Any, *, on: bool) -> None:  # noqa: ANN401 - the library has no types
    """Have a model for CUDA loaded with graphs, or without, whatever its own files say."""
    config.set_provider_option(_CUDA, _SWITCH, "1" if on else "0")


def runs_alone(most: int, search: BatchSearch | None) -> bool:
    """Whether one request runs at a time, as far as that is known before the load.

    Args:
        most: As `batching.decide` has it.
        search: Likewise.
    """
    if most == 1:
        return True
    return search is not None and (search.known is None or worth_it(search.known.rates, most) == 1)


def load_with_graphs(load: Callable[[bool], _LoadedT], *, wanted: bool) -> _LoadedT:
    """Load with graphs where they are wanted, and without them where that fails.

    Args:
        load: Loads, and is told whether with graphs.
        wanted: Whether that is to be tried.

    Raises:
        RuntimeError: It cannot be loaded without them either.
    """
    failure = None
    if wanted:
        try:
            return load(True)  # noqa: FBT003 - its only argument
        except RuntimeError as error:
            failure = str(error)
        give_back_free_memory()
    loaded = load(False)  # noqa: FBT003 - likewise
    if failure is not None:
        _log.warning("cuda_graph_unusable", extra={"reason": failure})
    return loaded


def check_replay(make: Callable[[], Any]) -> None:
    """Use graphs as `GeneratorsEngine` does: generators that take turns, go back, and read on.

    Args:
        make: Makes an empty generator.

    Raises:
        RuntimeError: That cannot be done, or what is generated then is not what was generated at first.
    """
    generators = [make() for _ in _ENDINGS]
    for generator in generators:
        generator.append_tokens(_SHARED)
    first = [_answer(generator, ending) for generator, ending in zip(generators, _ENDINGS, strict=True)]
    for generator in generators:
        generator.rewind_to(len(_SHARED))
    again = [_answer(generator, ending) for generator, ending in zip(generators, _ENDINGS, strict=True)]
    if again != first:
        raise RuntimeError("what it generates from recorded steps is not the same each time")


def endless_generator(model: Any) -> Any:  # noqa: ANN401 - the library has no types
    """A greedy one, that does not end by itself."""
    params = og.GeneratorParams(model)
    # Without an end token, and without the entropy that the library draws when it is given no seed.
    params.set_search_options(max_length=_CAPACITY, min_length=_CAPACITY, do_sample=False, random_seed=0)
    return og.Generator(model, params)


def _answer(generator: Any, ending: Sequence[int]) -> list[int]:  # noqa: ANN401 - the library has no types
    """What is generated behind an ending."""
    generator.append_tokens(ending)
    tokens = []
    for _ in range(_ANSWER):
        generator.generate_next_token()
        tokens.append(int(generator.get_next_tokens()[0]))
    return tokens
