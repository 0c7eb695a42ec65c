"""Takes a release to more and more of a channel's devices while it does well there, and back where it does not."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from agent.client import AskError
from agent.client.connection import BrokerConnection
from agent.config import Broker
from agent.fleet.layout import channel_target
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.leftovers import clear, leftovers
from agent.fleet_admin.listening import listen
from agent.fleet_admin.phases import GoBack, Next, Plan, Wait, count, decide, told_of_failures
from agent.fleet_admin.place import Place, locked
from agent.fleet_admin.promoting import Promotion, desired_now, promote, release_to_go_back_to
from agent.fleet_admin.rollout_file import Rollout, read_rollout, write_rollout
from agent.fleet_admin.seen import FleetSeen, Seen
from agent.units import Ratio, Seconds, UnixSeconds

_TICK = Seconds(0.5)
_RETRY_AFTER = Seconds(5.0)
_KEEP_EVERY = Seconds(10.0)
"""So often what was heard is written down, which takes longer the more devices there are. Most of it is retained."""

_MOST_TOLD = 5
"""So many devices that failed are told of one by one."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where devices are heard, and where an operator is told.

    Attributes:
        broker: Of the devices.
        topic_root: What is before their ids in their topics.
        tell: Told what happens.
        show: Told, each moment, how it stands.
    """

    broker: Broker
    topic_root: str
    tell: Callable[[str], None]
    show: Callable[[str], None]


class Rolling:
    """A rollout under way.

    Args:
        place: The fleet's folder.
        keys: Must have the channel's, and those of timestamp and snapshot.
        plan: What is wanted.
        hearing: Where devices are heard, and who is told.
    """

    def __init__(self, place: Place, keys: KeyFolder, plan: Plan, hearing: Hearing) -> None:
        self._place = place
        self._keys = keys
        self._plan = plan
        self._hearing = hearing
        self._tell = hearing.tell
        self._show = hearing.show
        self._file: Path = place.rollouts / f"{plan.channel}.json"
        self._seen = FleetSeen(hearing.topic_root)
        self._odd: str | None = None
        self._written: tuple[Seen, ...] = ()
        self._written_at = 0.0

    def run(self) -> bool:
        """Until all devices are to take it, or it has gone back; whether it is done.

        Raises:
            FleetError: It cannot go on; what is signed stays.
            AskError: The broker cannot be reached at the beginning.
        """
        self._place.rollouts.mkdir(exist_ok=True)
        lock = self._file.with_suffix(".lock")
        with locked(lock, Seconds(0.0), f"a rollout of {self._plan.channel} runs already"):
            clear(file for file in leftovers(self._place.rollouts) if file.name.startswith(f".{self._file.name}."))
            with BrokerConnection(self._hearing.broker):
                pass  # a wrong address is better told before anything is signed
            rollout = self._begun()
            while rollout.state == "running":
                try:
                    with BrokerConnection(self._hearing.broker) as connection:
                        listen(connection, self._seen, self._hearing.topic_root)
                        rollout = self._follow(connection, rollout)
                except AskError as error:
                    self._show(f"the broker is away: {error}")
                    time.sleep(_RETRY_AFTER)
        return rollout.state == "done"

    def _begun(self) -> Rollout:
        before = read_rollout(self._file)
        if before is not None and before.state == "running":
            if before.plan != self._plan:
                raise FleetError(
                    f"a rollout of {before.plan.release} to {before.plan.channel} is not over: go on with the same "
                    f"options, or remove {self._file} and promote what is wanted"
                )
            self._demand_ours()
            self._seen.recall(before.devices)
            self._tell(f"goes on at {self._plan.phases[before.phase]:.0%}")
            # Also shows now, not in hours, whether the keys are here.
            self._sign(self._plan.phases[before.phase])
            return before
        if before is not None and before.plan == self._plan:
            return self._over(before)
        return self._entered(0)

    def _over(self, rollout: Rollout) -> Rollout:
        """The same command, given again by whatever starts it: nothing is signed, least of all what has failed."""
        if rollout.state == "done":
            self._demand_ours()
        ended = "is done" if rollout.state == "done" else "has gone back"
        self._tell(f"this rollout {ended} already. Another attempt begins when {self._file} is removed")
        return rollout

    def _follow(self, connection: BrokerConnection, rollout: Rollout) -> Rollout:
        while rollout.state == "running":
            connection.wait(lambda: False, _TICK)
            now = UnixSeconds(time.time())
            counts = count(self._plan, rollout.phase, self._seen.devices, now)
            lasted = Seconds(max(0.0, now - rollout.since))
            share = self._plan.phases[rollout.phase]
            decision = decide(self._plan, rollout.phase, lasted, counts)
            rollout = self._kept(rollout)
            match decision:
                case Wait(why, is_odd):
                    self._warn(why if is_odd else None)
                    self._show(f"{share:.0%}: {counts.words()}; {why}")
                case Next():
                    self._tell(f"{share:.0%}: {counts.words()}")
                    rollout = self._advanced(rollout)
                case GoBack(why):
                    self._tell(f"{share:.0%}: {counts.words()}")
                    self._tell_failures(told_of_failures(self._plan, rollout.phase, rollout.devices, now))
                    rollout = self._gone_back(rollout, why)
                case _:
                    assert_never(decision)
        return rollout

    def _warn(self, odd: str | None) -> None:
        """Tell once what somebody has to look at: in a log nothing else would say it."""
        if odd is not None and odd != self._odd:
            self._tell(f"waits: {odd}")
        self._odd = odd

    def _tell_failures(self, lines: list[str]) -> None:
        """Now: once they are to run another release, these devices say nothing more about this one."""
        for line in lines[:_MOST_TOLD]:
            self._tell(line)
        if len(lines) > _MOST_TOLD:
            self._tell(f"and {len(lines) - _MOST_TOLD} more, in {self._file}")

    def _kept(self, rollout: Rollout) -> Rollout:
        """With what was heard, which is written down from time to time."""
        known = tuple(self._seen.devices)
        is_due = known != self._written and time.monotonic() - self._written_at >= _KEEP_EVERY
        rollout = replace(rollout, devices=known)
        if is_due:
            self._write(rollout)
        return rollout

    def _write(self, rollout: Rollout) -> None:
        write_rollout(self._file, rollout)
        self._written, self._written_at = rollout.devices, time.monotonic()

    def _entered(self, phase: int) -> Rollout:
        share = self._plan.phases[phase]
        self._sign(share)
        self._tell(f"{self._plan.release} is for {share:.0%} of {self._plan.channel} now")
        rollout = Rollout(self._plan, phase, UnixSeconds(time.time()), "running", tuple(self._seen.devices))
        self._write(rollout)
        return rollout

    def _advanced(self, rollout: Rollout) -> Rollout:
        self._demand_ours()
        if rollout.phase + 1 < len(self._plan.phases):
            return self._entered(rollout.phase + 1)
        return self._ended(replace(rollout, state="done"))

    def _gone_back(self, rollout: Rollout, why: str) -> Rollout:
        self._demand_ours()
        back = release_to_go_back_to(self._place, self._plan.channel)
        if back is None:
            self._sign(Ratio(0.0))
            self._tell(f"stopped: {why}. No release was there before: no further device takes this one")
        else:
            promotion = Promotion(channel_target(self._plan.channel), back, urgent=True, back=True)
            promote(self._place, self._keys, promotion, datetime.now(UTC))
            self._tell(f"stopped: {why}. All of {self._plan.channel} go back to {back}")
        return self._ended(replace(rollout, state="gone_back"))

    def _ended(self, rollout: Rollout) -> Rollout:
        self._write(rollout)
        return rollout

    def _sign(self, share: Ratio) -> None:
        promotion = Promotion(channel_target(self._plan.channel), self._plan.release, share)
        promote(self._place, self._keys, promotion, datetime.now(UTC))

    def _demand_ours(self) -> None:
        desired = desired_now(self._place, channel_target(self._plan.channel))
        if desired is None or desired.release != self._plan.release:
            other = "nothing" if desired is None else desired.release
            raise FleetError(
                f"{self._plan.channel} was promoted to {other} meanwhile: this rollout is over. Remove {self._file} to "
                "begin another one"
            )
