"""The connection to the broker: kept up, bounded, acknowledged by hand."""

from agent.link.inbox import Incoming
from agent.link.link import Link
from agent.link.problem import PublishRefusedError

__all__ = ["Incoming", "Link", "PublishRefusedError"]
