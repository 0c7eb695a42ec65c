"""TensorRT's own Python package."""

from types import ModuleType


def require_tensorrt() -> ModuleType:
    """A module with a version."""
    module = ModuleType("tensorrt")
    module.__dict__["__version__"] = "10.16.0.72"
    return module
