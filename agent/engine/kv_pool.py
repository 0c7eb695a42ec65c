"""How large TensorRT-LLM's pool of KV cache is to be. Pure.

The library allocates it once, when it loads a model, as the smaller of two limits: `max_tokens`, and a fraction of the
memory that is free once weights and activations are there (`KvCacheConfig` in `tensorrt_llm/llmapi/llm_args.py`, which
`configure_kv_cache_capacity` in `tensorrt_llm/_torch/pyexecutor/_util.py` carries out). By default there is no
`max_tokens`, and the fraction is 0.9: where the processor's memory is the GPU's too, nine tenths of what everything
else needs.

Here `max_tokens` is what the memory governor has found room for. The fraction is a bound for the case that the memory
has shrunk since.
"""

from dataclasses import dataclass

from agent.budget.memory import Geometry
from agent.units import Bytes, Ratio

TOKENS_PER_BLOCK = 32
"""The library's default: a request takes whole blocks."""
_AHEAD = 1
"""Blocks of a request beyond its tokens: while a token is being looked at, the next step has been started already."""


@dataclass(frozen=True, slots=True)
class KvPool:
    """The two limits.

    Attributes:
        tokens: Enough for what was promised.
        fraction: Of what is free after the load.
    """

    tokens: int
    fraction: Ratio


def kv_pool(geometry: Geometry, promised: int, max_batch: int, free: Bytes) -> KvPool:
    """The pool for `max_batch` requests at once.

    The fraction lies halfway between what the pool needs of the memory that will be left beside the weights, and all of
    it. So half of what the pool does not need is never taken; and as the activations are not known beforehand, there
    may be less left than expected before the pool comes out too small.

    Args:
        geometry: The model's.
        promised: Tokens of all of them together, prompts and answers.
        max_batch: How many.
        free: Memory of the GPU that can be had before the load.

    Raises:
        ValueError: It does not fit beside the weights.
    """
    tokens = (-(-promised // TOKENS_PER_BLOCK) + _AHEAD * max_batch) * TOKENS_PER_BLOCK
    needed, left = tokens * geometry.token, free - geometry.weights
    if needed > left:
        raise ValueError(
            f"a KV cache of {tokens:,} tokens needs {needed:,} bytes, and beside {geometry.weights:,} bytes of weights "
            f"{max(0, left):,} are free"
        )
    return KvPool(tokens, Ratio((needed / left + 1) / 2))
