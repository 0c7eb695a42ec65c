"""What is known of a model before it is there: a manifest. pydantic, because it comes from files and from mirrors.

Invariant: a manifest with files is *pinned*: it names every file of the model, its size and its SHA-256.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from agent.budget.memory import Geometry
from agent.models.counts import Natural, Positive
from agent.units import Bytes

_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$"
FILE_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$"
"""Neither a folder nor `..`, whoever wrote the manifest."""
_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$"


class Engine(StrEnum):
    """What can run a model."""

    ONNXRUNTIME_GENAI = "onnxruntime-genai"
    TENSORRT_LLM = "tensorrt-llm"
    TENSORRT_EDGE_LLM = "tensorrt-edge-llm"
    OPENAI = "openai"
    """A server upstream, not this device."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Licence(_Part):
    """Whose terms hold."""

    name: str
    url: HttpUrl


class HubSource(_Part):
    """A repository at a model hub that speaks Hugging Face's protocol."""

    hub: Annotated[str, Field(pattern=_REPOSITORY)]
    revision: str = "main"
    """A commit, once the model is pinned; before that a branch."""
    folder: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)?$")] = ""
    """Of the repository: the model is what lies directly in it."""


class ShippedSource(_Part):
    """It comes with the agent."""

    shipped: Literal[True]


class BuiltSource(_Part):
    """Somebody made it; it can be had from a mirror."""

    built: str
    """How, in words."""
    recipe: str | None = None
    """Of `jetson-agent models build`."""
    tools: tuple[str, ...] = ()
    """With their versions."""


class UpstreamSource(_Part):
    """It is too large for a device: a server runs it."""

    upstream: str
    """What such servers call it."""


class ModelFile(_Part):
    """One file of the model."""

    path: Annotated[str, Field(pattern=FILE_NAME)]
    size: Natural
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Shape(_Part):
    """The sizes from which the memory that it takes is predicted (docs/memory.md)."""

    context_length: Positive
    layers: Positive
    kv_heads: Positive
    head_size: Positive
    hidden_size: Positive
    vocab_size: Positive
    kv_value_bytes: Annotated[float, Field(gt=0, le=16)]
    """Of one number of the KV cache."""
    weights: Positive
    """Bytes, as loaded."""
    tokenizer: Positive
    """Bytes of `tokenizer.json`."""


class MemoryFigure(_Part):
    """What one request takes, the model included."""

    context: Positive
    bytes: Positive


class PerplexityFigure(_Part):
    """Of the model on a text, before and after quantization (docs/models.md has the formula)."""

    text: str
    """The file's name."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    tokens: Positive
    """Those that were predicted."""
    before: Annotated[float, Field(ge=1)]
    after: Annotated[float, Field(ge=1)]


class QuestionsFigure(_Part):
    """How many of the model's own questions it answered right, before and after quantization."""

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    asked: Positive
    before: Natural
    after: Natural


class Accuracy(_Part):
    """What quantization cost, as measured when the model was built."""

    perplexity: PerplexityFigure | None = None
    questions: QuestionsFigure | None = None
    simulated: bool = False
    """Whether `after` is of a simulation in torch, and not of the engine that loads the model."""


class Manifest(_Part):
    """A model."""

    name: Annotated[str, Field(pattern=_NAME)]
    title: str
    licence: Licence
    source: HubSource | BuiltSource | ShippedSource | UpstreamSource
    engines: tuple[Engine, ...]
    """Those that load it."""
    parameters: Positive
    chat_template: str
    """Whose form of conversation it was trained on."""
    quantization: str
    """How its weights were made smaller."""
    minimum_board: str
    """The smallest Jetson with room for it, by the prediction."""
    note: str | None = None
    geometry: Shape | None = None
    memory: tuple[MemoryFigure, ...] = ()
    """Predicted, by context."""
    accuracy: Accuracy | None = None
    files: tuple[ModelFile, ...] = ()

    @property
    def is_pinned(self) -> bool:
        """Whether its bytes are known."""
        return bool(self.files)

    @property
    def predicted(self) -> Geometry | None:
        """Its geometry for the prediction; None for what no device runs."""
        if self.geometry is None:
            return None
        shape = self.geometry
        return Geometry(
            model=self.name,
            context_length=shape.context_length,
            layers=shape.layers,
            kv_heads=shape.kv_heads,
            head_size=shape.head_size,
            hidden_size=shape.hidden_size,
            vocab_size=shape.vocab_size,
            kv_value_bytes=shape.kv_value_bytes,
            weights=Bytes(shape.weights),
            tokenizer=Bytes(shape.tokenizer),
        )

    @property
    def size(self) -> Bytes | None:
        """Of its files; while they are not known, about that of its weights and its tokenizer."""
        if self.files:
            return Bytes(sum(file.size for file in self.files))
        return None if self.geometry is None else Bytes(self.geometry.weights + self.geometry.tokenizer)
