"""When a rollout goes on, waits or goes back."""

import re
from dataclasses import replace

import pytest

from agent.fleet.eligibility import place
from agent.fleet.values import ReleaseName
from agent.fleet_admin.phases import Counts, GoBack, Next, Plan, Wait, count, decide, told_of_failures
from agent.fleet_admin.seen import Seen
from agent.units import Ratio, Seconds, UnixSeconds

PLAN = Plan("stable", ReleaseName("two"), (Ratio(0.1), Ratio(1.0)), Seconds(60.0), Ratio(0.02))
NAMES = [f"d{number}" for number in range(200)]
FIRST = next(name for name in NAMES if place(name, "two") < 0.1)
LATER = next(name for name in NAMES if place(name, "two") >= 0.1)
NOW = UnixSeconds(1.7e9)


def _gone(state: str, seconds: float) -> Seen:
    """With the release in that state, and for so long."""
    return Seen(LATER, is_online=False, release="two", state=state, gone_since=UnixSeconds(NOW - seconds))


@pytest.mark.parametrize(
    ("counts", "lasted", "kind"),
    [
        (Counts(100, 100, 100, 0, 0, 0), 0.0, Wait),
        (Counts(100, 100, 100, 100, 0, 0), 59.0, Wait),
        (Counts(100, 100, 100, 100, 0, 0), 60.0, Next),
        (Counts(100, 100, 100, 49, 0, 0), 999.0, Wait),
        (Counts(100, 100, 100, 50, 0, 0), 999.0, Next),
        (Counts(100, 100, 100, 48, 2, 0), 999.0, Next),
        (Counts(100, 100, 40, 20, 0, 0), 999.0, Next),
        (Counts(20, 0, 0, 0, 0, 0), 60.0, Next),  # 10 % of few devices may be none
        (Counts(0, 0, 0, 0, 0, 0), 999.0, Wait),
        (Counts(20, 2, 0, 0, 0, 0), 999.0, Wait),
        (Counts(20, 2, 1, 0, 0, 0), 999.0, Wait),
        (Counts(20, 2, 0, 1, 0, 0), 999.0, Next),
        (Counts(20, 0, 0, 0, 0, 0), 0.0, Wait),
        (Counts(100, 100, 100, 0, 2, 0), 0.0, Wait),
        (Counts(100, 100, 100, 0, 3, 0), 0.0, GoBack),
        (Counts(1, 1, 1, 0, 1, 0), 0.0, GoBack),
        (Counts(100, 100, 97, 50, 0, 2), 59.0, Wait),
        (Counts(100, 100, 97, 50, 0, 3), 59.0, GoBack),
        (Counts(100, 100, 98, 50, 1, 2), 60.0, GoBack),
        (Counts(100, 100, 98, 50, 1, 1), 60.0, Next),
    ],
)
def test_what_follows(counts: Counts, lasted: float, kind: type) -> None:
    assert type(decide(PLAN, 0, Seconds(lasted), counts)) is kind


