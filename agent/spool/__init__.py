"""Telemetry that could not be sent, on the disk: why it is a file of its own is in docs/adr/0010."""

from agent.spool.spool import Spool, SpooledMessage, SpoolStats
from agent.spool.thread import SpoolThread

__all__ = ["Spool", "SpoolStats", "SpoolThread", "SpooledMessage"]
