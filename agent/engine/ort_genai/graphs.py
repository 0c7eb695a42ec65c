"""CUDA graphs: steps that generate, recorded once by each generator and from then on only replayed.

With onnxruntime-genai 0.18 and a 3B on an H100, a step takes 1.80 instead of 2.53 ms. A generator records with its
second token, which takes 8 ms more, and leaves 1.2 MB of the card behind when it goes; one that is used again does
neither (`python -m tests.device.graph_check`). What follows from that: `stock`.
"""

from collections.abc import Mapping
from typing import Any

_CUDA, _SWITCH = "cuda", "enable_cuda_graph"


def is_for_cuda(model: Mapping[str, Any]) -> bool:
    """Whether a model was built for CUDA.

    Args:
        model: The `model` of a `genai_config.json`.
    """
    providers = model["decoder"].get("session_options", {}).get("provider_options", [])
    return any(name.lower() == _CUDA for each in providers for name in each)


def switch(config: Any, *, on: bool) -> None:  # noqa: ANN401 - the library has no types
    """Have a model for CUDA loaded with graphs, or without, whatever its own files say.

    Args:
        config: The library's `Config`.
        on: Whether steps are recorded.
    """
    config.set_provider_option(_CUDA, _SWITCH, "1" if on else "0")
