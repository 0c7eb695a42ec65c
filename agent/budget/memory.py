"""What a model takes of the memory, and whether it fits. Pure.

A model needs its weights as loaded, the runtime and the tokenizer beside them, for each token of a request a row of the
KV cache, and a workspace while it reads a prompt. All of it follows from the model's own files and from what has been
learnt when it was loaded before. How far that is from what is measured: docs/memory.md.
"""

from dataclasses import dataclass

from agent.budget.prompt_chunk import LEAST_CHUNK, RESERVED_SHARE, largest_chunk, part_of
from agent.units import Bytes, Ratio

LEAST_CONTEXT = 512
"""A model that has no room for a context of so many tokens does not fit: hardly any prompt would."""

# Measured with onnxruntime-genai 0.18 on x86; what another machine does otherwise is learnt there (`Learnt`).
_RUNTIME = 33 << 20
"""The engine's process without a model: interpreter, libraries (numpy among them), threads."""
_WEIGHTS_SHARE = 1.018
"""Rearranged for the processor's kernels, weights are a little larger than in their file."""
_TOKENIZER_SHARE = 8.5
"""Memory of a tokenizer for each byte of its file, and, next, for each entry of its vocabulary."""
_TOKENIZER_ENTRY = 334
_FLOAT = 4
"""Bytes of a number of the workspace."""
_STEP = 4 << 20
"""What a step takes whatever the model's size."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """A model's sizes, from its own files.

    Attributes:
        context_length: Tokens of prompt and answer together, at most.
        kv_value_bytes: Of one number of the KV cache.
        weights: As loaded.
        tokenizer: Of its file.
        is_on_gpu: Whether it was built to run on one, and reads prompts in larger steps there.
        last_logits_only: Whether it works out the logits of a step's last token only.
    """

    model: str
    context_length: int
    layers: int
    kv_heads: int
    head_size: int
    hidden_size: int
    vocab_size: int
    kv_value_bytes: float
    weights: Bytes
    tokenizer: Bytes
    is_on_gpu: bool = False
    last_logits_only: bool = False

    @property
    def token(self) -> Bytes:
        """What one token takes in the KV cache: a key and a value, for each layer and KV head."""
        return Bytes(round(2 * self.layers * self.kv_heads * self.head_size * self.kv_value_bytes))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What has been measured of a model on this machine.

    Attributes:
        loaded: Of the engine's process after the load, before any request.
        excess: By how much its requests have taken more than was predicted from that.
    """

    loaded: Bytes
    excess: Bytes


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes.

    Attributes:
        loaded: Weights, runtime and tokenizer: from the load on.
        cache: The KV cache of the requests that run at once.
        workspace: While they run.
    """

    loaded: Bytes
    cache: Bytes
    workspace: Bytes

    @property
    def total(self) -> Bytes:
        """All together: the peak."""
        return Bytes(self.loaded + self.cache + self.workspace)


def predict(
    geometry: Geometry, tokens: int, *, batch: int = 1, learnt: Learnt | None = None, chunk: int = LEAST_CHUNK
) -> Need:
    """What the model takes with `batch` requests of `tokens` tokens, prompt and answer, at once.

    Of their prompts, `chunk` tokens are read in a step.
    """
    return Need(
        loaded=_loaded(geometry) if learnt is None else learnt.loaded,
        cache=Bytes(geometry.token * tokens * batch),
        workspace=Bytes(_workspaces(geometry, batch, chunk) + (0 if learnt is None else learnt.excess)),
    )


def _loaded(geometry: Geometry) -> Bytes:
    tokenizer = geometry.tokenizer * _TOKENIZER_SHARE + geometry.vocab_size * _TOKENIZER_ENTRY
    return Bytes(round(_RUNTIME + geometry.weights * _WEIGHTS_SHARE + tokenizer))


def workspace(geometry: Geometry, chunk: int = LEAST_CHUNK) -> int:
    """The logits of a chunk, of which a second may be there before the first is gone, and its way through a layer."""
    logits = (1 if geometry.last_logits_only else chunk) * 2 * geometry.vocab_size
    return _STEP + _FLOAT * (logits + chunk * 8 * geometry.hidden_size)


def _workspaces(geometry: Geometry, batch: int, chunk: int) -> int:
    return workspace(geometry, part_of(chunk, batch)) * batch


@dataclass(frozen=True, slots=True)
class MemoryNow:
    """The memory of the machine and of our control group: of each, the smaller counts.

    Attributes:
        available: What can be taken without swapping, by the kernel's estimate.
        ceiling: All that there is.
        waiting: Share of the last 10 s in which some task waited for memory; None where the kernel does not tell.
    """

    available: Bytes
    ceiling: Bytes
    waiting: Ratio | None = None


@dataclass(frozen=True, slots=True)
class MemoryBounds:
    """What the operator allows.

    Attributes:
        budget: The most that the engine's process may take; None: what there is, less the reserve.
        reserve: What is left to everything else.
        shorten_context: Whether a model may be loaded with less context than it has.
    """

    budget: Bytes | None
    reserve: Bytes
    shorten_context: bool

    def room(self, available: Bytes) -> Bytes:
        """What a model may take of what is available."""
        room = max(0, available - self.reserve)
        return Bytes(room if self.budget is None else min(room, self.budget))


@dataclass(frozen=True, slots=True)
class Fits:
    """The model can be loaded.

    Attributes:
        need: With the context that it gets.
        context_length: Its own, or what there is room for.
        chunk: Tokens of prompts that it may read in a step.
    """

    need: Need
    context_length: int
    chunk: int = LEAST_CHUNK


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """The model cannot be loaded now.

    Attributes:
        needed: With the least context that it may be given.
        room: What it might have taken.
        ever: Whether it could fit if nothing else took memory.
    """

    model: str
    needed: Bytes
    room: Bytes
    ever: bool

    def __str__(self) -> str:
        """For the sender of a prompt and for the operator."""
        return f"{self.model} needs {self.needed:,} bytes of memory, and {self.room:,} are available to it"


def judge(  # noqa: PLR0913 - everything that it depends on
    geometry: Geometry,
    now: MemoryNow,
    bounds: MemoryBounds,
    *,
    batch: int = 1,
    learnt: Learnt | None = None,
    chunk: int | None = None,
) -> Fits | DoesNotFit:
    """Whether a model fits into what is available, its context shortened where that is allowed and needed.

    On a GPU, the rest goes to reading more of a prompt at once; a context that is shortened leaves a share for that.

    Args:
        geometry: The model.
        now: The memory without whatever has to go before the model is loaded.
        bounds: What the operator allows.
        batch: Requests at once.
        learnt: What is known of the model from before.
        chunk: Tokens of prompts that it reads in a step; None: what there is room for.
    """
    found = _judge(geometry, now, bounds, batch, learnt, chunk or LEAST_CHUNK)
    if isinstance(found, DoesNotFit) or not geometry.is_on_gpu or chunk is not None:
        return found
    spare = bounds.room(now.available) - found.need.total + _workspaces(geometry, batch, LEAST_CHUNK)
    largest = largest_chunk(spare, lambda tokens: _workspaces(geometry, batch, tokens))
    need = predict(geometry, found.context_length, batch=batch, learnt=learnt, chunk=largest)
    return Fits(need, found.context_length, largest)


def _judge(  # noqa: PLR0913, PLR0917 - as `judge`, and the chunk
    geometry: Geometry, now: MemoryNow, bounds: MemoryBounds, batch: int, learnt: Learnt | None, chunk: int
) -> Fits | DoesNotFit:
    """The same, with so many tokens of prompts in a step."""
    room = bounds.room(now.available)
    whole = predict(geometry, geometry.context_length, batch=batch, learnt=learnt, chunk=chunk)
    if whole.total <= room:
        return Fits(whole, geometry.context_length, chunk)
    least = min(LEAST_CONTEXT, geometry.context_length) if bounds.shorten_context else geometry.context_length
    needed = predict(geometry, least, batch=batch, learnt=learnt, chunk=chunk).total
    if needed > room:
        return DoesNotFit(geometry.model, needed, room, ever=needed <= bounds.room(now.ceiling))
    reserved = int((room - whole.loaded) * RESERVED_SHARE) if geometry.is_on_gpu else 0
    tokens = (room - whole.loaded - max(whole.workspace, reserved)) // (geometry.token * batch)
    context_length = max(least, tokens - tokens % LEAST_CHUNK)
    return Fits(predict(geometry, context_length, batch=batch, learnt=learnt, chunk=chunk), context_length, chunk)
