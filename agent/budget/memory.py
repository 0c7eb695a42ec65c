"""What a model takes of the memory, and whether it fits. Pure.

A model needs its weights as loaded, the runtime and the tokenizer beside them, for each token of a request a row of the
KV cache, and a workspace while it reads a prompt. All of it follows from the model's own files and from what has been
learnt when it was loaded before. How far that is from what is measured: docs/memory.md.
"""

from dataclasses import dataclass, replace

from agent.units import Bytes, Ratio

LEAST_CONTEXT = 512
"""A model that has no room for a context of so many tokens does not fit: hardly any prompt would."""

COMMON_CONTEXT = 8192
"""Tokens. Where several requests run at once, each is given memory for so many at most; one alone may have more."""

PROMPT_CHUNK = 64
"""Prompt tokens that the engine reads in one step; the workspace is for so many."""

# Measured with onnxruntime-genai 0.18 on x86; what another machine does otherwise is learnt there (`Learnt`).
_RUNTIME = 27 << 20
"""The engine's process without a model: interpreter, libraries, threads."""
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

    @property
    def token(self) -> Bytes:
        """What one token takes in the KV cache: a key and a value, for each layer and KV head."""
        return Bytes(round(2 * self.layers * self.kv_heads * self.head_size * self.kv_value_bytes))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What has been measured of a model on this machine.

    Attributes:
        loaded: Of the engine's process after the load, before any request.
        excess: By how much a request has taken more than was predicted.
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


def predict(geometry: Geometry, tokens: int, *, batch: int = 1, learnt: Learnt | None = None) -> Need:
    """What the model takes with `batch` requests of `tokens` tokens, prompt and answer, at once."""
    return Need(
        loaded=_loaded(geometry) if learnt is None else learnt.loaded,
        cache=Bytes(geometry.token * tokens * batch),
        workspace=Bytes(workspace(geometry) * batch + (0 if learnt is None else learnt.excess)),
    )


def _loaded(geometry: Geometry) -> Bytes:
    tokenizer = geometry.tokenizer * _TOKENIZER_SHARE + geometry.vocab_size * _TOKENIZER_ENTRY
    return Bytes(round(_RUNTIME + geometry.weights * _WEIGHTS_SHARE + tokenizer))


def workspace(geometry: Geometry) -> int:
    """The logits of a chunk, of which a second may be there before the first is gone, and its way through a layer."""
    return _STEP + PROMPT_CHUNK * _FLOAT * (2 * geometry.vocab_size + 8 * geometry.hidden_size)


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
    """

    need: Need
    context_length: int


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


def judge(
    geometry: Geometry, now: MemoryNow, bounds: MemoryBounds, *, batch: int = 1, learnt: Learnt | None = None
) -> Fits | DoesNotFit:
    """Whether a model fits into what is available, its context shortened where that is allowed and needed.

    Args:
        geometry: The model.
        now: The memory without whatever has to go before the model is loaded.
        bounds: What the operator allows.
        batch: Requests at once.
        learnt: What is known of the model from before.
    """
    room = bounds.room(now.available)
    whole = predict(geometry, geometry.context_length, batch=batch, learnt=learnt)
    if whole.total <= room:
        return Fits(whole, geometry.context_length)
    least = min(LEAST_CONTEXT, geometry.context_length) if bounds.shorten_context else geometry.context_length
    needed = predict(geometry, least, batch=batch, learnt=learnt).total
    if needed > room:
        return DoesNotFit(geometry.model, needed, room, ever=needed <= bounds.room(now.ceiling))
    tokens = (room - whole.loaded - whole.workspace) // (geometry.token * batch)
    context_length = max(least, tokens - tokens % PROMPT_CHUNK)
    return Fits(predict(geometry, context_length, batch=batch, learnt=learnt), context_length)


@dataclass(frozen=True, slots=True)
class Shared:
    """What there is memory for when several requests run at once.

    Attributes:
        batch: Requests at once.
        room: For the KV caches of all of them, and the workspaces of all but one.
        tokens: Of those caches, when so many run.
        need: At the peak.
    """

    batch: int
    room: Bytes
    tokens: int
    need: Need


def share(  # noqa: PLR0913 - as `judge`, and what it found
    geometry: Geometry, fit: Fits, now: MemoryNow, bounds: MemoryBounds, *, most: int, learnt: Learnt | None = None
) -> Shared:
    """How many requests at once there is memory for: one of the whole context, or so many shorter ones.

    Args:
        geometry: The model.
        fit: What was judged of it, for one request.
        now: As for `judge`.
        bounds: What the operator allows.
        most: More are not wanted.
        learnt: What is known of the model from before.
    """
    common = replace(geometry, context_length=min(COMMON_CONTEXT, geometry.context_length))
    may_shorten = replace(bounds, shorten_context=True)
    for batch in range(most, 1, -1):
        verdict = judge(common, now, may_shorten, batch=batch, learnt=learnt)
        if isinstance(verdict, Fits):
            beside = (batch - 1) * workspace(geometry)
            room = max(fit.context_length * geometry.token, verdict.need.cache + beside)
            need = max(fit.need, verdict.need, key=lambda need: need.total)
            return Shared(batch, Bytes(room), (room - beside) // geometry.token, need)
    return Shared(1, Bytes(fit.context_length * geometry.token), fit.context_length, fit.need)
