"""Which classes of models the memory has room for, before any of them is there. Pure."""

from agent.budget.memory import Geometry, MemoryBounds, MemoryNow, predict
from agent.doctor.finding import Finding, Mark
from agent.units import Bytes

_CONTEXT = 4096
_INT4 = 0.53125
"""Bytes of a weight: 4 bits, and a scale of 4 bytes for each 128 of them."""
_TOKENIZER = Bytes(17_200_000)
"""Of the Llama 3 family's tokenizer.json."""
_ROTARY = 33_554_432
"""The table of positions of a model with 131,072 of them."""


def _weights(parameters: float, tied: int = 0) -> Bytes:
    """As onnxruntime-genai loads them; `tied`: those of an embedding that is the output layer too, and there twice."""
    return Bytes(round((parameters + tied) * _INT4) + _ROTARY)


_CLASSES = (
    Geometry("1B", 131_072, 16, 8, 64, 2048, 128_256, 4, _weights(1.24e9, 128_256 * 2048), _TOKENIZER),
    Geometry("3B", 131_072, 28, 8, 128, 3072, 128_256, 4, _weights(3.21e9, 128_256 * 3072), _TOKENIZER),
    Geometry("8B", 131_072, 32, 8, 128, 4096, 128_256, 4, _weights(8.03e9), _TOKENIZER),
)
"""Llama 3.2 1B and 3B, and Llama 3.1 8B."""


def judge_room(now: MemoryNow | None, bounds: MemoryBounds) -> Finding | None:
    """What fits into the memory that is available now, less the reserve; None when that is not known."""
    if now is None:
        return None
    room = bounds.room(now.available)
    needs = {model.model: predict(model, _CONTEXT).total for model in _CLASSES}
    fitting = [name for name, need in needs.items() if need <= room]
    what = f"up to {fitting[-1]} now" if fitting else "none of them now; the model that ships fits"
    listed = ", ".join(f"{name} {need / 2**30:.1f} GiB" for name, need in needs.items())
    return Finding(
        "room",
        Mark.OK,
        f"For INT4 models: {what}, in {room / 2**30:.1f} GiB. With {_CONTEXT} tokens of context: {listed}.",
    )
