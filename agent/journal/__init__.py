"""The database that makes prompts and replies durable."""

from agent.journal.database import LEAST_ROOM
from agent.journal.journal import Journal
from agent.journal.records import Arrival, Claimed, JournalStats, Objection, OutboxItem, Refusal, Refuse
from agent.journal.thread import JournalThread

__all__ = [
    "LEAST_ROOM",
    "Arrival",
    "Claimed",
    "Journal",
    "JournalStats",
    "JournalThread",
    "Objection",
    "OutboxItem",
    "Refusal",
    "Refuse",
]
