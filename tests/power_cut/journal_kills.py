"""A program that kills the owner of a journal in every way, and looks at what is left after each kill.

`python -m tests.power_cut.journal_kills every-statement|any-moment FOLDER` says how often it killed, or fails with what
was lost. It is a program of its own because it forks: its children work until SIGKILL ends them, and tell it through a
pipe what the journal has promised them.
"""

import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.journal import Arrival, Journal
from agent.prompt import OutMessage, PromptId, ReplyTo
from tests.unit.journal.values import Time, answer, append, arrival, open_journal, prompt, refusal

_ROUNDS = 60


class Promise(NamedTuple):
    """What the journal has said is so: `took`, `finished` an id; or what its owner does next: `send`, `forget`."""

    what: str
    id: str
    seq: int = 0
    payload: str = ""


Tell = Callable[[Promise], None]
Work = Callable[[Tell], None]


def every_statement(folder: Path) -> str:
    """Kill before the first SQL statement, then before the second, and so on to the last; COMMITs are statements."""
    for place in count():
        path = folder / str(place) / "journal.db"
        promises, killed = _in_child(partial(_tour, path), die_before=place)
        _check(path, promises)
        if not killed:
            return f"killed before each of {place} statements"
    raise AssertionError("the tour never ends")


def any_moment(folder: Path) -> str:
    """One journal, killed at any moment of random work, again and again."""
    path = folder / "journal.db"
    chance = random.Random(20)  # noqa: S311 - when to kill, not a secret
    promises: list[Promise] = []
    for number in range(_ROUNDS):
        more, killed = _in_child(partial(_random_work, path, number), kill_after=chance.randrange(1, 80))
        assert killed
        promises += more
        _check(path, promises)
    prompts = sum(promise.what == "took" for promise in promises)
    return f"killed {_ROUNDS} times during {prompts} prompts"


