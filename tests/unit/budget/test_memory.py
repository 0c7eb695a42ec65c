"""What a model takes, and whether it fits: tables and properties."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.admission import room_for_request
from agent.budget.memory import (
    LEAST_CONTEXT,
    DoesNotFit,
    Fits,
    Geometry,
    Learnt,
    MemoryBounds,
    MemoryNow,
    judge,
    predict,
)
from agent.budget.prompt_chunk import LEAST_CHUNK, MOST_CHUNK, largest_chunk, part_of, read_in_time
from agent.budget.sharing import Shared, share
from agent.units import Bytes

MIB = 1 << 20
LLAMA_1B = Geometry("1b", 131_072, 16, 8, 64, 2048, 128_256, 4, Bytes(792 * MIB), Bytes(3_413_255))
LLAMA_3B = Geometry("3b", 131_072, 28, 8, 128, 3072, 128_256, 4, Bytes(1892 * MIB), Bytes(3_413_255))
EDGE_TINY = Geometry("tiny", 4096, 13, 2, 64, 384, 4096, 4, Bytes(15_935_126), Bytes(261_767))
BOUNDS = MemoryBounds(None, Bytes(512 * MIB), shorten_context=True)

geometries = st.builds(
    Geometry,
    model=st.just("any"),
    context_length=st.integers(1, 200_000),
    layers=st.integers(1, 100),
    kv_heads=st.integers(1, 64),
    head_size=st.integers(1, 256),
    hidden_size=st.integers(1, 16_384),
    vocab_size=st.integers(1, 300_000),
    kv_value_bytes=st.sampled_from([1.0, 2.0, 4.0]),
    weights=st.integers(1, 1 << 40).map(Bytes),
    tokenizer=st.integers(1, 1 << 26).map(Bytes),
    is_on_gpu=st.booleans(),
    last_logits_only=st.booleans(),
)
memories = st.integers(0, 1 << 42).map(Bytes)
bounds = st.builds(MemoryBounds, st.none() | memories, memories, st.booleans())


def now(available: int, ceiling: int | None = None) -> MemoryNow:
    return MemoryNow(Bytes(available), Bytes(max(available, ceiling or available)))


@pytest.mark.parametrize(
    ("geometry", "context", "measured"),
    [  # python -m tests.bench.memory, MiB
        (EDGE_TINY, 512, 62),
        (EDGE_TINY, 4096, 107),
        (EDGE_TINY, 16_384, 263),
        (LLAMA_1B, 512, 967),
        (LLAMA_1B, 4096, 1194),
        (LLAMA_1B, 16_384, 1960),
        (LLAMA_3B, 512, 2176),
        (LLAMA_3B, 4096, 2960),
        (LLAMA_3B, 16_384, 5646),
    ],
)
def test_what_was_measured_is_predicted(geometry: Geometry, context: int, measured: int) -> None:
    assert -0.03 <= predict(geometry, context).total / (measured * MIB) - 1 <= 0.10


def test_the_cache_is_what_its_formula_says() -> None:
    assert LLAMA_1B.token == 65_536
    assert predict(LLAMA_1B, 1000, batch=4).cache == 4 * 65_536_000
    assert replace(LLAMA_1B, kv_value_bytes=2).token == 32_768


def test_what_was_learnt_counts_more_than_what_is_known_of_the_files() -> None:
    need = predict(LLAMA_1B, 512, learnt=Learnt(Bytes(700 * MIB), Bytes(5 * MIB)))
    assert need.loaded == 700 * MIB
    assert need.workspace == predict(LLAMA_1B, 512).workspace + 5 * MIB


def test_a_large_model_in_2_gib_does_not_fit_and_a_small_one_does() -> None:
    free = now(1980 * MIB, 2048 * MIB)
    large, small = judge(LLAMA_3B, free, BOUNDS), judge(LLAMA_1B, free, BOUNDS)
    assert isinstance(large, DoesNotFit)
    assert not large.ever
    assert f"{large.needed:,}" in str(large)
    assert f"{1468 * MIB:,}" in str(large)
    assert isinstance(small, Fits)
    assert 4096 < small.context_length < 131_072


def test_what_others_hold_may_come_back() -> None:
    short = judge(LLAMA_1B, now(900 * MIB, 8192 * MIB), BOUNDS)
    assert isinstance(short, DoesNotFit)
    assert short.ever


def test_a_context_that_may_not_be_shortened_has_to_fit_whole() -> None:
    whole = replace(BOUNDS, shorten_context=False)
    assert isinstance(judge(LLAMA_1B, now(4096 * MIB), whole), DoesNotFit)
    assert judge(EDGE_TINY, now(4096 * MIB), whole) == Fits(predict(EDGE_TINY, 4096), 4096)


def test_the_budget_bounds_what_is_available() -> None:
    fit = judge(LLAMA_1B, now(64 << 30), replace(BOUNDS, budget=Bytes(2048 * MIB)))
    assert isinstance(fit, Fits)
    assert fit.need.total <= 2048 * MIB
    assert fit.context_length > 16_384


@given(geometries, memories, memories, bounds, st.integers(1, 8))
def test_what_fits_stays_within_its_bounds(
    geometry: Geometry, available: Bytes, ceiling: Bytes, bounds: MemoryBounds, batch: int
) -> None:
    free = now(available, ceiling)
    verdict = judge(geometry, free, bounds, batch=batch)
    match verdict:
        case Fits(need, context_length):
            assert need.total <= bounds.room(free.available)
            assert min(LEAST_CONTEXT, geometry.context_length) <= context_length <= geometry.context_length
            assert bounds.shorten_context or context_length == geometry.context_length
        case DoesNotFit(_, needed, room, _):
            assert needed > room


@given(geometries, memories, memories, bounds)
def test_more_memory_never_means_less_context(
    geometry: Geometry, available: Bytes, more: Bytes, bounds: MemoryBounds
) -> None:
    before = judge(geometry, now(available), bounds)
    after = judge(geometry, now(available + more), bounds)
    if isinstance(before, Fits):
        assert isinstance(after, Fits)
        assert after.context_length >= before.context_length


@given(memories, memories, bounds, st.integers(1, 131_072))
def test_a_request_has_the_room_of_the_load_and_of_now(
    available: Bytes, measured: Bytes, bounds: MemoryBounds, context_length: int
) -> None:
    room = room_for_request(LLAMA_1B, now(available), bounds, measured=measured, context_length=context_length)
    assert 0 <= room.available <= context_length * room.token
    assert room.available <= max(0, available - bounds.reserve)
    if bounds.budget is not None and room.available:
        assert measured + room.available <= bounds.budget


ON_GPU = replace(LLAMA_3B, kv_value_bytes=2, is_on_gpu=True)


@pytest.mark.parametrize(
    ("geometry", "available_mib", "chunk"),
    [
        (LLAMA_3B, 65_536, LEAST_CHUNK),
        (ON_GPU, 2700, LEAST_CHUNK),
        (ON_GPU, 7000, 512),  # of a board with 8 GB
        (replace(ON_GPU, last_logits_only=True), 7000, MOST_CHUNK),
        (ON_GPU, 65_536, MOST_CHUNK),
    ],
)
def test_on_a_gpu_as_much_is_read_at_once_as_there_is_room_for(
    geometry: Geometry, available_mib: int, chunk: int
) -> None:
    fit = judge(geometry, now(available_mib * MIB), BOUNDS)
    assert isinstance(fit, Fits)
    assert fit.chunk == chunk
    assert fit.need == predict(geometry, fit.context_length, chunk=chunk)
    least = predict(geometry, fit.context_length)
    assert judge(geometry, now(available_mib * MIB), BOUNDS, chunk=LEAST_CHUNK) == Fits(least, fit.context_length)


@given(geometries, memories, st.integers(1, 64))
def test_the_chunk_is_what_there_is_room_for(geometry: Geometry, available: Bytes, batch: int) -> None:
    fit = judge(geometry, now(available), BOUNDS, batch=batch)
    if isinstance(fit, Fits) and fit.chunk < MOST_CHUNK and geometry.is_on_gpu:
        larger = predict(geometry, fit.context_length, batch=batch, chunk=2 * fit.chunk)
        assert larger.total > BOUNDS.room(available)
    if isinstance(fit, Fits) and not geometry.is_on_gpu:
        assert fit.chunk == LEAST_CHUNK


@given(st.integers(0, 1 << 20), st.integers(1, 1 << 12))
def test_the_largest_chunk_within_a_room(spare: int, each: int) -> None:
    chunk = largest_chunk(spare, lambda tokens: tokens * each)
    assert chunk in {64, 128, 256, 512, 1024, 2048, 4096}
    assert chunk == LEAST_CHUNK or chunk * each <= spare
    assert chunk == MOST_CHUNK or 2 * chunk * each > spare


@pytest.mark.parametrize(("batch", "part"), [(1, 4096), (2, 2048), (3, 1365), (64, 64), (128, 64)])
def test_several_share_a_chunk(batch: int, part: int) -> None:
    assert part_of(MOST_CHUNK, batch) == part


@pytest.mark.parametrize(
    ("part", "rate", "read"),
    [(4096, 60_000.0, 4096), (4096, 4096.0, 4096), (4096, 4000.0, 2048), (1365, 700.0, 682), (4096, 20.0, 64)],
)
def test_a_part_is_read_in_time(part: int, rate: float, read: int) -> None:
    assert read_in_time(part, rate) == read


@pytest.mark.parametrize(
    ("geometry", "available_mib", "most", "batch", "tokens"),
    [
        (EDGE_TINY, 8192, 1, 1, 4096),
        (EDGE_TINY, 8192, 4, 4, 4 * 4096),
        (LLAMA_1B, 16_384, 4, 4, 127_682),
        (LLAMA_1B, 8192, 64, 64, 36_010),
        (LLAMA_1B, 1600, 64, 1, 1728),
    ],
)
def test_so_many_at_once_have_memory(
    geometry: Geometry, available_mib: int, most: int, batch: int, tokens: int
) -> None:
    free = now(available_mib * MIB)
    fit = judge(geometry, free, BOUNDS)
    assert isinstance(fit, Fits)
    shared = share(geometry, fit, free, BOUNDS, most=most)
    assert (shared.batch, shared.tokens) == (batch, tokens)


@given(geometries, memories, bounds, st.integers(1, 64), st.lists(st.integers(1, 200_000), max_size=64))
def test_what_is_shared_stays_within_the_bounds(
    geometry: Geometry, available: Bytes, bounds: MemoryBounds, most: int, sizes: list[int]
) -> None:
    """All that fits into the shared room, together with what each takes besides, is no more than may be taken."""
    free = now(available)
    fit = judge(geometry, free, bounds)
    if not isinstance(fit, Fits):
        return
    shared = share(geometry, fit, free, bounds, most=most)
    assert 1 <= shared.batch <= most
    assert shared.room >= fit.context_length * geometry.token, "one alone may be as long as ever"
    assert shared.need.total <= bounds.room(available)
    assert shared.tokens * geometry.token + (shared.batch - 1) * shared.workspace <= shared.room
    taken = _begun(geometry, shared, sizes)
    assert shared.need.loaded + taken <= bounds.room(available)


def _begun(geometry: Geometry, shared: Shared, sizes: list[int]) -> int:
    """What those take that the engine begins, one after another, while none ends."""
    tokens = count = 0
    for size in sizes:
        besides = count * shared.workspace
        if count < shared.batch and (tokens + size) * geometry.token + besides <= shared.room:
            tokens, count = tokens + size, count + 1
    return tokens * geometry.token + count * shared.workspace
