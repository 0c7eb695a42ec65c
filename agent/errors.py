"""The errors of the agent: one root, one class for each thing that a caller does about it."""

from enum import StrEnum

from agent.units import Seconds


class ErrorCode(StrEnum):
    """The codes of an error reply (docs/mqtt.md). Never renamed."""

    INVALID_REQUEST = "invalid_request"
    TOO_LARGE = "too_large"
    MODEL_NOT_FOUND = "model_not_found"
    DOES_NOT_FIT = "does_not_fit"
    OVER_BUDGET = "over_budget"
    QUEUE_FULL = "queue_full"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    ENGINE_FAILED = "engine_failed"
    STORAGE_FULL = "storage_full"
    UNSUPPORTED = "unsupported"
    NO_PICTURE = "no_picture"


class AgentError(Exception):
    """The root of every error that this package raises on purpose."""


class RejectedError(AgentError):
    """A prompt cannot be run: tell its sender.

    Args:
        code: What kind of refusal it is.
        message: One sentence for a person, with the numbers.
        retry_after_s: When the same prompt may succeed; None when it never will.
    """

    def __init__(self, code: ErrorCode, message: str, *, retry_after_s: Seconds | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class RetryError(AgentError):
    """Nothing is wrong with the request; what it needs is not there now. Try again."""


class EngineLostError(RetryError):
    """The engine's process ended, or was killed because it hung, with this request admitted."""


class EngineGivenUpError(EngineLostError):
    """The agent killed it because memory was nearly used up: perhaps by this request, perhaps by another process."""


class UpstreamAwayError(RetryError):
    """The server that runs a model cannot be used now.

    Args:
        message: Why.
        retry_after_s: When it says to come back; None: it does not say.
    """

    def __init__(self, message: str, *, retry_after_s: Seconds | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UpstreamFailedError(UpstreamAwayError):
    """The server took the request, and says that it failed, or sends what is no answer. It may do so each time."""


class EngineWithdrawnError(RetryError):
    """The agent took the engine from this request for a reason of its own: another model, none, or to stop."""


class StorageFullError(RetryError):
    """The journal's disk, or the journal's own size limit, has no room for this write."""


class NotConnectedError(RetryError):
    """The broker cannot be reached now."""


class NoPictureError(RetryError):
    """A camera's picture cannot be had now: no frame, no room for it, or the looking process is being started."""


class StopError(AgentError):
    """The agent cannot go on.

    Args:
        message: What is wrong and what to do, for the person who reads the log.
    """

    exit_code = 1


class ConfigError(StopError):
    """The configuration is wrong. Restarting does not help: exit code 78, `EX_CONFIG` of sysexits.h."""

    exit_code = 78


class ModelDamagedError(ConfigError):
    """A file of a model is in itself not what it should be: whatever is to run it cannot read it."""


class JournalDamagedError(StopError):
    """SQLite found the database damaged while running. The next start sets the file aside."""
