"""How the journal stays small: pruning by age and by size, and what happens at the limit."""

from contextlib import suppress
from pathlib import Path

import pytest

from agent.errors import ConfigError, StorageFullError
from agent.journal import LEAST_ROOM, Journal
from agent.prompt import OutMessage, PromptId
from agent.units import Seconds
from tests.unit.journal.values import DAY, MIB, Time, answer, append, arrival, open_journal, prompt, refusal, sent

_HOUR = 3600.0


def _finish(journal: Journal, time: Time, *names: str, payload: bytes = b"yes", text: str = "?") -> None:
    """Finished, and sent."""
    contents = [prompt(name, time, text=text) for name in names]
    append(journal, [arrival(content) for content in contents])
    for content in contents:
        journal.finish(content.id, answer(content, payload).payload)
    sent(journal)


def _append_until_full(journal: Journal, time: Time, *, text: str) -> list[PromptId]:
    taken: list[PromptId] = []
    while len(taken) < 10_000:
        content = prompt(f"taken-{len(taken)}", time, text=text)
        try:
            append(journal, [arrival(content)])
        except StorageFullError as error:
            assert "journal.max_size" in str(error)  # noqa: PT017 - the loop ends here
            break
        taken.append(content.id)
    return taken


def _on_disk(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.usefixtures("journal")
def test_a_new_journal_takes_no_more_than_is_said(path: Path) -> None:
    assert LEAST_ROOM / 2 < _on_disk(path) <= LEAST_ROOM


def _knows(journal: Journal, time: Time, name: str) -> bool:
    """Whether `name` is answered from the journal. Leaves no trace when it is not."""
    known = append(journal, [arrival(prompt(name, time))]) == []
    if not known:
        journal.finish(PromptId(name), b"")
    sent(journal)
    return known


@pytest.mark.parametrize(
    ("reboot_for", "jump", "forgotten"),
    [
        pytest.param(None, 0.0, False, id="an hour old"),
        pytest.param(None, 30 * DAY, False, id="the board learned the date in this boot"),
        pytest.param(DAY, 0.0, True, id="switched off for a day"),
        pytest.param(_HOUR, 0.0, False, id="switched off for an hour"),
        pytest.param(-30 * DAY, 0.0, False, id="the date was lost"),
    ],
)
def test_age(path: Path, time: Time, reboot_for: float | None, jump: float, *, forgotten: bool) -> None:
    with open_journal(path, time, keep=DAY) as journal:
        _finish(journal, time, "p")
        time.pass_(_HOUR)
        time.wall += jump
        assert journal.prune() == 0
    if reboot_for is not None:
        time.reboot(off=reboot_for)
    with open_journal(path, time, keep=DAY) as journal:
        journal.recover()
        assert journal.prune() == int(forgotten)


def test_what_finished_before_the_board_learned_the_date_is_no_older_for_it(path: Path, time: Time) -> None:
    time.wall = 1000.0  # 1970: no battery-backed clock
    with open_journal(path, time, keep=DAY) as journal:
        journal.recover()
        _finish(journal, time, *(str(number) for number in range(250)))
        time.pass_(_HOUR)
        time.wall = 1_790_000_000.0
        assert journal.prune() == 0
    time.reboot(off=_HOUR)
    with open_journal(path, time, keep=DAY) as journal:
        journal.recover()
        assert journal.prune() == 0
        time.reboot(off=DAY)
    with open_journal(path, time, keep=DAY) as journal:
        assert journal.prune() == 250


def test_only_what_is_old_finished_and_sent_is_forgotten(journal: Journal, time: Time) -> None:
    names = ["queued", "running", "unsent", "old"]
    append(journal, [arrival(prompt(name, time)) for name in names])
    append(journal, [refusal("refused", retryable=True)])
    journal.claim(PromptId("running"))
    journal.finish(PromptId("old"), b"")
    sent(journal)
    journal.finish(PromptId("unsent"), b"")
    time.pass_(DAY + 1)
    _finish(journal, time, "unsent-2", "new")
    journal.finish(PromptId("unsent"), b"")
    append(journal, [arrival(prompt("unsent", time))])
    assert journal.prune() == 2, "old and refused"
    stats = journal.stats()
    assert (stats.queued, stats.running, stats.finished, stats.outbox) == (1, 1, 3, 1)
    assert _knows(journal, time, "new")
    assert not _knows(journal, time, "old")


def test_more_than_one_step_of_pruning(journal: Journal, time: Time) -> None:
    _finish(journal, time, *(str(number) for number in range(1201)))
    time.pass_(DAY + 1)
    assert journal.prune() == 1201
    assert journal.stats().finished == 0


def test_the_oldest_go_when_the_file_is_full(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=2 * MIB) as journal:
        journal.recover()
        for number in range(40):
            _finish(journal, time, str(number), payload=bytes(50_000))
        kept = [_knows(journal, time, str(number)) for number in range(40)]
    assert kept == sorted(kept), "the oldest are gone"
    assert 40 * 0.5 < sum(kept) < 40 * 0.8, "and not many more than it takes"


def test_the_file_shrinks(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        journal.recover()
        _finish(journal, time, *(str(number) for number in range(100)), payload=bytes(40_000))
        full = journal.stats().size
        assert full > 4_000_000
        time.pass_(DAY + 1)
        journal.prune()
        assert journal.stats().size < full / 10
        assert journal.stats().size == _on_disk(path)


def test_a_smaller_limit_takes_effect(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        journal.recover()
        _finish(journal, time, *(str(number) for number in range(100)), payload=bytes(40_000))
    with open_journal(path, time, max_size=1 * MIB) as journal:
        journal.recover()
        assert journal.prune() > 0
        assert journal.stats().size <= 1 * MIB
        assert len(_append_until_full(journal, time, text="x" * 20_000)) > 10
        _assert_sqlite_itself_refuses_more(journal)
        assert journal.stats().size <= 1 * MIB


def test_20_000_prompts_stay_below_the_limit(path: Path, time: Time) -> None:
    limit, largest = 2 * MIB, 0
    with open_journal(path, time, max_size=limit) as journal:
        journal.recover()
        for batch in range(200):
            time.pass_(1.0)
            _finish_batch(journal, time, [f"{batch}-{number}" for number in range(100)])
            largest = max(largest, _on_disk(path))
        assert largest <= limit
        assert _knows(journal, time, "199-99"), "the newest is still known"
        assert journal.stats().finished > 1000, "the room is used"


def _finish_batch(journal: Journal, time: Time, names: list[str]) -> None:
    """As `_finish`, with most commits left out: the size is the same."""
    contents = [prompt(name, time, text="x" * 200) for name in names]
    assert len(append(journal, [arrival(content) for content in contents])) == len(names)
    with journal._database.transaction():
        for content in contents:
            journal._database.execute(
                "UPDATE prompts SET state = 'finished', prompt = NULL, reply = :reply, "
                "finished = :now, finished_wall = :wall WHERE id = :id",
                {"reply": bytes(300), "now": time.now, "wall": time.wall, "id": content.id},
            )
            journal._database.execute("DELETE FROM reply_to WHERE prompt = ?", (content.id,))


def test_a_reply_that_is_sent_again_needs_room(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=1 * MIB) as journal:
        content = prompt("p", time)
        append(journal, [arrival(content)])
        journal.finish(content.id, bytes(30_000))
        resends = 0
        with suppress(StorageFullError):
            while resends < 100:
                append(journal, [arrival(content)])
                resends += 1
        assert 10 < resends < 100
        assert journal._database.filled() < 0.9, "the rest is kept for the replies to what was taken"


def test_a_full_journal_refuses_prompts_and_still_takes_replies(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=1 * MIB) as journal:
        journal.recover()
        taken = _append_until_full(journal, time, text="x" * 5000)
        assert len(taken) > 100
        with pytest.raises(StorageFullError):
            journal.enqueue(OutMessage("event", bytes(5000)))
        assert journal.stats().queued == len(taken)
        for prompt_id in taken:
            assert journal.claim(prompt_id) is not None
            assert journal.finish(prompt_id, bytes(20_000 if prompt_id == taken[0] else 1000))
        assert journal.stats().size <= 1 * MIB
        assert len(sent(journal)) == len(taken)
        assert append(journal, [arrival(prompt("again", time, text="x" * 5000))]) != []


def test_the_file_s_limit_is_sqlite_s_own(path: Path, time: Time) -> None:
    """Replies that nobody takes away fill the file to its limit and not further; what is there stays usable."""
    with open_journal(path, time, max_size=1 * MIB) as journal:
        journal.recover()
        contents = [prompt(f"p{number}", time) for number in range(100)]
        append(journal, [arrival(content) for content in contents])
        finished = 0
        with suppress(StorageFullError):
            for content in contents:
                journal.finish(content.id, answer(content, bytes(4000)).payload)
                finished += 1
        assert 50 < finished < 100
        _assert_sqlite_itself_refuses_more(journal)
        assert journal.stats().size <= 1 * MIB
        assert (journal.stats().finished, journal.stats().outbox) == (finished, finished)
        assert len(sent(journal)) == finished
        assert journal.finish(contents[finished].id, answer(contents[finished], bytes(4000)).payload)


def _assert_sqlite_itself_refuses_more(journal: Journal) -> None:
    with pytest.raises(StorageFullError, match="full"):
        journal._database.execute("INSERT INTO outbox (topic, payload) VALUES ('x', zeroblob(1e6))")


def test_the_log_is_small_again_after_a_large_batch(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=64 * MIB) as journal:
        append(journal, [arrival(prompt(str(number), time, text="x" * MIB)) for number in range(7)])
        append(journal, [arrival(prompt("small", time))])
        assert path.with_name("journal.db-wal").stat().st_size <= 4 * MIB


def test_a_large_batch_makes_room_for_itself(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=4 * MIB) as journal:
        journal.recover()
        for number in range(26):
            _finish(journal, time, str(number), payload=bytes(100_000))
        assert append(journal, [arrival(prompt("large", time, text="x" * 450_000))]) != []
        assert journal.stats().size <= 4 * MIB


def test_too_much_at_once(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=4 * MIB) as journal:
        batch = [arrival(prompt(str(number), time, text="x" * 300_000)) for number in range(2)]
        with pytest.raises(StorageFullError, match="at once"):
            append(journal, batch)
        for one in batch:
            assert len(append(journal, [one])) == 1


def test_a_prompt_that_is_too_large_for_an_empty_journal_is_refused_for_good(path: Path, time: Time) -> None:
    with open_journal(path, time, max_size=MIB) as journal:
        large, small = prompt("large", time, text="x" * (MIB // 8)), prompt("small", time)
        for _ in range(2):
            taken = append(journal, [arrival(large), arrival(small)])
        assert taken == [], "known"
        assert [message.payload for message in sent(journal)] == [b"TOO_LARGE"] * 2
        assert [pending.id for pending in journal.recover()] == ["small"]


def test_a_limit_too_small_to_work_with(path: Path, time: Time) -> None:
    with pytest.raises(ConfigError, match=r"journal\.max_size"):
        open_journal(path, time, max_size=MIB - 1)


def test_pruning_nothing_writes_nothing(journal: Journal, path: Path, time: Time) -> None:
    _finish(journal, time, "p")
    before = {file.name: file.stat().st_mtime_ns for file in path.parent.iterdir()}
    assert journal.prune() == 0
    assert {file.name: file.stat().st_mtime_ns for file in path.parent.iterdir()} == before


def test_keep_nothing(path: Path, time: Time) -> None:
    with open_journal(path, time, keep=Seconds(0.0)) as journal:
        journal.recover()
        _finish(journal, time, "p")
        time.pass_(0.001)
        assert journal.prune() == 1
