"""The models on this device: where they are, and what their own files say of them."""

from agent.models.folder import find_model
from agent.models.geometry import read_geometry

__all__ = ["find_model", "read_geometry"]
