"""The package that has the native runtime."""

__version__ = "0.11.0"
