"""What an error in a step means for the update. Pure.

Invariant: whatever a release on trial runs into while it is to prove itself speaks against it.
"""

from agent.errors import AgentError
from agent.fleet.happenings import Disproved, Troubled, Unusable
from agent.fleet.ports import StagingError
from agent.fleet.state import Step

Mishap = Disproved | Troubled | Unusable


def mishap(step: Step, error: Exception) -> Mishap:
    """What has happened, when a step ended with this error.

    Args:
        step: Which.
        error: Foreseen or not.
    """
    is_foreseen = isinstance(error, AgentError | OSError)
    why = str(error) if is_foreseen else f"{type(error).__name__}: {error}"
    if step is Step.PROVE:
        return Disproved(why)
    if step is Step.BRING and isinstance(error, StagingError):
        return Unusable(why)
    return Troubled(why)
