"""A prompt's way through the journal: queued, running, finished, recovered."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal import Journal
from agent.journal.stored import prompt_from_json, prompt_to_json
from agent.observed import Observed
from agent.prompt import Message, OutMessage, Pending, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.units import UnixSeconds
from tests.unit.journal.values import Time, answer, append, arrival, open_journal, prompt, sent

_FINITE = st.floats(allow_nan=False)
_PROMPTS = st.builds(
    Prompt,
    id=st.from_regex(r"\A[A-Za-z0-9_.-]{1,64}\Z"),
    messages=st.lists(st.builds(Message, role=st.sampled_from(Role), content=st.text()), min_size=1).map(tuple),
    sampling=st.builds(
        Sampling,
        max_tokens=st.integers(),
        temperature=_FINITE,
        top_p=_FINITE,
        seed=st.none() | st.integers(),
        stop=st.lists(st.text()).map(tuple),
        json_schema=st.none() | st.text(),
    ),
    reply_to=st.builds(ReplyTo, topic=st.text(min_size=1), correlation=st.none() | st.binary()),
    received=_FINITE,
    received_wall=_FINITE,
    model=st.none() | st.text(),
    stream=st.booleans(),
    priority=st.integers(min_value=-(2**63), max_value=2**63 - 1),
    timeout=st.none() | _FINITE,
)


@given(_PROMPTS)
def test_a_prompt_is_stored_exactly(given_: Prompt) -> None:
    back = prompt_from_json(prompt_to_json(given_))
    assert replace(back, reply_to=given_.reply_to) == given_
    assert back.reply_to.topic == given_.reply_to.topic


def test_a_prompt_comes_back_as_it_came_in(path: Path, time: Time) -> None:
    given_ = Prompt(
        id=PromptId("p"),
        messages=(Message(Role.SYSTEM, "Sé breve.\0"), Message(Role.USER, "🚪?")),
        sampling=Sampling(
            max_tokens=7, temperature=0.7, top_p=0.9, seed=2**63, stop=("\n", "}"), json_schema='{"type":"object"}'
        ),
        reply_to=ReplyTo("some/where", bytes(range(256))),
        received=prompt("p", time).received,
        received_wall=prompt("p", time).received_wall,
        model="edge-tiny",
        stream=True,
        priority=-3,
        timeout=prompt("p", time, timeout=1.5).timeout,
    )
    with open_journal(path, time) as journal:
        append(journal, [arrival(given_)])
    with open_journal(path, time) as journal:
        journal.recover()
        claimed = journal.claim(given_.id)
    assert claimed is not None
    assert claimed.prompt == given_


def test_from_arrival_to_reply(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time, priority=5, timeout=30.0, reply_to=ReplyTo("reply", b"\xff\x00"))
    assert append(journal, [arrival(given_)]) == [Pending(given_.id, 5, 1, given_.received, given_.deadline)]
    claimed = journal.claim(given_.id)
    assert claimed is not None
    assert (claimed.claims, claimed.engine_losses) == (1, 0)
    assert journal.finish(given_.id, answer(given_).payload)
    assert sent(journal) == [OutMessage("reply", b"yes", correlation=b"\xff\x00")]
    assert journal.outbox(limit=10) == []


def test_only_what_is_queued_is_claimed(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    assert journal.claim(given_.id) is None
    append(journal, [arrival(given_)])
    assert journal.claim(given_.id) is not None
    assert journal.claim(given_.id) is None
    journal.finish(given_.id, answer(given_).payload)
    assert journal.claim(given_.id) is None


def test_a_prompt_is_finished_once(journal: Journal, time: Time) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    assert journal.finish(given_.id, answer(given_, b"first").payload), "what waits may be finished: shed, cancelled"
    assert not journal.finish(given_.id, answer(given_, b"second").payload)
    assert not journal.finish(PromptId("unknown"), answer(given_).payload)
    assert [message.payload for message in sent(journal)] == [b"first"]


def test_what_a_camera_saw_survives_with_its_prompt(path: Path, time: Time) -> None:
    seen = Observed("door", "motion", UnixSeconds(1_790_000_000.5), '{"light": "dark"}')
    given_ = replace(prompt("p", time), observed=seen, cameras=("yard",))
    with open_journal(path, time) as journal:
        (pending,) = append(journal, [arrival(given_)])
        assert pending.observed == seen
    with open_journal(path, time) as journal:
        assert [it.observed for it in journal.recover()] == [seen]
        claimed = journal.claim(given_.id)
    assert claimed is not None
    assert claimed.prompt == given_


def test_a_newer_prompt_has_the_place_of_what_waits(journal: Journal, time: Time) -> None:
    contents = [prompt(name, time) for name in ("running", "first", "other", "second", "last")]
    append(journal, [arrival(each) for each in contents])
    running, first, _, second, _ = contents
    journal.claim(running.id)
    pending, gone = journal.replace([second.id, running.id, first.id], prompt("newer", time))
    assert (pending.seq, gone) == (2, [first.id, second.id])
    assert journal.claim(first.id) is None
    assert not journal.finish(second.id, b"late")
    assert [it.id for it in journal.recover()] == ["running", "newer", "other", "last"]
    for name in ("running", "newer"):
        journal.finish(PromptId(name), name.encode())
    assert [(it.topic, it.payload) for it in sent(journal)] == [
        (f"edge/d/reply/{name}", name.encode()) for name in ("running", "newer")
    ]


def test_of_a_cameras_unsent_answers_the_newest_are_kept(journal: Journal, time: Time) -> None:
    for name in ("a", "b", "c", "d"):
        append(
            journal, [arrival(prompt(name, time, reply_to=ReplyTo("camera/yard" if name == "b" else "camera/door")))]
        )
        append(journal, [arrival(prompt(f"person-{name}", time, reply_to=ReplyTo("camera/door")))])
        journal.finish(PromptId(f"person-{name}"), b"person")
    gone = [journal.finish_observation(PromptId(name), name.encode(), most=1) for name in ("a", "b", "c", "c", "d")]
    assert gone == [0, 0, 1, 0, 1]
    assert [it.payload for it in sent(journal) if it.payload != b"person"] == [b"b", b"d"]
    assert journal.stats().finished == 8


def test_a_prompt_that_replaces_nothing_comes_last(journal: Journal, time: Time) -> None:
    append(journal, [arrival(prompt("other", time))])
    assert journal.replace([PromptId("gone")], prompt("newer", time))[1] == []
    assert [it.id for it in journal.recover()] == ["other", "newer"]


@pytest.mark.parametrize(("engine_lost", "claims", "losses"), [(True, 2, 1), (False, 1, 0)])
def test_put_back(journal: Journal, time: Time, *, engine_lost: bool, claims: int, losses: int) -> None:
    given_ = prompt("p", time)
    append(journal, [arrival(given_)])
    journal.claim(given_.id)
    journal.put_back(given_.id, engine_lost=engine_lost)
    again = journal.claim(given_.id)
    assert again is not None
    assert (again.claims, again.engine_losses) == (claims, losses)


def test_only_what_is_running_is_put_back(journal: Journal, time: Time) -> None:
    waiting, done = prompt("waiting", time), prompt("done", time)
    append(journal, [arrival(waiting), arrival(done)])
    journal.finish(done.id, answer(done).payload)
    for content in (waiting, done):
        journal.put_back(content.id, engine_lost=True)
    claimed = journal.claim(waiting.id)
    assert claimed is not None
    assert claimed.engine_losses == 0
    assert journal.claim(done.id) is None


def test_what_was_running_is_queued_again(path: Path, time: Time) -> None:
    contents = [prompt(name, time) for name in ("a", "b", "c", "d")]
    with open_journal(path, time) as journal:
        append(journal, [arrival(content) for content in contents])
        journal.claim(contents[1].id)
        journal.finish(contents[2].id, answer(contents[2]).payload)
    with open_journal(path, time) as journal:
        assert [(pending.id, pending.seq) for pending in journal.recover()] == [("a", 1), ("b", 2), ("d", 4)]
        claimed = journal.claim(contents[1].id)
    assert claimed is not None
    assert claimed.claims == 2, "the start that was cut off counts"


@pytest.mark.parametrize(
    ("off", "waited"),
    [
        pytest.param(100.0, 101.0, id="off for a while"),
        pytest.param(-5000.0, 0.0, id="the wall clock went backwards"),
    ],
)
def test_a_deadline_outlives_the_boot(path: Path, time: Time, off: float, waited: float) -> None:
    given_ = prompt("p", time, timeout=600.0)
    with open_journal(path, time) as journal:
        append(journal, [arrival(given_)])
    time.pass_(1.0)
    time.reboot(off=off)
    with open_journal(path, time) as journal:
        (pending,) = journal.recover()
        claimed = journal.claim(given_.id)
    assert claimed is not None
    assert pending.received == claimed.prompt.received == pytest.approx(time.now - waited)
    assert pending.deadline == claimed.prompt.deadline == pytest.approx(time.now - waited + 600.0)
    assert claimed.prompt.received_wall == given_.received_wall


def test_a_deadline_outlives_the_boot_in_which_the_board_learned_the_date(path: Path, time: Time) -> None:
    time.wall = 1000.0  # 1970: no battery-backed clock
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("waits", time, timeout=3600.0)), arrival(prompt("runs", time, timeout=3600.0))])
        journal.claim(PromptId("runs"))
        time.pass_(60.0)
        time.wall = 1_790_000_000.0
        journal.prune()
        time.pass_(1.0)
    time.reboot(off=100.0)
    with open_journal(path, time) as journal:
        assert [pending.deadline for pending in journal.recover()] == [pytest.approx(time.now + 3600 - 161)] * 2


def test_in_the_same_boot_a_restart_changes_no_time(path: Path, time: Time) -> None:
    given_ = prompt("p", time, timeout=60.0)
    with open_journal(path, time) as journal:
        append(journal, [arrival(given_)])
    time.now += 10.0
    time.wall += 99_999.0  # the board learned the date
    with open_journal(path, time) as journal:
        (pending,) = journal.recover()
    assert (pending.received, pending.deadline) == (given_.received, given_.deadline)


def test_the_outbox_keeps_its_order(journal: Journal, time: Time) -> None:
    first, second = prompt("first", time), prompt("second", time)
    append(journal, [arrival(first), arrival(second)])
    journal.finish(second.id, answer(second, b"2").payload)
    journal.enqueue(OutMessage("event", b"e"))
    journal.finish(first.id, answer(first, b"1").payload)
    items = journal.outbox(limit=2)
    assert [item.message.payload for item in items] == [b"2", b"e"]
    assert items[1].message == OutMessage("event", b"e")
    assert [item.message.payload for item in journal.outbox(limit=2, without={items[0].seq})] == [b"e", b"1"]
    journal.mark_sent([item.seq for item in items])
    assert [item.message.payload for item in journal.outbox(limit=9)] == [b"1"]


def test_a_place_in_the_outbox_is_never_used_again(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        journal.enqueue(OutMessage("event", b"1"))
        (first,) = journal.outbox(limit=9)
        journal.mark_sent([first.seq])
    with open_journal(path, time) as journal:
        journal.enqueue(OutMessage("event", b"2"))
        (second,) = journal.outbox(limit=9, without={first.seq})
    assert second.message.payload == b"2"


def test_stats(journal: Journal, time: Time, path: Path) -> None:
    contents = [prompt(str(number), time) for number in range(6)]
    append(journal, [arrival(content) for content in contents])
    for content in contents[:3]:
        journal.claim(content.id)
    journal.finish(contents[0].id, answer(contents[0]).payload)
    journal.enqueue(OutMessage("event", b"e"))
    stats = journal.stats()
    assert (stats.queued, stats.running, stats.finished, stats.outbox) == (3, 2, 1, 2)
    assert stats.size == sum(file.stat().st_size for file in path.parent.iterdir())


def test_a_batch_is_one_commit(journal: Journal, time: Time) -> None:
    statements: list[str] = []
    journal._database._connection.set_trace_callback(statements.append)
    append(journal, [arrival(prompt(str(number), time)) for number in range(100)])
    assert statements.count("COMMIT") == 1
    assert sum(statement.strip().startswith("INSERT INTO prompts") for statement in statements) == 100
