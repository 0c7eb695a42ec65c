"""The journal against a model of it in memory, through any sequence of calls, crashes included."""

import shutil
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.errors import ErrorCode
from agent.journal import Arrival, Journal, Objection, Refusal
from agent.prompt import OutMessage, PromptId, ReplyTo
from tests.unit.journal.values import Time, append, arrival, open_journal, prompt, refusal, refuse

_KEEP = 100.0
_IDS = st.sampled_from(["a", "b", "c", "d"])
_KEYS = st.none() | st.sampled_from(["correlation:1", "packet:1", "packet:2"])


class _Drawn(NamedTuple):
    """A message as hypothesis draws it. `retryable`: of a refusal; None: it is a prompt."""

    name: str
    key: str | None
    digest: str
    retryable: bool | None
    redelivered: bool


_DRAWN = st.builds(_Drawn, _IDS, _KEYS, st.sampled_from(["one", "two"]), st.none() | st.booleans(), st.booleans())


@dataclass
class _Row:
    """What the model knows of a prompt."""

    id: str
    key: str | None
    digest: str
    reply_to: list[ReplyTo]
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

    def take(self, new: Arrival, now: float, room: int) -> bool:
        """Whether it is to run."""
        key = new.key
        if key and key.startswith("packet:") and not new.redelivered:
            for row in self.rows:
                row.key = None if row.key == key else row.key
        known = self.row(new.id) or next((row for row in self.rows if key and row.key == key), None)
        if known and not (known.retryable and not (new.redelivered and known.digest == new.digest)):
            self.take_known(known, new)
            return False
        if known:
            self.rows.remove(known)
        row = _Row(new.id, key, new.digest, [new.reply_to])
        self.rows.append(row)
        refused = new.content if isinstance(new.content, Refusal) else None
        if refused is None and room <= 0:
            refused = refuse(new, Objection.QUEUE_FULL)
        if refused is not None:
            row.retryable = refused.retryable
            self.finish(row, refused.reply.payload, now)
            return False
        return True

    def take_known(self, row: _Row, new: Arrival) -> None:
        reply_to = replace(new.reply_to, topic=new.reply_to.topic.replace(new.id, row.id))
        if row.digest != new.digest:
            self.outbox.append((None, refuse(new, Objection.ID_TAKEN).reply))
        elif row.state == "finished":
            self.send(row, [reply_to])
        elif reply_to not in row.reply_to:
            row.reply_to = [*row.reply_to, reply_to][-8:]

    def finish(self, row: _Row, payload: bytes, now: float) -> None:
        row.state, row.payload, row.finished = "finished", payload, now
        self.send(row, row.reply_to)

    def send(self, row: _Row, places: list[ReplyTo]) -> None:
        payload = cast("bytes", row.payload)
        self.outbox += [(row.id, OutMessage(place.topic, payload, correlation=place.correlation)) for place in places]

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

    def _arrival(self, drawn: _Drawn) -> Arrival:
        self.made += 1
        prompt_id = drawn.name if drawn.key is None else f"made-{self.made}"
        reply_to = ReplyTo(f"reply/{prompt_id}", bytes([self.made % 16]))
        if drawn.retryable is not None:
            reply = OutMessage(reply_to.topic, f"no {self.made}".encode(), correlation=reply_to.correlation)
            made = replace(
                refusal(prompt_id, retryable=False), content=Refusal(reply, drawn.retryable, ErrorCode.TOO_LARGE)
            )
        else:
            made = arrival(prompt(prompt_id, self.time))
        return replace(
            made, reply_to=reply_to, key=drawn.key, digest=drawn.key or drawn.digest, redelivered=drawn.redelivered
        )

    @rule(batch=st.lists(_DRAWN, min_size=1, max_size=3), room=st.sampled_from([0, 1, 1000]))
    def append(self, batch: list[_Drawn], room: int) -> None:
        arrivals = [self._arrival(drawn) for drawn in batch]
        expected: list[PromptId] = []
        for new in arrivals:
            if self.model.take(new, self.time.now, room - len(expected)):
                expected.append(new.id)
        assert [pending.id for pending in append(self.journal, arrivals, room=room)] == expected

    @rule(drawn=_DRAWN)
    def answer(self, drawn: _Drawn) -> None:
        """What is said when nothing can be written is what would be said, or a refusal."""
        new = self._arrival(drawn)
        said = self.journal.answer(new, refuse=refuse)
        model = deepcopy(self.model)
        will_run = model.take(new, self.time.now, 1)
        sent = [message for _, message in model.outbox[len(self.model.outbox) :]]
        if said is None:
            assert (will_run, sent) == (False, [])
        elif said.payload != b"STORAGE_FULL":
            assert sent == [said]
        else:
            assert will_run or not sent

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
        assert (claimed.prompt.id, claimed.prompt.reply_to) == (row.id, row.reply_to[-1])

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

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        older = [self._some_id(data), self._some_id(data)]
        self.made += 1
        new = prompt(f"made-{self.made}", self.time)
        rows = [row for row in self.model.rows if row.id in older and row.state == "queued"]
        _, gone = self.journal.replace(older, new)
        assert gone == [row.id for row in rows]
        place = self.model.rows.index(rows[0]) if rows else len(self.model.rows)
        self.model.rows.insert(place, _Row(new.id, None, "", [new.reply_to]))
        for row in rows:
            self.model.rows.remove(row)

    @rule(payload=st.binary(max_size=20))
    def enqueue(self, payload: bytes) -> None:
        message = OutMessage("event", payload)
        self.journal.enqueue(message)
        self.model.outbox.append((None, message))

    @rule(topic=st.sampled_from(["door", "yard"]), kind=st.sampled_from(["motion", "code"]), most=st.integers(1, 3))
    def enqueue_newest(self, topic: str, kind: str, most: int) -> None:
        self.made += 1
        message = OutMessage(topic, f"{kind} {self.made}".encode())
        self.model.outbox.append((None, message))
        same = [it for it in self.model.outbox if it[1].topic == topic and it[1].payload.startswith(kind.encode())]
        assert self.journal.enqueue_newest(message, kind=kind, most=most) == len(same[:-most])
        for old in same[:-most]:
            self.model.outbox.remove(old)

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
