"""What the agent and the engine's process say to each other. `children/pipe.py` puts it on their socket."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.children.pipe import ChildPipe
from agent.engine.batching import BatchSearch
from agent.engine.protocol import Capabilities, Event, GenerationRequest, Progress
from agent.engine.speculation import Speculation
from agent.errors import RetryError
from agent.events import LoadProblem
from agent.prompt import Delta, PromptId
from agent.units import Ratio


class LoadError(RetryError):
    """The model could not be loaded now: its files are missing or broken, or memory is short."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Which engine to start, and with what.

    Attributes:
        model: The model's name.
        model_dir: The folder of its files.
        loader: `module:function`, imported in the engine's process and called with this. It gives an `Engine`, or
            raises `LoadError`.
        context_length: The most tokens of a request for which there is memory; None: as many as the model has. `host`
            keeps to it.
        max_batch: Requests at once for which there is memory. An engine may take fewer, not more.
        engine: The engine's name, for people and for what is remembered of it.
        search: How it finds out whether fewer are better; None: it takes as many as it can.
        cache_tokens: Tokens for whose KV caches there is memory, of all requests together, where an engine allocates
            them at the load; None: a whole context.
        speculation: Whether greedy answers may be drafted ahead, by an engine that can.
        prompt_chunk: Tokens of prompts for whose workspace there is memory, of all requests together. An engine reads
            no more in a step.
    """

    model: str
    model_dir: Path
    loader: str
    context_length: int | None = None
    max_batch: int = 1
    engine: str = ""
    search: BatchSearch | None = None
    cache_tokens: int | None = None
    speculation: Speculation = Speculation.OFF
    prompt_chunk: int = LEAST_CHUNK


@dataclass(frozen=True, slots=True)
class Admit:
    """To the engine: run this."""

    request: GenerationRequest


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the engine: end this."""

    id: PromptId


@dataclass(frozen=True, slots=True)
class Pace:
    """To the engine: step for this share of the time; 0: rest until told otherwise."""

    duty: Ratio


@dataclass(frozen=True, slots=True)
class Forget:
    """To the engine: give back what is kept of earlier prompts."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """To the agent, once: requests are welcome."""

    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """To the agent, once and last: why not. The process itself says nothing but `REFUSED`."""

    reason: str
    problem: LoadProblem = LoadProblem.REFUSED


@dataclass(frozen=True, slots=True)
class Keeps:
    """To the agent, whenever it changes: tokens whose KV cache is kept between requests. None at first."""

    tokens: int


ToEngine = EngineSpec | Admit | Cancel | Pace | Forget
ToAgent = Loaded | NotLoaded | Progress | Keeps | Event


class EnginePipe(ChildPipe[ToAgent]):
    """The engine's end. There is a delta for each token: it goes as a tuple, which is pickled several times as fast."""

    def _form(self, message: ToAgent) -> object:
        return (message.id, message.index, message.text) if isinstance(message, Delta) else message


def message_of(form: object) -> ToAgent:
    """What the engine said, at the agent's end."""
    return Delta(*form) if isinstance(form, tuple) else cast("ToAgent", form)