@pytest.mark.parametrize(
    ("seen", "counts"),
    [
        (Seen(FIRST, is_online=True, channel="stable"), Counts(1, 1, 1, 0, 0, 0)),
        (Seen(LATER, is_online=True, channel="stable"), Counts(1, 0, 0, 0, 0, 0)),
        (Seen(FIRST, is_online=True, channel="beta"), Counts(0, 0, 0, 0, 0, 0)),
        (Seen(FIRST, is_online=True, channel="stable", group="hall"), Counts(0, 0, 0, 0, 0, 0)),
        (Seen(FIRST, is_online=True), Counts(0, 0, 0, 0, 0, 0)),
        (Seen(FIRST, is_online=False, channel="stable"), Counts(1, 1, 0, 0, 0, 0)),
        (Seen(LATER, is_online=True, release="two", state="proving"), Counts(1, 1, 1, 0, 0, 0, ("proving",))),
        (Seen(LATER, is_online=True, release="two", state="committed"), Counts(1, 1, 1, 1, 0, 0)),
        (Seen(LATER, is_online=True, running="two", state="idle"), Counts(1, 1, 1, 1, 0, 0)),
        (Seen(LATER, is_online=True, running="two", release="two", state="rolled_back"), Counts(1, 1, 1, 0, 1, 0)),
        (Seen(LATER, release="two", state="failed"), Counts(1, 1, 1, 0, 1, 0)),  # an older agent's
        (Seen(LATER, release="two", state="failed", rejected=True), Counts(1, 1, 1, 0, 1, 0)),
        (Seen(LATER, release="two", state="failed", rejected=False), Counts(1, 1, 1, 0, 0, 0)),
        (Seen(LATER, release="two", state="rolled_back", rejected=False), Counts(1, 1, 1, 0, 0, 0)),
        (Seen(FIRST, is_online=True, channel="stable", release="one", state="rolled_back"), Counts(1, 1, 1, 0, 0, 0)),
        (_gone("switching", 60.0), Counts(1, 1, 0, 0, 0, 1)),
        (_gone("proving", 61.0), Counts(1, 1, 0, 0, 0, 1)),
        (_gone("switching", 59.0), Counts(1, 1, 0, 0, 0, 0, ("switching",))),
        (_gone("downloading", 999.0), Counts(1, 1, 0, 0, 0, 0)),
    ],
)
def test_who_counts(seen: Seen, counts: Counts) -> None:
    assert count(PLAN, 0, [seen], NOW) == counts


def test_who_failed_and_why() -> None:
    devices = [
        Seen("d1", release="two", state="rolled_back", why="21.0 tokens/s, 30.0 before", rejected=True),
        Seen("d2", release="two", state="failed", why="nobody answers", rejected=False),
        Seen("d3", release="two", state="committed", why="30.0 tokens/s"),
        Seen("d4", release="one", state="rolled_back", why="of another one"),
        replace(_gone("proving", 75.0), device="d5"),
        replace(_gone("proving", 59.0), device="d6"),
        Seen("d7", release="two", state="failed", rejected=True),
    ]
    lines = ["d1: 21.0 tokens/s, 30.0 before", "d5: was proving when it went offline, 75 s ago", "d7: failed"]
    assert told_of_failures(PLAN, 0, devices, NOW) == lines
    counts = count(PLAN, 0, devices, NOW)
    assert counts.failed + counts.lost == len(lines)


@pytest.mark.parametrize("phase", [0, 1])
@pytest.mark.parametrize(
    ("counts", "lasted", "says"),
    [
        (Counts(0, 0, 0, 0, 0, 0), 0.0, "no device of stable is heard: look at the broker's address, at topic_root"),
        (Counts(20, 2, 0, 0, 0, 0), 60.0, "nobody of the .* has come to an end: look whether these devices are on"),
    ],
)
def test_silence_is_no_success_and_somebody_is_told(phase: int, counts: Counts, lasted: float, says: str) -> None:
    decision = decide(PLAN, phase, Seconds(lasted), counts)
    assert isinstance(decision, Wait)
    assert decision.is_odd
    assert re.match(says, decision.why)


def test_who_is_at_it_need_not_be_looked_for() -> None:
    at_it = ("downloading", "proving", "downloading")
    decision = decide(PLAN, 0, Seconds(60.0), Counts(20, 4, 4, 0, 0, 0, at_it))
    assert decision == Wait("nobody of the 10% has come to an end yet: 2 downloading, 1 proving")


def test_the_reason_has_the_numbers() -> None:
    decision = decide(PLAN, 0, Seconds(0.0), Counts(100, 100, 100, 0, 3, 0))
    assert decision == GoBack("3 of 100 devices failed at 10%, and 2.0% of them may")
    assert Counts(9, 9, 8, 1, 2, 3).words() == "1 of 9 committed, 2 failed, 3 lost on trial, 8 online"
