"""A prompt's way through its states, queued, running, finished, once it is stored.

Every function here that writes runs inside a transaction of `Journal`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.clock import Clock
from agent.errors import JournalDamagedError
from agent.journal.database import Database
from agent.journal.outbox import send_where_expected
from agent.journal.records import Claimed
from agent.journal.stored import at, observed_from_json, prompt_from_json
from agent.prompt import Pending, PromptId, ReplyTo
from agent.units import Seconds


def queue_again(database: Database, clock: Clock) -> None:
    """Running → queued, of all that an agent before has left; what is of another boot is on this one's clock then."""
    database.execute("UPDATE prompts SET state = 'queued' WHERE state = 'running'")
    database.execute(
        """
        UPDATE prompts SET boot_id = :boot, received = :now - max(0.0, :wall - received_wall)
        WHERE state = 'queued' AND boot_id <> :boot
        """,
        at(clock),
    )


def unfinished(database: Database, clock: Clock) -> list[Pending]:
    """All that is queued or running, oldest first, as `queue_again` makes or will make it."""
    return [
        _pending(row)
        for row in database.rows(
            """
            SELECT id, priority, seq,
                CASE boot_id WHEN :boot THEN received ELSE :now - max(0.0, :wall - received_wall) END,
                timeout, model, observed
            FROM prompts WHERE state <> 'finished' ORDER BY seq
            """,
            at(clock),
        )
    ]


def claim(database: Database, prompt_id: PromptId) -> Claimed | None:
    """Queued → running. None when it is not queued any more."""
    changed = database.execute(
        "UPDATE prompts SET state = 'running', claims = claims + 1 WHERE id = ? AND state = 'queued'",
        (prompt_id,),
    ).rowcount
    if not changed:
        return None
    ((stored, observed, received, claims, engine_losses),) = database.rows(
        "SELECT prompt, observed, received, claims, engine_losses FROM prompts WHERE id = ?", (prompt_id,)
    )
    ((topic, correlation),) = database.rows(
        "SELECT topic, correlation FROM reply_to WHERE prompt = ? ORDER BY seq DESC LIMIT 1", (prompt_id,)
    )
    try:
        prompt = replace(prompt_from_json(stored), observed=observed_from_json(observed))
    except ValueError as error:
        raise JournalDamagedError(f"prompt {prompt_id} in the journal is not readable") from error
    prompt = replace(prompt, reply_to=ReplyTo(topic, correlation), received=Seconds(received))
    return Claimed(prompt, claims, engine_losses)


def put_back(database: Database, prompt_id: PromptId, *, engine_lost: bool) -> None:
    """Running → queued. Ignored when it is not running."""
    database.execute(
        """
        UPDATE prompts SET state = 'queued', claims = claims - :unstarted, engine_losses = engine_losses + :lost
        WHERE id = :id AND state = 'running'
        """,
        {"id": prompt_id, "unstarted": int(not engine_lost), "lost": int(engine_lost)},
    )


def finish(database: Database, clock: Clock, prompt_id: PromptId, reply: bytes) -> bool:
    """Queued or running → finished, with its reply in the outbox. False, and nothing changed, if it was already."""
    changed = database.execute(
        """
        UPDATE prompts SET state = 'finished', prompt = NULL, reply = :reply,
            boot_id = :boot, finished = :now, finished_wall = :wall
        WHERE id = :id AND state <> 'finished'
        """,
        {**at(clock), "reply": reply, "id": prompt_id},
    ).rowcount
    if changed:
        send_where_expected(database, prompt_id, reply)
    return bool(changed)


def counts(database: Database) -> dict[str, int]:
    """How many prompts are in each state; none in one that is missing."""
    return dict(database.rows("SELECT state, count(*) FROM prompts GROUP BY state"))


def _pending(row: Sequence[Any]) -> Pending:
    prompt_id, priority, seq, received, timeout, model, stored = row
    deadline = None if timeout is None else Seconds(received + timeout)
    try:
        observed = observed_from_json(stored)
    except ValueError as error:
        raise JournalDamagedError(f"prompt {prompt_id} in the journal is not readable") from error
    return Pending(PromptId(prompt_id), priority, seq, Seconds(received), deadline, model, observed)
