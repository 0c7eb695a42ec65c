"""CUDA graphs, which a generator of this library must not record: each one that did leaves its graph's memory behind.

With onnxruntime-genai 0.18 on an H100, a hundred generators of a 3B, one after another, took 7.6 GB that did not come
back (`python -m tests.device.graph_check`). The agent makes generators for years.
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