def _in_child(
    work: Work, *, die_before: int | None = None, kill_after: int | None = None
) -> tuple[list[Promise], bool]:
    """Do `work` in a process of its own; what it was promised, and whether it was killed.

    Args:
        work: What to do.
        die_before: The number of the SQL statement that is not executed any more.
        kill_after: The number of promises after which it is killed, whatever it does then.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        if die_before is not None:
            _die_before(die_before)
        work(lambda promise: _write_line(writing, promise))
        os._exit(0)
    os.close(writing)
    promises = []
    with os.fdopen(reading) as lines:
        for line in lines:
            promises.append(Promise(*json.loads(line)))
            if len(promises) == kill_after:
                os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGKILL}, "the child failed by itself"
    return promises, os.WIFSIGNALED(status)


def _write_line(descriptor: int, promise: Promise) -> None:
    os.write(descriptor, json.dumps(promise).encode() + b"\n")


def _die_before(number: int) -> None:
    """End this process with SIGKILL just before its SQL statement `number`, of whichever connection."""
    statements = count()

    def trace(_: str) -> None:
        if next(statements) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    class Dying(sqlite3.Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever `connect` passes on
            super().__init__(*args, **kwargs)
            self.set_trace_callback(trace)

    pytest.MonkeyPatch().setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Dying))


def _tour(path: Path, tell: Tell) -> None:
    """Every write that the journal does, once."""
    time = Time()
    with open_journal(path, time, keep=10.0) as journal:
        journal.recover()
        _take(journal, tell, arrival(prompt("old", time)))
        _finish(journal, tell, "old")
        _send(journal, tell, limit=1)
        time.pass_(20.0)
        contents = [prompt(name, time) for name in ("a", "b", "c")]
        _take(journal, tell, *map(arrival, contents), refusal("r", retryable=True))
        _finish(journal, tell, "a")
        elsewhere = replace(contents[1], reply_to=ReplyTo("else/b"))
        _take(journal, tell, arrival(contents[0]), arrival(elsewhere), arrival(contents[2], digest="other"))
        journal.claim(PromptId("b"))
        journal.put_back(PromptId("b"), engine_lost=True)
        _send(journal, tell, limit=2)
        _take(journal, tell, arrival(prompt("r", time)))
        journal.enqueue(OutMessage("event", b"e"))
        tell(Promise("forget", "old"))
        journal.prune()
        journal.claim(PromptId("c"))
    with open_journal(path, time, keep=10.0) as journal:
        journal.recover()
        for name in ("b", "c", "r"):
            _finish(journal, tell, name)
        _send(journal, tell, limit=3)


def _random_work(path: Path, number: int, tell: Tell) -> None:
    """Until killed."""
    chance = random.Random(number)  # noqa: S311 - what to do, not a secret
    time = Time()
    names = count()
    with open_journal(path, time) as journal:
        waiting = [str(pending.id) for pending in journal.recover()]
        while True:
            match chance.choice(("take", "finish", "claim", "send")):
                case "take":
                    new = [f"{number}-{next(names)}" for _ in range(chance.randrange(1, 8))]
                    _take(journal, tell, *(arrival(prompt(name, time)) for name in new))
                    waiting += new
                case "finish" if waiting:
                    _finish(journal, tell, waiting.pop(chance.randrange(len(waiting))))
                case "claim" if waiting:
                    journal.claim(PromptId(chance.choice(waiting)))
                case _:
                    _send(journal, tell, limit=chance.randrange(1, 5))


def _take(journal: Journal, tell: Tell, *arrivals: Arrival) -> None:
    append(journal, arrivals)
    for new in arrivals:
        tell(Promise("took", new.id))


def _finish(journal: Journal, tell: Tell, name: str) -> None:
    """Each try to answer has other words, so that a second answer would be noticed."""
    claimed = journal.claim(PromptId(name))
    words = f"{os.getpid()} {claimed.claims if claimed else 'late'}".encode()
    if journal.finish(PromptId(name), answer(prompt(name, Time()), words).payload):
        tell(Promise("finished", name, payload=words.decode()))


def _send(journal: Journal, tell: Tell, *, limit: int) -> None:
    """The broker may have a message as soon as it is on its way, so that is told before it is marked."""
    items = journal.outbox(limit=limit)
    for item in items:
        name = item.message.topic.rpartition("/")[2]
        tell(Promise("send", name, item.seq, item.message.payload.decode()))
    journal.mark_sent([item.seq for item in items])


def _check(path: Path, promises: list[Promise]) -> None:
    """What a killed owner leaves: everything promised, for each finished prompt one reply, and a journal that works."""
    promised = {what: {promise.id for promise in promises if promise.what == what} for what in ("took", "finished")}
    forgotten = {promise.id for promise in promises if promise.what == "forget"}
    with open_journal(path, Time()) as journal:
        assert journal.damaged is None
        waiting = {pending.id for pending in journal.recover()}
        rows = journal._database.rows
        replies = dict(rows("SELECT id, reply FROM prompts WHERE state = 'finished'"))
        _nothing_missing("prompts", promised["took"] - forgotten, waiting | replies.keys())
        _nothing_missing("finished prompts", promised["finished"] - forgotten, replies.keys())
        outbox = rows("SELECT seq, prompt, payload FROM outbox")
        sends = [promise for promise in promises if promise.what == "send"]
        _nothing_missing("replies", replies.keys(), {name for _, name, _ in outbox} | {send.id for send in sends})
        given_out = max((seq for (seq,) in rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")), default=0)
        there = {seq for seq, _, _ in outbox} | {send.seq for send in sends}
        _nothing_missing("outbox messages", set(range(1, given_out + 1)), there)
        answers = {(name, payload.decode()) for _, name, payload in outbox if name}
        answers |= {(name, payload.decode()) for name, payload in replies.items()}
        answers |= {(promise.id, promise.payload) for promise in promises if promise.payload and promise.id != "event"}
        # A refusal for now may be followed, and who uses another's id is told so.
        answered = sorted(name for name, words in answers if words not in {"refused", "ID_TAKEN"})
        assert len(answered) == len(set(answered)), f"two different replies: {answers}"
        assert rows("PRAGMA auto_vacuum") == [(2,)], "the file could no longer shrink"


def _nothing_missing(what: str, expected: set[Any] | Any, there: set[Any] | Any) -> None:  # noqa: ANN401 - sets and views
    assert expected <= there, f"{what} lost: {expected - there}"


if __name__ == "__main__":
    _, mode, folder = sys.argv
    print({"every-statement": every_statement, "any-moment": any_moment}[mode](Path(folder)))
