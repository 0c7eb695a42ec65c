"""How large TensorRT-LLM's pool of KV cache is to be. Pure.

The library allocates it once, when it loads a model, as the smaller of two limits: `max_tokens`, and a fraction of the
memory that is free once weights and activations are there (`KvCacheConfig` in `tensorrt_llm/llmapi/llm_args.py`, which
`configure_kv_cache_capacity` in `tensorrt_llm/_torch/pyexecutor/_util.py` carries out). By default there is no
`max_tokens`, and the fraction is 0.9: where the processor's memory is the GPU's too, nine tenths of what everything
else needs.

Here `max_tokens` is what the memory governor has found room for, as far as the GPU has it: a card's own memory the
governor does not see, nor what the library itself has taken since. The fraction is a bound for the case that the memory
has shrunk since.
"""

from dataclasses import dataclass

from agent.budget.memory import Geometry
from agent.units import Bytes, Ratio

TOKENS_PER_BLOCK = 32
"""The library's default: a request takes whole blocks."""
_AHEAD = 1
"""Blocks of a request beyond its tokens: while a token is being looked at, the next step has been started already."""
_MOST = 0.75
"""Of what is left beside the weights: the library's activations and graphs come out of the rest. More only where a
single request needs it."""


@dataclass(frozen=True, slots=True)
class KvPool:
    """The two limits.

    Attributes:
        tokens: Enough for what was promised.
        fraction: Of what is free after the load.
    """

    tokens: int
    fraction: Ratio


def kv_pool(geometry: Geometry, wanted: int, least: int, max_batch: int, free: Bytes) -> KvPool:
    """The pool for `max_batch` requests at once.

    The fraction lies halfway between what the pool needs of the memory that will be left beside the weights, and all of
    it. So half of what the pool does not need is never taken; and as the activations are not known beforehand, there
    may be less left than expected before the pool comes out too small.

    Args:
        geometry: The model's.
        wanted: Tokens of all of them together, prompts and answers. With fewer, some wait for others.
        least: Tokens of the longest one: with fewer it could not be run.
        max_batch: How many.
        free: Memory of the GPU that can be had before the load.

    Raises:
        ValueError: Not even the least fits beside the weights.
    """
    left = free - geometry.weights
    affordable = int(_MOST * max(0, left)) // geometry.token
    tokens = max(
        _in_blocks(least, max_batch),
        min(_in_blocks(wanted, max_batch), affordable // TOKENS_PER_BLOCK * TOKENS_PER_BLOCK),
    )
    needed = tokens * geometry.token
    if needed > left:
        raise ValueError(
            f"not enough memory: a KV cache of {tokens:,} tokens needs {needed:,} bytes, and beside "
            f"{geometry.weights:,} bytes of weights {max(0, left):,} are free"
        )
    return KvPool(tokens, Ratio((needed / left + 1) / 2))


def _in_blocks(tokens: int, at_once: int) -> int:
    return (-(-tokens // TOKENS_PER_BLOCK) + _AHEAD * at_once) * TOKENS_PER_BLOCK
