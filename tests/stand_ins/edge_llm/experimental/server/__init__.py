"""The public API."""

from .runtime.engine import LLM, ContextCacheConfig, SamplingParams, StreamDelta

__all__ = ["LLM", "ContextCacheConfig", "SamplingParams", "StreamDelta"]
