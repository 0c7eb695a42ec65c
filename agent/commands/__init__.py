"""What an operator may have the agent do at run time, by `R/command`."""

from agent.commands.values import (
    Command,
    CommandAnswer,
    CommandId,
    CommandState,
    Drain,
    Handlers,
    LoadModel,
    SetBudget,
    TakeSnapshot,
)

__all__ = [
    "Command",
    "CommandAnswer",
    "CommandId",
    "CommandState",
    "Drain",
    "Handlers",
    "LoadModel",
    "SetBudget",
    "TakeSnapshot",
]
