"""Why a model was not downloaded."""

from agent.errors import StopError


class PullError(StopError):
    """The message says what to do. What was downloaded is kept unless it says otherwise."""


class GoneError(PullError):
    """A server does not have a file that was listed."""
