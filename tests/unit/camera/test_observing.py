"""What becomes of sightings: on a real journal, with nothing that answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.budget.admission import Admission
from agent.camera.asking import Sighting
from agent.camera.observing import Observer
from agent.camera.ring import Ring
from agent.camera.values import CameraName, Condition, Trigger
from agent.journal import Journal, JournalThread
from agent.observed import MOST_UNSENT, Dropped
from agent.prompt import Prompt, Role
from agent.scheduler import Limits
from agent.units import Bytes, Ratio, Seconds
from tests.unit.camera.observations import CLOCK, DOOR, PICTURE, TOPIC, Line, facts, settings, sighting

ASKED = "Question: what is it?"
NOTHING_RUNS = Limits(Ratio(0.0), 0, None, "too little power")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        yield journal


@pytest.fixture
def line(journal: JournalThread, tmp_path: Path) -> Line:
    return Line(journal, Ring(tmp_path / "ring", Bytes(1000)))


async def _queued(line: Line) -> Prompt:
    """The one prompt that waits, as it will be run."""
    (waiting,) = line.waiting()
    claimed = await line.journal.run(Journal.claim, waiting)
    assert claimed is not None
    return claimed.prompt


async def test_without_a_prompt_the_facts_go_straight_out(line: Line) -> None:
    await line.observer.tell(sighting())
    (sent,) = await line.sent()
    assert sent["text"] is None
    assert sent["model"] is None
    assert sent["facts"]["still_s"] == 12.3
    assert sent["facts"]["counts"] == {"dog": 1}
    assert (sent["camera"], sent["trigger"], sent["taken_at"]) == ("door", "motion", 1_790_000_000.25)
    assert line.counters.counts().observations == 1


async def test_with_a_prompt_it_is_queued_with_all_that_its_answer_needs(line: Line) -> None:
    given = sighting(prompt=ASKED, system="Be short.", max_tokens=9, timeout="7s", model="other")
    await line.observer.tell(given)
    prompt = await _queued(line)
    assert [(it.role, it.content, it.images) for it in prompt.messages] == [
        (Role.SYSTEM, "Be short.", ()),
        (Role.USER, f"Facts: a bright scene. {ASKED}", ()),
    ]
    assert (prompt.priority, prompt.timeout, prompt.model, prompt.sampling.max_tokens) == (-10, 7.0, "other", 9)
    assert prompt.reply_to.topic == TOPIC
    assert prompt.observed is not None
    assert (prompt.observed.camera, prompt.observed.trigger) == ("door", "motion")
    assert await line.sent() == []


async def test_a_condition_is_told_without_a_model_and_without_a_picture(line: Line) -> None:
    line.picture = None
    covered = Sighting(settings(prompt=ASKED, snapshot="always"), Trigger.CONDITION, facts(Condition.COVERED))
    await line.observer.tell(covered)
    (sent,) = await line.sent()
    assert sent["facts"]["condition"] == "covered"
    assert list(line.waiting()) == []


async def test_a_code_is_the_question_and_is_not_told_as_a_fact(line: Line) -> None:
    await line.observer.tell(sighting(Trigger.CODE, code="Is {facts} there a dog?", prompt=ASKED))
    assert (await _queued(line)).messages[0].content == "Facts: a bright scene. Is {facts} there a dog?"


async def test_a_code_that_may_be_no_prompt_is_told_without_a_model(line: Line) -> None:
    await line.observer.tell(sighting(Trigger.CODE, prompt=ASKED))
    assert [it["trigger"] for it in await line.sent()] == ["code"]


async def test_a_newer_prompt_takes_the_place_of_one_that_waits(line: Line) -> None:
    await line.observer.tell(sighting(prompt=ASKED))
    (first,) = line.waiting()
    await line.observer.tell(sighting(Trigger.EVERY, prompt=ASKED))
    (second,) = line.waiting()
    assert first != second
    assert line.counters.counts().dropped == {Dropped.REPLACED: 1}
    assert await line.sent() == []
    assert (await line.journal.run(Journal.stats)).queued == 1


async def test_what_somebody_asks_by_a_code_gives_way_to_another_code_alone(line: Line) -> None:
    tell = line.observer.tell
    await tell(sighting(Trigger.CODE, code="Is the gate open?", prompt=ASKED))
    (asked,) = line.waiting()
    await tell(sighting(prompt=ASKED))
    await tell(sighting(prompt=ASKED))
    assert asked in list(line.waiting())
    assert line.counters.counts().dropped == {Dropped.REPLACED: 1}
    (other,) = line.waiting_of(DOOR)
    await tell(sighting(Trigger.CODE, code="Is it shut?", prompt=ASKED))
    (newer,) = line.waiting_of(DOOR, Trigger.CODE)
    assert (newer != asked, line.waiting_of(DOOR)) == (True, [other])
    assert line.counters.counts().dropped == {Dropped.REPLACED: 2}


async def test_what_somebody_asks_by_a_code_waits_while_nothing_runs(line: Line) -> None:
    line.lanes.hold()
    await line.observer.tell(sighting(prompt=ASKED))
    await line.observer.tell(sighting(Trigger.CODE, code="Is the gate open?", prompt=ASKED))
    assert (await _queued(line)).messages[0].content.endswith("Is the gate open?")
    assert line.counters.counts().dropped == {Dropped.DRAINING: 1}


async def test_what_waits_is_not_given_up_for_one_that_does_not_fit(line: Line) -> None:
    await line.observer.tell(sighting(prompt=ASKED))
    before = list(line.waiting())
    await line.observer.tell(sighting(prompt=ASKED, system="y" * 3_900_000))
    assert list(line.waiting()) == before
    assert line.counters.counts().dropped == {Dropped.STORAGE_FULL: 1}
    assert (await _queued(line)).id == before[0]


async def test_cameras_that_trigger_faster_than_the_device_answers_have_turns(line: Line) -> None:
    names = [CameraName(name) for name in ("door", "yard", "gate")]
    observers = [
        Observer(name, topic=f"edge/dev/camera/{name}", ring=line.ring, outlets=line.outlets) for name in names
    ]
    turns = []
    for _ in range(9):
        for observer in observers:  # each triggers again before each turn, in the same order
            await observer.tell(sighting(prompt=ASKED))
        waiting = {prompt_id: name for name in names for prompt_id in line.waiting_of(name)}
        next_ = (await line.journal.run(Journal.recover))[0].id
        turns.append(waiting[next_])
        await line.journal.run(Journal.claim, next_)
        await line.journal.run(Journal.finish, next_, b"{}")
        line.lanes.forget(next_)
    assert turns == names * 3


async def test_while_the_broker_is_away_the_newest_of_each_trigger_wait_for_it(line: Line) -> None:
    for number in range(20):
        for trigger in (Trigger.MOTION, Trigger.EVERY, Trigger.CONDITION):
            await line.observer.tell(sighting(trigger))
            if number == 0:
                oldest = (await line.sent())[0]["id"]
    sent = await line.sent()
    assert Counter(it["trigger"] for it in sent) == {"motion": 1, "every": 1, "condition": MOST_UNSENT}
    assert oldest not in {it["id"] for it in sent}
    assert [it["trigger"] for it in sent[-3:]] == ["motion", "every", "condition"]
    assert line.counters.counts().dropped == {Dropped.REPLACED: 19 + 19 + 4}


async def test_of_what_waits_to_be_told_the_newest_goes_but_every_condition_and_a_code(line: Line) -> None:
    condition, code = Trigger.CONDITION, Trigger.CODE
    for trigger in (code, Trigger.MOTION, condition, Trigger.CLASS, code, condition, Trigger.EVERY):
        line.observer.offer(sighting(trigger))
    running = asyncio.create_task(line.observer.run())
    async with asyncio.timeout(10):
        while len(sent := await line.sent()) < 4:
            line.told.clear()
            await line.told.wait()
    running.cancel()
    assert [it["trigger"] for it in sent] == ["condition", "condition", "code", "every"]
    assert line.counters.counts().dropped == {Dropped.REPLACED: 3}


@pytest.mark.parametrize("why", [Dropped.DRAINING, Dropped.OVER_BUDGET, Dropped.MEMORY, Dropped.QUEUE_FULL])
async def test_what_would_not_run_is_not_queued_and_not_answered(
    journal: JournalThread, tmp_path: Path, why: Dropped
) -> None:
    line = Line(journal, Ring(tmp_path, Bytes(0)), max_prompts=0 if why is Dropped.QUEUE_FULL else 1)
    match why:
        case Dropped.DRAINING:
            line.lanes.hold()
        case Dropped.OVER_BUDGET:
            line.worker.limit(NOTHING_RUNS)
        case Dropped.MEMORY:
            line.worker.admit(Admission(is_open=False))
        case _:
            assert why is Dropped.QUEUE_FULL
    await line.observer.tell(sighting(prompt=ASKED))
    assert list(line.waiting()) == []
    assert await line.sent() == []
    counts = line.counters.counts()
    assert counts.dropped == {why: 1}
    assert counts.observations == 0


async def test_the_place_of_a_prompt_that_waits_is_there_for_its_successor(
    journal: JournalThread, tmp_path: Path
) -> None:
    line = Line(journal, Ring(tmp_path, Bytes(0)), max_prompts=1)
    await line.observer.tell(sighting(prompt=ASKED))
    await line.observer.tell(sighting(prompt=ASKED))
    assert len(list(line.waiting())) == 1
    assert line.counters.counts().dropped == {Dropped.REPLACED: 1}


async def test_a_full_journal_costs_the_observation(journal: JournalThread, tmp_path: Path) -> None:
    line = Line(journal, Ring(tmp_path, Bytes(0)))
    await line.observer.tell(sighting(prompt="x" * 8000, system="y" * 3_900_000))
    assert line.counters.counts().dropped == {Dropped.STORAGE_FULL: 1}


async def test_the_picture_goes_to_a_model_that_takes_it(line: Line) -> None:
    line.vision = True
    await line.observer.tell(sighting(prompt=ASKED))
    assert (await _queued(line)).messages[0].images == ("data:image/jpeg;base64,/9ggYSBwaWN0dXJl",)


async def test_a_missing_picture_costs_no_more_than_the_picture(line: Line) -> None:
    line.vision, line.picture = True, None
    assert not (await line.observer.tell(sighting(prompt=ASKED, snapshot="always"))).is_shown
    assert (await _queued(line)).messages[0].images == ()
    assert line.published == []


async def test_the_picture_goes_to_the_ring_and_to_the_broker_as_configured(line: Line, tmp_path: Path) -> None:
    assert (await line.observer.tell(sighting(snapshot="always", ring="1KiB"))).is_shown
    (snapshot,) = line.published
    assert (snapshot.topic, snapshot.payload, snapshot.retain) == (f"{TOPIC}/snapshot", PICTURE.jpeg, False)
    (kept,) = (tmp_path / "ring").glob("*.jpg")
    assert kept.read_bytes() == PICTURE.jpeg
    (sent,) = await line.sent()
    assert sent["id"] in kept.name


async def test_pictures_of_an_earlier_start_go_when_none_are_kept_any_more(
    journal: JournalThread, tmp_path: Path
) -> None:
    Ring(tmp_path / "ring", Bytes(1000)).keep("old", PICTURE)
    line = Line(journal, Ring(tmp_path / "ring", Bytes(0)))
    line.observer.offer(sighting(ring="0B"))
    run = asyncio.create_task(line.observer.run())
    await asyncio.wait_for(line.told.wait(), 10)
    run.cancel()
    await asyncio.wait({run})
    assert list((tmp_path / "ring").iterdir()) == []


async def test_a_broker_that_is_away_costs_the_snapshot_alone(line: Line) -> None:
    line.connected = False
    assert not (await line.observer.tell(sighting(snapshot="always"))).is_shown
    assert len(await line.sent()) == 1
