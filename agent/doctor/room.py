"""Which classes of models the memory has room for: an estimate from their geometry, before any of them is there. Pure.

INT4 weights with their scales took 0.527 bytes a parameter (Llama 3.2 3B as onnxruntime-genai's builder writes it:
1.69 GB). The KV cache is layers x KV heads x head size x 2 (keys and values) x 2 bytes a token. What the runtime needs
besides is a guess.
"""

from dataclasses import dataclass

from agent.doctor.finding import Finding, Mark
from agent.platform.readings import MemoryReadings

_BYTES_PER_PARAMETER = 0.527
_RUNTIME = 256 << 20
_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class _Class:
    """A model that stands for others of its size.

    Attributes:
        kv_values: Numbers that one token adds to the KV cache.
    """

    name: str
    parameters: float
    kv_values: int

    def needs(self) -> float:
        """Bytes."""
        return self.parameters * _BYTES_PER_PARAMETER + self.kv_values * 2 * _CONTEXT + _RUNTIME


_CLASSES = (
    _Class("1B", 1.24e9, 16 * 8 * 64 * 2),
    _Class("3B", 3.21e9, 28 * 8 * 128 * 2),
    _Class("8B", 8.03e9, 32 * 8 * 128 * 2),
)
"""Geometries of Llama 3.2 1B and 3B and Llama 3.1 8B."""


def judge_room(memory: MemoryReadings) -> Finding | None:
    """What fits into the memory that is available now; None when that is not known."""
    available = memory.available.value
    if available is None:
        return None
    needs = ", ".join(f"{model.name} {model.needs() / 2**30:.1f} GiB" for model in _CLASSES)
    fitting = [model.name for model in _CLASSES if model.needs() <= available]
    what = f"up to {fitting[-1]} now" if fitting else "none of them now; the model that ships fits"
    return Finding("room", Mark.OK, f"For INT4 models: {what}. About, with {_CONTEXT} tokens of context: {needs}.")
