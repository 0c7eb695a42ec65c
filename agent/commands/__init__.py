"""What an operator may have the agent do at run time, by `R/command`."""

from agent.commands.values import (
    CheckForUpdate,
    Command,
    CommandAnswer,
    CommandId,
    CommandState,
    Drain,
    Handlers,
    LoadModel,
    Outlives,
    Restart,
    SetBudget,
    TakeSnapshot,
    Tell,
    outlives,
)

__all__ = [
    "CheckForUpdate",
    "Command",
    "CommandAnswer",
    "CommandId",
    "CommandState",
    "Drain",
    "Handlers",
    "LoadModel",
    "Outlives",
    "Restart",
    "SetBudget",
    "TakeSnapshot",
    "Tell",
    "outlives",
]
