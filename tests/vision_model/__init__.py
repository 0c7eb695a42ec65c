"""A model that sees, with random weights: `make` makes it, `FILES` is what came of it."""

from pathlib import Path

FILES = Path(__file__).parent / "files"
"""A folder as an engine loads it."""
