"""The journal against a model of it in memory, through any sequence of calls, crashes included."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.journal import Arrival, Journal, Refusal
from agent.prompt import OutMessage, PromptId, ReplyTo
from tests.unit.journal.values import Time, arrival, open_journal, prompt, refusal

_KEEP = 100.0
_IDS = st.sampled_from(["a", "b", "c", "d"])
_KEYS = st.none() | st.sampled_from(["correlation:1", "packet:1", "packet:2"])


@dataclass
class _Row:
    """What the model knows of a prompt."""

    id: str
    key: str | None
    reply_to: ReplyTo
    state: str = "queued"
    claims: int = 0
    engine_losses: int = 0
    payload: bytes | None = None
    retryable: bool = False
    finished: float = 0.0


@dataclass
class _Model:
    """The journal's rules, as plainly as they can be said."""

    rows: list[_Row] = field(default_factory=list)  # in order of arrival
    outbox: list[tuple[str | None, OutMessage]] = field(default_factory=list)

    def row(self, prompt_id: str) -> _Row | None:
        return next((row for row in self.rows if row.id == prompt_id), None)

    def take(self, new: Arrival, now: float) -> bool:
        """Whether it is to run."""
        key = new.key
        if key and key.startswith("packet:") and not new.redelivered:
            for row in self.rows:
                row.key = None if row.key == key else row.key
        known = self.row(new.id) or next((row for row in self.rows if key and row.key == key), None)
        if known and not (known.state == "finished" and known.retryable and not new.redelivered):
            topic = new.reply_to.topic.replace(new.id, known.id)
            known.reply_to = replace(new.reply_to, topic=topic)
            if known.state == "finished":
                self.send(known)
            return False
        if known:
            self.rows.remove(known)
        row = _Row(new.id, key, new.reply_to)
        self.rows.append(row)
        if isinstance(new.content, Refusal):
            row.retryable = new.content.retryable
            self.finish(row, new.content.reply.payload, now)
            return False
        return True

    def finish(self, row: _Row, payload: bytes, now: float) -> None:
        row.state, row.payload, row.finished = "finished", payload, now
        self.send(row)

    def send(self, row: _Row) -> None:
        message = OutMessage(row.reply_to.topic, cast("bytes", row.payload), correlation=row.reply_to.correlation)
        self.outbox.append((row.id, message))

    def prune(self, now: float) -> int:
        unsent = {prompt_id for prompt_id, _ in self.outbox}
        old = [
            row for row in self.rows if row.state == "finished" and row.id not in unsent and row.finished < now - _KEEP
        ]
        for row in old:
            self.rows.remove(row)
        return len(old)


