"""What every inference engine does, and the values that cross the engine process's pipe."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.budget.admission import Room
from agent.engine.batching import Trial
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, Message, Place, PromptId, Sampling, Usage
from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One completion to generate.

    Attributes:
        id: Unique among the admitted requests.
        messages: The conversation; the engine applies the model's chat template.
        sampling: How to choose tokens and when to stop.
        stream: Whether `Delta`s are wanted; without, `Finished` alone carries the text.
        deadline: On the boot clock; the request ends with `FinishReason.DEADLINE` at the first step after it.
        room: The memory that there is for its KV cache and what the engine keeps; None: enough.
        min_tokens: The answer does not end by itself before it has so many. For measuring; an engine that cannot hold
            back the end token ignores it.
    """

    id: PromptId
    messages: tuple[Message, ...]
    sampling: Sampling
    stream: bool = False
    deadline: Seconds | None = None
    room: Room | None = None
    min_tokens: int = 0

    @property
    def has_images(self) -> bool:
        """Whether there is anything to look at."""
        return any(message.images for message in self.messages)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a request that ran.

    Attributes:
        id: The request.
        reason: Why it ended.
        text: The whole answer, without the stop string.
        usage: Its tokens.
        first_token_at: When the first token was there, on the boot clock; None when there was none.
        finished_at: When the last one was.
    """

    id: PromptId
    reason: FinishReason
    text: str
    usage: Usage
    first_token_at: Seconds | None
    finished_at: Seconds


@dataclass(frozen=True, slots=True)
class Refused:
    """The end of a request that could not be run: overflow of the context, a schema that does not compile.

    Attributes:
        retry_after: When it may be run; None: not as it is.
    """

    id: PromptId
    code: ErrorCode
    message: str
    retry_after: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that went through the model: of prompts, and generated ones."""

    prefill: int = 0
    decode: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for one request in a span of time.

    Attributes:
        id: The request.
        tokens: What of it went through the model.
        busy: How long the steps took that advanced it; others may have been advanced by the same steps.
    """

    id: PromptId
    tokens: Tokens
    busy: Seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """What ran in a span of time. Spans follow one another without a gap while anything runs.

    Attributes:
        since: Its begin, on the boot clock.
        until: Its end, likewise.
        busy: How much of it was spent in steps.
        prefill: How much of that in steps that read prompts, whatever else they did.
        work: For each request that was advanced.
    """

    since: Seconds
    until: Seconds
    busy: Seconds
    prefill: Seconds
    work: tuple[Work, ...]


Outcome = Finished | Refused
Event = Delta | Finished | Refused


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a loaded model can do.

    Attributes:
        model: Its name.
        context_length: Tokens of prompt and answer together; fewer than the model has where memory is short.
        max_batch: Requests that one `step` advances.
        guidance: Whether answers can be held to a JSON Schema.
        paced: Whether nothing runs between two steps. Otherwise its runtime generates by itself, and only the begin of
            a request can be put off.
        cache_tokens: Tokens whose KV caches were allocated at the load, and are shared by what runs; 0: each request's
            cache is allocated for it.
        trial: How `max_batch` was found; None: it was not looked for.
        vision: Whether it looks at the images of a prompt. An engine is given none otherwise.
    """

    model: str
    context_length: int
    max_batch: int
    guidance: bool
    paced: bool = True
    cache_tokens: int = 0
    trial: Trial | None = None
    vision: bool = False


class Engine(Protocol):
    """One loaded model in the engine process. Called from one thread.

    `admit` refuses by raising `RejectedError`. Every admitted request ends with exactly one `Finished` or `Refused`
    from a later `step`, whatever happens to it in between.
    """

    def capabilities(self) -> Capabilities:
        """What this model can do. Constant after loading."""
        ...

    def admit(self, request: GenerationRequest) -> None:
        """Take a request; at most `max_batch` at a time. It may wait for memory that running ones have.

        Raises:
            RejectedError: It can never run: the numbers are in the message.
        """
        ...

    def step(self) -> Sequence[Event]:
        """Advance what is admitted: every request by one token, or a prompt by one chunk. Empty when idle.

        What reads and what generates each gets on while the other does, and no prompt waits for ever for another one.
        `Delta.text` holds whole characters only, and never a part of a stop string.
        """
        ...

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """What the last `step` put through the model, for each request that it advanced."""
        ...

    def kept(self) -> int:
        """Tokens whose KV cache it keeps between requests, for prompts that begin like earlier ones.

        Where several requests run at once: and those that the running ones have filled so far.
        """
        ...

    def forget(self) -> None:
        """Give back the memory of what it keeps."""
        ...

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request: the next `step` gives its `Finished` with `reason` and the text so far.

        An unknown id is ignored: it may just have finished.
        """
        ...

    def close(self) -> None:
        """Give the model's memory back."""
        ...


class Capacity(Protocol):
    """What a worker needs to know of whoever runs its requests."""

    @property
    def model(self) -> str:
        """The model that answers."""
        ...

    @property
    def max_batch(self) -> int:
        """Requests at once."""
        ...

    @property
    def vision(self) -> bool:
        """Whether it takes images."""
        ...


class RequestRunner(Protocol):
    """Who runs requests for a worker: the device's engine, or a server upstream."""

    @property
    def place(self) -> Place:
        """Where."""
        ...

    @property
    def model(self) -> str:
        """The model that answers, or will."""
        ...

    @property
    def capabilities(self) -> Capacity | None:
        """None while nothing can be run."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        """Run a request; its deltas in order, then its one outcome. Closing the generator early cancels it.

        Raises:
            EngineLostError: The engine was lost.
            UpstreamAwayError: The server is away, and the device's own model is to answer.
        """
        ...

    def cancel(self, request_id: PromptId) -> None:
        """End a request: its outcome comes with `FinishReason.CANCELLED`. An unknown id is ignored."""
        ...
