"""The payload for this board: `EDGE_LLM_STAND_IN_BOARD` says which board it is."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ResolvedPayload:
    """The files for a board."""

    variant_id: str
    extension: Path
    plugin: Path


def resolve_payload() -> ResolvedPayload:
    """Of this board."""
    board = os.environ.get("EDGE_LLM_STAND_IN_BOARD", "jetson-orin-jp72-cu13-sm87")
    if board == "none":
        raise RuntimeError("Expected one exact TensorRT Edge-LLM native payload, found 0")
    return ResolvedPayload(board, Path("extension.so"), Path("plugin.so"))