class JournalAgainstModel(RuleBasedStateMachine):
    """Every rule does the same to both and compares what they say."""

    @initialize()
    def begin(self) -> None:
        self.model = _Model()
        self.time = Time()
        self.made = 0
        self.homes = [TemporaryDirectory()]
        self.journal = open_journal(self.path, self.time, keep=_KEEP)
        assert self.journal.recover() == []

    @property
    def path(self) -> Path:
        return Path(self.homes[-1].name) / "journal.db"

    def _arrival(self, name: str, key: str | None, refused: bool | None, *, redelivered: bool) -> Arrival:  # noqa: FBT001 - None: not refused
        self.made += 1
        prompt_id = name if key is None else f"made-{self.made}"
        reply_to = ReplyTo(f"reply/{prompt_id}", bytes([self.made % 256]))
        if refused is not None:
            made = refusal(
                prompt_id, retryable=refused, payload=f"no {self.made}".encode(), key=key, redelivered=redelivered
            )
            return replace(made, reply_to=reply_to)
        return arrival(prompt(prompt_id, self.time, reply_to=reply_to), key=key, redelivered=redelivered)

    @rule(batch=st.lists(st.tuples(_IDS, _KEYS, st.none() | st.booleans(), st.booleans()), min_size=1, max_size=3))
    def append(self, batch: list[tuple[str, str | None, bool | None, bool]]) -> None:
        arrivals = [self._arrival(name, key, refused, redelivered=dup) for name, key, refused, dup in batch]
        expected = [new.id for new in arrivals if self.model.take(new, self.time.now)]
        assert [pending.id for pending in self.journal.append(arrivals)] == expected

    def _some_id(self, data: st.DataObject) -> PromptId:
        known = [row.id for row in self.model.rows]
        return PromptId(data.draw(st.sampled_from([*known, "unknown"])))

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        prompt_id = self._some_id(data)
        row = self.model.row(prompt_id)
        claimed = self.journal.claim(prompt_id)
        if row is None or row.state != "queued":
            assert claimed is None
            return
        row.state = "running"
        row.claims += 1
        assert claimed is not None
        assert (claimed.claims, claimed.engine_losses) == (row.claims, row.engine_losses)
        assert (claimed.prompt.id, claimed.prompt.reply_to) == (row.id, row.reply_to)

    @rule(data=st.data(), engine_lost=st.booleans())
    def put_back(self, data: st.DataObject, *, engine_lost: bool) -> None:
        prompt_id = self._some_id(data)
        row = self.model.row(prompt_id)
        self.journal.put_back(prompt_id, engine_lost=engine_lost)
        if row is not None and row.state == "running":
            row.state = "queued"
            row.claims -= not engine_lost
            row.engine_losses += engine_lost

    @rule(data=st.data(), payload=st.binary(max_size=20))
    def finish(self, data: st.DataObject, payload: bytes) -> None:
        prompt_id = self._some_id(data)
        row = self.model.row(prompt_id)
        done = self.journal.finish(prompt_id, payload)
        assert done == (row is not None and row.state != "finished")
        if row is not None and done:
            self.model.finish(row, payload, self.time.now)

    @rule(payload=st.binary(max_size=20))
    def enqueue(self, payload: bytes) -> None:
        message = OutMessage("event", payload)
        self.journal.enqueue(message)
        self.model.outbox.append((None, message))

    @rule(data=st.data())
    def mark_sent(self, data: st.DataObject) -> None:
        items = self.journal.outbox(limit=1000)
        chosen = data.draw(st.sets(st.integers(min_value=0, max_value=max(0, len(items) - 1))))
        self.journal.mark_sent([items[place].seq for place in chosen if place < len(items)])
        for prompt_id in [prompt_id for place, (prompt_id, _) in enumerate(self.model.outbox) if place in chosen]:
            row = self.model.row(prompt_id or "")
            if row is not None and (row.key or "").startswith("packet:"):
                row.key = None
        self.model.outbox = [entry for place, entry in enumerate(self.model.outbox) if place not in chosen]

    @rule(seconds=st.sampled_from([1.0, _KEEP / 2, _KEEP + 1]))
    def prune(self, seconds: float) -> None:
        self.time.pass_(seconds)
        assert self.journal.prune() == self.model.prune(self.time.now)

    @rule(off=st.none() | st.sampled_from([1.0, _KEEP + 1]), closed=st.booleans())
    def restart(self, off: float | None, *, closed: bool) -> None:
        """Stopped, or cut off: then the next agent finds the files as they are at this moment."""
        if closed:
            self.journal.close()
        else:
            found = TemporaryDirectory()
            shutil.copytree(self.path.parent, found.name, dirs_exist_ok=True)
            self.journal.close()
            self.homes.append(found)
        if off is not None:
            before = self.time.now
            self.time.reboot(off=off)
            for row in self.model.rows:
                row.finished -= before + off - self.time.now
        self.journal = open_journal(self.path, self.time, keep=_KEEP)
        assert self.journal.damaged is None
        waiting = [row for row in self.model.rows if row.state != "finished"]
        for row in waiting:
            row.state = "queued"
        assert [pending.id for pending in self.journal.recover()] == [row.id for row in waiting]

    @invariant()
    def the_outbox_is_the_same(self) -> None:
        items = self.journal.outbox(limit=1000)
        assert [item.message for item in items] == [message for _, message in self.model.outbox]
        assert [item.seq for item in items] == sorted({item.seq for item in items})

    @invariant()
    def the_numbers_are_the_same(self) -> None:
        stats = self.journal.stats()
        states = [row.state for row in self.model.rows]
        assert (stats.queued, stats.running, stats.finished, stats.outbox) == (
            *(states.count(state) for state in ("queued", "running", "finished")),
            len(self.model.outbox),
        )

    def teardown(self) -> None:
        if journal := cast("Journal | None", getattr(self, "journal", None)):
            journal.close()
            for home in self.homes:
                home.cleanup()


TestJournalAgainstModel = JournalAgainstModel.TestCase
TestJournalAgainstModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
