"""The same message again: it does not run again, and gets the same reply. The same id with another: it is refused."""

from dataclasses import replace

import pytest

from agent.journal import Arrival, Journal
from agent.prompt import OutMessage, Prompt, PromptId, ReplyTo
from tests.unit.journal.values import Time, answer, append, arrival, prompt, refusal, sent

ELSEWHERE = ReplyTo("else/where", b"\x00new")
CORRELATION = "correlation:abc"
PACKET = "packet:7:abc"


def _again(content: Prompt, *, redelivered: bool = False) -> Arrival:
    """The same id, from a client that now listens elsewhere."""
    return arrival(replace(content, reply_to=ELSEWHERE), redelivered=redelivered)


def _keyed(prompt_id: str, time: Time, key: str, *, redelivered: bool = False) -> Arrival:
    """A message without id: the source made `prompt_id`, and the default reply topic from it."""
    return arrival(prompt(prompt_id, time), key=key, redelivered=redelivered)


@pytest.mark.parametrize("redelivered", [False, True])
@pytest.mark.parametrize("claimed", [False, True])
def test_while_it_waits_or_runs_the_reply_is_for_everybody_who_asked(
    journal: Journal, time: Time, *, claimed: bool, redelivered: bool
) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    if claimed:
        journal.claim(given_.id)
    for _ in range(2):
        assert append(journal, [_again(given_, redelivered=redelivered), arrival(given_)]) == []
    journal.finish(given_.id, answer(given_).payload)
    assert sent(journal) == [answer(given_), OutMessage("else/where", b"yes", correlation=b"\x00new")]
    append(journal, [arrival(given_)])
    assert sent(journal) == [answer(given_)], "later only to whoever asks"


