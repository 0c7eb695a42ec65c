"""`jetson-agent top`: a device at the broker, live in a terminal."""

from agent.top.top import run_top

__all__ = ["run_top"]
