"""The connection to the broker: kept up, bounded, acknowledged by hand."""

from agent.link.connection import WINDOW
from agent.link.inbox import Incoming
from agent.link.link import Link
from agent.link.problem import BrokerBusyError, ConnectionEndedError, PublishRefusedError

__all__ = ["WINDOW", "BrokerBusyError", "ConnectionEndedError", "Incoming", "Link", "PublishRefusedError"]
