"""What senders are told whose prompts the journal does not take."""

import json

import pytest

from agent.errors import ErrorCode
from agent.journal import Arrival, Objection, Refusal
from agent.prompt import OutMessage, PromptId, ReplyTo
from agent.refusals import Refusals
from agent.units import Seconds

_ANY = Refusal(OutMessage("x", b""), retryable=False, code=ErrorCode.TOO_LARGE)
_ARRIVAL = Arrival(PromptId("a"), ReplyTo("to/a", b"\x00"), _ANY, None, "digest", redelivered=False)


@pytest.mark.parametrize(
    ("objection", "code", "words", "retry_after_ms"),
    [
        (Objection.QUEUE_FULL, "queue_full", "8 prompts wait already, the most that queue.max_prompts allows", 2500),
        (Objection.STORAGE_FULL, "storage_full", "the device's storage is full; the prompt was not taken", 30_000),
        (Objection.ID_TAKEN, "invalid_request", "the id a is taken by another prompt: use a new one", None),
        (
            Objection.TOO_LARGE,
            "too_large",
            "an eighth of journal.max_size is the most that is stored at once; the prompt is larger",
            None,
        ),
    ],
)
def test_each_objection_has_its_words(objection: Objection, code: str, words: str, retry_after_ms: int | None) -> None:
    refusal = Refusals(max_prompts=8, retry_after=Seconds(2.5))(_ARRIVAL, objection)
    error = {"code": code, "message": words, "retry_after_ms": retry_after_ms}
    assert json.loads(refusal.reply.payload) == {"id": "a", "error": error}
    assert (refusal.reply.topic, refusal.reply.correlation) == ("to/a", b"\x00")
    assert refusal.retryable is (retry_after_ms is not None)
