"""A damaged journal is set aside at the start, loudly, and the agent goes on with an empty one."""

import logging
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import JournalDamagedError
from tests.unit.journal.values import Time, answer, append, arrival, open_journal, prompt

_PAGE = 4096


def _filled(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        journal.recover()
        contents = [prompt(str(number), time, text="x" * 3000) for number in range(50)]
        append(journal, [arrival(content) for content in contents])
        for content in contents[:25]:
            journal.finish(content.id, answer(content, b"y" * 500).payload)


def _garbage_header(path: Path) -> None:
    path.write_bytes(b"\xde\xad\xbe\xef" * 25 + path.read_bytes()[100:])


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _truncated_inside_the_first_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _zeros_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[2 * _PAGE : 6 * _PAGE] = bytes(4 * _PAGE)
    path.write_bytes(content)


def _noise_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[2 * _PAGE : 6 * _PAGE] = random.Random(1).randbytes(4 * _PAGE)  # noqa: S311 - noise, not a secret
    path.write_bytes(content)


def _noise_in_an_index(path: Path) -> None:
    """Found by nobody who reads only the tables."""
    with closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'prompts_finished'").fetchall()
    content = bytearray(path.read_bytes())
    content[(page - 1) * _PAGE : page * _PAGE] = random.Random(1).randbytes(_PAGE)  # noqa: S311 - noise, not a secret
    path.write_bytes(content)


def _not_a_database(path: Path) -> None:
    path.write_text("device: {id: orin-7}\n" * 100)


def _unreadable_prompt(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"role":"user"', b'"role":"\xff\xff\xff\xff"'))


def _topic_that_is_no_text(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"edge/d/reply/", b"edge/d/reply\xff"))


_DAMAGES = [
    _garbage_header,
    _truncated,
    _truncated_inside_the_first_page,
    _zeros_in_the_middle,
    _noise_in_the_middle,
    _noise_in_an_index,
    _not_a_database,
    _unreadable_prompt,
    _topic_that_is_no_text,
]


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_set_aside_and_begun_again(
    path: Path, time: Time, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    _filled(path, time)
    damage(path)
    broken = path.read_bytes()
    with open_journal(path, time) as journal:
        assert journal.damaged is not None
        assert journal.damaged.name == "journal.db.damaged-20260921T141320Z"
        assert journal.damaged.read_bytes() == broken
        assert journal.recover() == []
        assert len(append(journal, [arrival(prompt("1", time))])) == 1
    assert [(record.levelno, record.msg) for record in caplog.records] == [(logging.ERROR, "journal_damaged")]
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert len(journal.recover()) == 1


def test_an_empty_file_is_a_new_journal(path: Path, time: Time) -> None:
    path.touch()
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert len(append(journal, [arrival(prompt("1", time))])) == 1


def test_only_the_newest_damaged_files_are_kept(path: Path, time: Time) -> None:
    aside = []
    for number in range(6):
        time.pass_(1.0)
        path.write_bytes(bytes([number]) * 5000)
        with open_journal(path, time) as journal:
            assert journal.damaged is not None
            aside.append(journal.damaged)
    assert [file.exists() for file in aside] == [False, False, False, True, True, True]
    assert aside[-1].read_bytes() == b"\x05" * 5000


def test_damaged_twice_within_a_second(path: Path, time: Time) -> None:
    for content in (b"first", b"second"):
        path.write_bytes(content * 100)
        open_journal(path, time).close()
    assert {file.read_bytes()[:6] for file in path.parent.glob("*.damaged-*")} == {b"firstf", b"second"}


def test_damage_found_while_running_stops_the_agent_and_the_next_start_goes_on(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt(str(number), time, text="x" * 100_000)) for number in range(50)])
    with open_journal(path, time) as journal:
        waiting = journal.recover()
        content = path.read_bytes()  # more of it than SQLite has in memory
        path.write_bytes(content[:_PAGE] + random.Random(1).randbytes(len(content) - _PAGE))  # noqa: S311 - noise
        with pytest.raises(JournalDamagedError):
            _ = [journal.claim(pending.id) for pending in waiting]
    with open_journal(path, time) as journal:
        assert journal.damaged is not None


def test_a_prompt_that_cannot_be_read_while_running(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        content = prompt("p", time)
        append(journal, [arrival(content)])
        journal._database.execute("UPDATE prompts SET prompt = ?", (b'{"id":',))
        with pytest.raises(JournalDamagedError):
            journal.claim(content.id)
        assert journal.stats().queued == 1, "nothing has changed"


def test_any_flipped_bytes_end_in_a_journal_that_works(path: Path, time: Time) -> None:
    """Noise at random places: whatever it hits, the agent starts, now or with the file set aside."""
    _filled(path, time)
    sound = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - places to hit, not a secret
    outcomes = set()
    for _ in range(60):
        content = bytearray(sound)
        place = chance.randrange(_PAGE, len(content) - 64)
        content[place : place + 64] = chance.randbytes(64)
        path.write_bytes(content)
        with open_journal(path, time) as journal:
            outcomes.add(journal.damaged is None)
            for pending in journal.recover():
                claimed = journal.claim(pending.id)
                assert claimed is not None
                journal.finish(pending.id, answer(claimed.prompt).payload)
            journal.outbox(limit=1000)
            append(journal, [arrival(prompt("new", time))])
    assert outcomes == {True, False}
