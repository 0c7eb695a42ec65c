"""What an operator is told when a command about the fleet cannot be done."""

from agent.errors import StopError


class FleetError(StopError):
    """The repository is as it was; the message says why, and what to do."""


class KeyMissingError(FleetError):
    """Not enough of the keys that have to sign are here."""
