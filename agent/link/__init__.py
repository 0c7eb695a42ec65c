"""The connection to the broker: kept up, bounded, acknowledged by hand."""

from agent.link.connection import PublishRefusedError
from agent.link.link import Incoming, Link

__all__ = ["Incoming", "Link", "PublishRefusedError"]