def test_a_reply_goes_to_the_newest_eight_places_at_most(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    for number in range(10):
        append(journal, [arrival(replace(given_, reply_to=ReplyTo("same", bytes([number]))))])
    journal.finish(given_.id, b"yes")
    assert [message.correlation for message in sent(journal)] == [bytes([number]) for number in range(2, 10)]


@pytest.mark.parametrize("redelivered", [False, True])
@pytest.mark.parametrize("finished", [False, True])
def test_the_same_id_with_another_prompt_is_refused_at_once_and_takes_nothing_away(
    journal: Journal, time: Time, *, finished: bool, redelivered: bool
) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    if finished:
        journal.finish(given_.id, b"yes")
        sent(journal)
    other = replace(given_, reply_to=ELSEWHERE)
    assert append(journal, [arrival(other, digest="other", redelivered=redelivered)]) == []
    assert sent(journal) == [OutMessage("else/where", b"ID_TAKEN", correlation=b"\x00new")]
    if not finished:
        assert journal.finish(given_.id, b"yes")
    else:
        append(journal, [arrival(given_)])
    assert sent(journal) == [answer(given_)], "the first sender's reply"


@pytest.mark.parametrize("redelivered", [False, True])
def test_after_a_refusal_for_now_the_id_is_free_for_any_prompt(
    journal: Journal, time: Time, *, redelivered: bool
) -> None:
    append(journal, [refusal("p", retryable=True)])
    assert len(append(journal, [arrival(prompt("p", time), digest="other", redelivered=redelivered)])) == 1
    append(journal, [refusal("q", retryable=False)])
    assert append(journal, [arrival(prompt("q", time), digest="other")]) == []
    assert [message.payload for message in sent(journal)] == [b"refused", b"refused", b"ID_TAKEN"]


def test_a_prompt_claimed_after_a_duplicate_knows_the_newest_place(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    append(journal, [_again(given_)])
    claimed = journal.claim(given_.id)
    assert claimed is not None
    assert claimed.prompt.reply_to == ELSEWHERE


@pytest.mark.parametrize("redelivered", [False, True])
def test_when_it_has_finished_the_same_reply_is_sent_again(journal: Journal, time: Time, *, redelivered: bool) -> None:
    given_ = prompt("p", time, reply_to=ReplyTo("first", b"old"))
    append(journal, [arrival(given_)])
    journal.finish(given_.id, b"\xff{}")
    assert append(journal, [_again(given_, redelivered=redelivered)]) == []
    assert sent(journal) == [
        OutMessage("first", b"\xff{}", correlation=b"old"),
        OutMessage("else/where", b"\xff{}", correlation=b"\x00new"),
    ]
    assert journal.claim(given_.id) is None


def test_a_refusal_of_what_waits_or_has_its_answer_changes_nothing(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    assert append(journal, [refusal("p", retryable=True)]) == []
    assert sent(journal) == []
    journal.finish(given_.id, answer(given_).payload)
    append(journal, [refusal("p", retryable=True)])
    assert [message.payload for message in sent(journal)] == [b"yes", b"yes", b"yes"], "for each place, and again"


def test_a_refusal_is_stored_and_sent(journal: Journal) -> None:
    assert append(journal, [refusal("p", retryable=False)]) == []
    assert sent(journal) == [OutMessage("edge/d/reply/p", b"refused", correlation=b"refused")]
    assert not journal.finish(PromptId("p"), b"another")
    assert journal.stats().finished == 1


@pytest.mark.parametrize(
    ("retryable", "redelivered", "runs"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_what_was_refused_for_now_runs_when_the_client_asks_again(
    journal: Journal, time: Time, *, retryable: bool, redelivered: bool, runs: bool
) -> None:
    given_ = prompt("p", time)
    append(journal, [refusal("p", retryable=retryable)])
    pending = append(journal, [arrival(given_, redelivered=redelivered)])
    assert [waiting.id for waiting in pending] == ([given_.id] if runs else [])
    assert (journal.claim(given_.id) is not None) is runs
    assert [message.payload for message in sent(journal)] == [b"refused"] * (1 if runs else 2)


def test_what_was_refused_for_now_may_be_refused_again(journal: Journal) -> None:
    append(journal, [refusal("p", retryable=True, payload=b"full")])
    append(journal, [refusal("p", retryable=True, payload=b"still full")])
    assert [message.payload for message in sent(journal)] == [b"full", b"still full"]
    assert journal.stats().finished == 1


@pytest.mark.parametrize("redelivered", [False, True])
def test_correlation_data_identifies_always(journal: Journal, time: Time, *, redelivered: bool) -> None:
    (first,) = append(journal, [_keyed("made-1", time, CORRELATION)])
    assert append(journal, [_keyed("made-2", time, CORRELATION, redelivered=redelivered)]) == []
    assert append(journal, [_keyed("made-3", time, "correlation:other")]) != []
    assert first.id == "made-1"


def test_a_packet_id_identifies_only_what_is_redelivered(journal: Journal, time: Time) -> None:
    assert len(append(journal, [_keyed("made-1", time, PACKET)])) == 1
    assert append(journal, [_keyed("made-2", time, PACKET, redelivered=True)]) == []
    assert len(append(journal, [_keyed("made-3", time, PACKET)])) == 1, "a new message with a used packet id"
    journal.finish(PromptId("made-3"), b"three")
    append(journal, [_keyed("made-4", time, PACKET, redelivered=True)])
    assert [message.payload for message in sent(journal)] == [b"three", b"three"], "the key is now the newer message's"
    assert journal.claim(PromptId("made-1")) is not None, "the older one lost only its key"


def test_a_packet_id_identifies_until_the_broker_has_the_reply(journal: Journal, time: Time) -> None:
    """Then the broker has the acknowledgement of the prompt, too, and may give its packet id to the same question."""
    append(journal, [_keyed("made-1", time, PACKET), _keyed("other-1", time, "packet:8:abc")])
    journal.finish(PromptId("made-1"), b"closed")
    assert append(journal, [_keyed("made-2", time, PACKET, redelivered=True)]) == []
    assert [message.payload for message in sent(journal)] == [b"closed", b"closed"]
    assert len(append(journal, [_keyed("made-3", time, PACKET, redelivered=True)])) == 1
    assert append(journal, [_keyed("other-2", time, "packet:8:abc", redelivered=True)]) == [], (
        "this one has no reply yet"
    )


def test_an_id_and_correlation_data_identify_after_that_too(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_), _keyed("made-1", time, CORRELATION)])
    for prompt_id in ("p", "made-1"):
        journal.finish(PromptId(prompt_id), b"closed")
    sent(journal)
    assert append(journal, [arrival(given_), _keyed("made-2", time, CORRELATION, redelivered=True)]) == []
    assert [message.payload for message in sent(journal)] == [b"closed", b"closed"]


def test_a_redelivered_message_that_is_not_known_is_new(journal: Journal, time: Time) -> None:
    assert len(append(journal, [_keyed("made-1", time, PACKET, redelivered=True)])) == 1
    assert len(append(journal, [arrival(prompt("p", time), redelivered=True)])) == 1


def test_the_default_reply_topic_keeps_the_first_id(journal: Journal, time: Time) -> None:
    append(journal, [_keyed("made-1", time, PACKET)])
    append(journal, [_keyed("made-2", time, PACKET, redelivered=True)])
    journal.finish(PromptId("made-1"), b"yes")
    append(journal, [_keyed("made-3", time, PACKET, redelivered=True)])
    assert [message.topic for message in sent(journal)] == ["edge/d/reply/made-1"] * 2


def test_a_duplicate_by_key_is_answered_where_it_asks(journal: Journal, time: Time) -> None:
    append(journal, [_keyed("made-1", time, CORRELATION)])
    again = prompt("made-2", time, reply_to=ELSEWHERE)
    append(journal, [arrival(again, key=CORRELATION)])
    journal.finish(PromptId("made-1"), b"yes")
    assert sent(journal)[-1] == OutMessage("else/where", b"yes", correlation=b"\x00new")


def test_within_one_batch_as_one_after_the_other(journal: Journal, time: Time) -> None:
    given_, other = prompt("p", time), prompt("other", time)
    pending = append(
        journal,
        [
            refusal("p", retryable=True),
            arrival(given_),
            _again(given_),
            arrival(other),
            _keyed("made-1", time, PACKET),
            _keyed("made-2", time, PACKET, redelivered=True),
        ],
    )
    assert [waiting.id for waiting in pending] == ["p", "other", "made-1"]
    journal.finish(given_.id, answer(given_).payload)
    assert [message.topic for message in sent(journal)] == ["edge/d/reply/p", "edge/d/reply/p", "else/where"]


def test_only_what_is_new_takes_up_room_in_the_queue(journal: Journal, time: Time) -> None:
    known, new, more = (prompt(name, time) for name in ("known", "new", "more"))
    append(journal, [arrival(known)])
    batch = [arrival(known, redelivered=True), refusal("invalid", retryable=False), arrival(new), arrival(more)]
    assert [pending.id for pending in append(journal, batch, room=1)] == ["new"]
    assert [message.payload for message in sent(journal)] == [b"refused", b"QUEUE_FULL"]
    assert append(journal, [arrival(new), arrival(known)], room=0) == []
    assert sent(journal) == []
    assert len(append(journal, [arrival(more)], room=1)) == 1, "it may try again"
