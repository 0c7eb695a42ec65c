"""What the doctor finds."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """The agent runs, but something of what it can do is missing."""
    PROBLEM = "problem"
    """The agent does not serve prompts like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: What it is about, in a word or two.
        found: One or two sentences for a person.
        advice: What to do; None where there is nothing to do.
    """

    area: str
    mark: Mark
    found: str
    advice: str | None = None
