"""The pool of KV cache has room for what was promised, and leaves the rest of the memory alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.memory import Geometry
from agent.engine.kv_pool import TOKENS_PER_BLOCK, kv_pool
from agent.units import Bytes

GIB = 1 << 30
DEFAULT_FRACTION = 0.9


def geometry(weights: int = 2 * GIB) -> Geometry:
    """Of Llama 3.2 1B in BF16, where nothing else is said: 32 KiB a token."""
    return Geometry("m", 131072, 16, 8, 64, 2048, 128256, 2.0, Bytes(weights), Bytes(9_000_000))


def test_llama_on_a_board_of_eight_gigabytes() -> None:
    pool = kv_pool(geometry(), 4 * 4096, 4096, 4, Bytes(5 * GIB))
    assert pool.tokens == 4 * (4096 + 32)
    taken = pool.tokens * geometry().token
    assert taken < pool.fraction * 3 * GIB < 2 * GIB
    assert pool.fraction < DEFAULT_FRACTION


def test_what_does_not_fit_is_said_with_the_numbers() -> None:
    with pytest.raises(
        ValueError,
        match=r"^not enough memory: .* 4,128 tokens needs 135,266,304 bytes.* 2,147,483,648 bytes .* 1 are free",
    ):
        kv_pool(geometry(), 4096, 4096, 1, Bytes(2 * GIB + 1))
    with pytest.raises(ValueError, match=r" 0 are free"):
        kv_pool(geometry(), 4096, 4096, 1, Bytes(GIB))


def test_for_several_the_pool_is_no_larger_than_the_gpu_has() -> None:
    pool = kv_pool(geometry(), 64 * 8192, 8192, 64, Bytes(5 * GIB))
    assert pool.tokens == 0.75 * 3 * GIB // geometry().token
    one = kv_pool(geometry(), 64 * 8192, 80_000, 1, Bytes(5 * GIB))
    assert one.tokens == 80_000 + TOKENS_PER_BLOCK


@given(
    wanted=st.integers(1, 64 * 131072),
    share=st.floats(0.01, 1.0),
    batch=st.integers(1, 64),
    weights=st.integers(0, 64 * GIB),
    beside=st.integers(1, 64 * GIB),
)
def test_the_pool_is_whole_and_bounded(wanted: int, share: float, batch: int, weights: int, beside: int) -> None:
    shape, least = geometry(weights), max(1, int(wanted * share))
    try:
        pool = kv_pool(shape, wanted, least, batch, Bytes(weights + beside))
    except ValueError:
        assert least * shape.token > beside - (batch + 1) * TOKENS_PER_BLOCK * shape.token
        return
    assert pool.tokens % TOKENS_PER_BLOCK == 0
    assert least < pool.tokens <= wanted + (batch + 1) * TOKENS_PER_BLOCK
    assert pool.tokens * shape.token <= beside
    spare = beside - pool.tokens * shape.token
    assert pool.fraction * beside <= beside - spare / 2 + 1
    assert 0.5 < pool.fraction <= 1
