"""What is rehearsed: an update as it should be, releases that are bad, power that fails, prompts all the while.

Each returns a line of the table.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from agent.demo.broker import PrivateBroker
from agent.fleet.values import Canary, ReleaseName
from agent.units import Ratio, Seconds
from tests.client import Client
from tests.fleet.load import Load
from tests.fleet.rehearsed_device import LONGEST_S, Device, Outcome, install
from tests.fleet.rehearsed_releases import CRASHES, HANGS, NEVER_LOADS, PROOF, QUESTION, RIGHT, SLOW, Draft, Fleet
from tests.fleet.server import StaticServer, serving
from tests.fleet.supervised import Supervised
from tests.waiting import wait_for

_START_WITHIN_S: Final = 30.0
_RESTART_S: Final = 1.0
_STAGING_S: Final = 20.0
"""Longer than an update takes until its slot is there, and from there to its end."""
_TRYING_S: Final = 12.0
_WHOLE: Final = ["downloading", "staged", "draining", "switching", "proving", "committed"]
_QUICK: Final = replace(PROOF, within=Seconds(30.0))
_PATIENT: Final = replace(PROOF, within=Seconds(300.0), least_speed=Ratio(0.0))
"""Of good releases: what comes to run beside a trial did not run while the release before was measured."""


@dataclass(frozen=True, slots=True)
class Line:
    """Of the table.

    Attributes:
        what: Was rehearsed.
        seen: The figures.
        held: Whether it came out as it should.
    """

    what: str
    seen: str
    held: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """A release that is to be rolled back.

    Attributes:
        what: In words.
        draft: The release.
        within_s: The bound, from the first start of the release to the one before serving again.
        why: A part of what is reported.
    """

    what: str
    draft: Draft
    within_s: float
    why: str


_THREE_STARTS: Final = "started 3 times"
BAD: Final = (
    Bad("crashes at start", Draft((CRASHES,)), 60.0, _THREE_STARTS),
    Bad("ends with 78: wrong configuration", Draft(config="model:\n  nonsense: 1\n"), 60.0, _THREE_STARTS),
    Bad("hangs at start", Draft((HANGS,)), 3 * _START_WITHIN_S + 60, _THREE_STARTS),
    Bad("never serves", Draft((NEVER_LOADS,), proof=_QUICK), _QUICK.within + 60, "did not serve within"),
    Bad("answers wrongly", Draft(canaries=(*RIGHT, Canary("zebra", QUESTION, 32, ("zebra",)))), 90.0, "zebra"),
    Bad("30 % slower", Draft((SLOW,), proof=replace(PROOF, least_speed=Ratio(0.85))), 90.0, "of the speed"),
)


class Rehearsal:
    """A fleet, its server, its broker, and one device.

    Attributes:
        fleet: The operator's.
        device: The one.
    """

    def __init__(self, fleet: Fleet, device: Device, server: StaticServer) -> None:
        self.fleet = fleet
        self.device = device
        self.server = server
        self._drafts = 0

    def publish(self, draft: Draft | None = None) -> ReleaseName:
        """Publish a release and have it wanted; each has another model and another configuration."""
        self._drafts += 1
        mark = f"{self._drafts}\n".encode()
        config = f"log_level: INFO\nqueue:\n  max_payload: {64 + self._drafts}KiB\n"
        draft = draft or Draft(config=config, proof=_PATIENT)
        name = self.fleet.publish(replace(draft, model=mark))
        self.fleet.want(name)
        return name

    def update(self, draft: Draft | None = None) -> tuple[ReleaseName, Outcome]:
        """Publish, and see it through."""
        name, began = self.publish(draft), time.monotonic()
        self.device.ask_for_update()
        return name, self.device.wait_over(name, began)

    def good_update(self) -> Line:
        """Every state, on the events; the command answered; the status of the new release."""
        sent = self.server.counts.sent_of("")
        name, began = self.publish(), time.monotonic()
        command = self.device.ask_for_update()
        outcome = self.device.wait_over(name, began)
        sent = self.server.counts.sent_of("") - sent
        last = wait_for(
            lambda: [it for it in self.device.answers(command) if it["state"] in ("succeeded", "failed")],
            LONGEST_S,
            "last answer",
        )[-1]
        wait_for(lambda: self.device.states(name)[-1:] == ["committed"], LONGEST_S, "event of the end")
        told = self.device.states(name)
        good = self.device.check()
        held = outcome.state == "committed" and good == name and last["state"] == "succeeded"
        held &= told == _WHOLE
        seen = f"{outcome.took_s:.0f} s, {sent / 1e6:.1f} MB fetched; told: {' '.join(told)}; {outcome.why}"
        return Line(f"update to {name}", f"{seen}; command {last['state']}", held)

    def bad_release(self, bad: Bad) -> Line:
        """It goes back by itself, within its bound, and says why."""
        before, starts = self.device.good(), len(self.device.service.ends)
        name, began = self.publish(bad.draft), time.monotonic()
        self.device.ask_for_update()
        wait_for((self.device.fleet / "trial").is_symlink, LONGEST_S, "trial")
        switched = time.monotonic()
        outcome = self.device.wait_over(name, began)
        back = time.monotonic() - switched
        good = self.device.check()
        ends = self.device.service.ends[starts:]
        held = outcome.state == "rolled_back" and good == before and back < bad.within_s and bad.why in outcome.why
        codes = " ".join(str(end.code) for end in ends)
        return Line(bad.what, f"{back:.0f} s of {bad.within_s:.0f}, exit codes {codes}: {outcome.why}", held)

    def power_cuts(self, kills: int, chance: random.Random) -> Line:
        """All processes killed at random moments of updates; each update ends, in one whole release that serves."""
        moments, outcomes, longest, stood_in = Counter[str](), Counter[str](), 0.0, 0
        while moments.total() < kills:
            name, began = self.publish(), time.monotonic()
            self.device.ask_for_update()
            # What is staged is staged anew: with more cuts that early, none would come later.
            early = chance.randrange(3)
            for _ in range(early):
                self._cut_within(_STAGING_S, name, moments, chance)
            wait_for(partial(self.device.is_staged, name), LONGEST_S, "slot")
            while moments.total() < kills and not self.device.is_over(name):
                self._cut_within(_TRYING_S, name, moments, chance)
            outcome = self.device.wait_over(name, began)
            longest = max(longest, outcome.took_s)
            outcomes[outcome.state] += 1
            if self.device.is_stood_in_for():
                stood_in += 1
                self.device.try_good_again()
            self.device.check()
            print(
                f"  {moments.total()} cuts; {name} {outcome.state}, {outcome.took_s:.0f} s: {outcome.why}", flush=True
            )
        seen = f"{_counted(moments)}; {_counted(outcomes)}, each in one good release, serving; longest {longest:.0f} s"
        seen += f"; {stood_in} times the installed one stood in until the next start" if stood_in else ""
        return Line(f"{moments.total()} power cuts", seen, not outcomes.keys() - {"committed", "rolled_back"})

    def _cut_within(self, longest_s: float, name: ReleaseName, moments: Counter[str], chance: random.Random) -> None:
        """Cut the power at a random moment, unless the update is over by then; counted by how far that was."""
        time.sleep(chance.uniform(0.0, longest_s))  # the random moment is what is tested
        if self.device.is_over(name):
            return
        self.device.service.cut_power()
        moments[self.device.state()] += 1
        self.device.check_journal()
        self.device.service.start()
        self.device.ask_for_update()

    def whole_journal(self) -> Line:
        """After everything; the agent is stopped for it, and started again."""
        self.device.service.stop()
        self.device.check_journal()
        self.device.service.start()
        return Line("journal", "PRAGMA integrity_check: ok; none was set aside", held=True)

    def under_load(self, prompts: int, draft: Draft | None, state: str) -> Line:
        """Prompts in flight across the update: each is answered, once."""
        load = Load(self.device.client, prompts)
        with load.sending():
            name, outcome = self.update(draft)
            wait_for(lambda: not load.missing(), LONGEST_S, "reply to each prompt")
        gap, wrong = load.longest_gap(), load.wrong()
        held = outcome.state == state and not wrong and not load.missing()
        seen = f"{outcome.state} after {outcome.took_s:.0f} s; {prompts} prompts, {load.missing()} lost, "
        self.device.check()
        return Line(
            f"{prompts} prompts across {'an update' if state == 'committed' else 'a rollback'} ({name})",
            f"{seen}{wrong} in error; all answered after {load.took():.0f} s; longest gap in service {gap:.1f} s",
            held,
        )


def _counted(what: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in what.most_common())


@contextmanager
def rehearsing(*, whole_venv: bool = False, start_within_s: float = _START_WITHIN_S) -> Iterator[Rehearsal]:
    """All of it, in a temporary folder.

    Args:
        whole_venv: As of `Fleet`.
        start_within_s: What systemd's `TimeoutStartSec` is; releases that hang take three times as long.
    """
    with tempfile.TemporaryDirectory(prefix="jetson-agent-rehearsal-") as place:
        folder = Path(place)
        (folder / "broker").mkdir()
        fleet = Fleet(folder / "operator", whole_venv=whole_venv)
        with (
            serving(fleet.served) as server,
            PrivateBroker(folder / "broker", extra_config="max_queued_messages 0\nmax_inflight_messages 100") as broker,
            Client(broker.port, topics=("reply/+", "status", "event", "command/+")) as client,
        ):
            install(folder / "device", fleet, server.url, broker.port)
            service = Supervised(folder / "device", start_within=start_within_s, restart_after=_RESTART_S)
            with service:
                client.wait_online(LONGEST_S)
                yield Rehearsal(fleet, Device(folder / "device", service, client), server)
