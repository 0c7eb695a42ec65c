"""What devices say of their updates, put together."""

import io
import json

import pytest
from rich.console import Console

from agent.client import Received
from agent.clock import Clock
from agent.events import UpdateState
from agent.fleet_admin.seen import FleetSeen, Seen, as_json
from agent.fleet_admin.table import drawn, reasons
from agent.presence import Presence
from agent.units import Seconds, UnixSeconds


def _message(topic: str, payload: object) -> Received:
    return Received(topic, payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def _event(state: str, release: str = "two", at: float = 5.0) -> Received:
    detail = {"release": release, "state": state, "why": "as it is"}
    return _message("site/a/d1/event", {"event": "update_state", "at": at, "detail": detail, "boot_id": "x"})


def _status(**fields: object) -> Received:
    return _message("site/a/d1/status", {"state": "online", "version": "1.2.3"} | fields)


def test_status_and_events_together() -> None:
    seen = FleetSeen("site/a", wall=lambda: 1.7e9)
    seen.on_status(
        _status(release="one", update={"channel": "stable", "group": None, "release": None, "state": "idle"})
    )
    seen.on_event(_event("downloading"))
    seen.on_event(_event("rolled_back", at=6.0))
    seen.on_event(_event("rolled_back", at=7.0))
    seen.on_status(_message("site/a/d1/status", {"state": "offline", "reason": "lost"}))
    assert seen.devices == [
        Seen(
            "d1",
            is_online=False,
            version="1.2.3",
            channel="stable",
            running="one",
            release="two",
            state="rolled_back",
            why="as it is",
            since=6.0,  # type: ignore[arg-type]
            failures=1,
            gone_since=1.7e9,  # type: ignore[arg-type]
        )
    ]
    seen.on_event(_event("committed", "three"))
    assert seen.devices[0].running == "three"
    assert json.loads(as_json(seen.devices))[0]["release"] == "three"


def test_what_runs_on_trial_is_not_yet_what_the_device_has() -> None:
    seen = FleetSeen("site/a")
    seen.on_status(_status(release="one", update={"release": None, "state": "idle", "why": ""}))
    for state in ("switching", "proving"):
        seen.on_status(_status(release="two", update={"release": "two", "state": state, "why": ""}))
        assert (seen.devices[0].running, seen.devices[0].state) == ("one", state)
    seen.on_status(_status(release="two", update={"release": "two", "state": "committed", "why": ""}))
    assert seen.devices[0].running == "two"


def test_since_when_a_device_is_gone() -> None:
    now = [100.0]
    seen = FleetSeen("site/a", wall=lambda: now[0])

    def gone_since(state: str) -> float | None:
        seen.on_status(_status(state=state))
        now[0] += 10
        return seen.devices[0].gone_since

    says = ("online", "offline", "offline", "online", "offline")
    assert [gone_since(state) for state in says] == [None, 110.0, 110.0, None, 140.0]


def test_what_is_no_more_is_not_remembered() -> None:
    seen = FleetSeen("site/a")
    before = {"channel": "stable", "group": "hall-5", "release": "two", "state": "rolled_back", "why": "too slow"}
    seen.on_status(_status(release="one", update=before))
    seen.on_status(_status(release=None, update={"channel": "stable", "group": None, "release": None, "state": "idle"}))
    assert seen.devices == [
        Seen("d1", is_online=True, version="1.2.3", channel="stable", state="idle", why="too slow", failures=1)
    ]


def test_the_agents_own_status_says_all_that_a_rollout_has_to_know() -> None:
    clock = Clock("boot-1", now=lambda: Seconds(1.0), wall=lambda: UnixSeconds(1.7e9))
    presence = Presence("site/a/d1", clock)
    presence.in_fleet("stable", "hall-5")
    presence.updating("one", UpdateState("two", "failed", "no wheel for it", rejected=True))
    message = presence.online()
    seen = FleetSeen("site/a")
    seen.on_status(Received(message.topic, message.payload))
    one = seen.devices[0]
    assert (one.channel, one.group, one.running) == ("stable", "hall-5", "one")
    assert (one.release, one.state, one.why, one.rejected) == ("two", "failed", "no wheel for it", True)


@pytest.mark.parametrize(
    "message",
    [
        _message("site/a/d1/status", b"not JSON"),
        _message("site/a/d1/status", {"no": "state"}),
        _message("site/a/d1/event", {"event": "model_loaded", "at": 1, "detail": {"model": "x"}}),
        _message("site/a/d1/event", {"event": "update_state", "detail": 7}),
        _message("site/a/d1/event", b"\xff"),
    ],
)
def test_what_cannot_be_read_is_no_device(message: Received) -> None:
    seen = FleetSeen("site/a")
    seen.on_status(message) if message.topic.endswith("status") else seen.on_event(message)
    assert seen.devices == []


def test_a_device_that_was_taken_out_is_gone() -> None:
    seen = FleetSeen("site/a")
    seen.on_status(_status())
    assert [one.device for one in seen.devices] == ["d1"]
    seen.on_status(_message("site/a/d1/status", b""))
    assert seen.devices == []


def test_codes_for_terminals_are_taken_out() -> None:
    seen = FleetSeen("site/a")
    seen.on_status(_status(update={"why": "\x1b[2Jgone\n", "state": "x" * 500}))
    assert "\x1b" not in str(seen.devices[0].why)
    assert len(str(seen.devices[0].state)) == 200


def test_more_devices_than_lines() -> None:
    devices = [Seen(f"d{number}", state="failed" if number == 7 else "idle") for number in range(9)]
    table = drawn(devices, 3).renderables[0]
    assert table.row_count == 3  # type: ignore[union-attr]
    assert str(next(iter(table.columns[0].cells))) == "d7"  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [80, 160])
def test_a_long_reason_leaves_the_other_columns_as_they_are(width: int) -> None:
    why = "Could not find a version that satisfies " * 5
    seen = Seen(
        "orin-hall-2",
        channel="stable",
        running="2026.11",
        release="2026.12",
        state="rolled_back",
        why=why,
        since=UnixSeconds(1.7e9),
    )
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(drawn([seen], None))
    head, row, _, below, *_ = console.export_text().splitlines()
    assert head.split() == ["device", "channel", "release", "update", "state", "since", "(UTC)", "failed", "why"]
    assert row.split()[:8] == ["orin-hall-2", "stable", "2026.11", "2026.12", "rolled_back", "11-14", "22:13", "0"]
    assert len(row) <= width
    assert below.strip() == "1 device: 1 rolled_back"


def test_reasons_in_full_of_what_failed() -> None:
    devices = [
        Seen("d1", state="failed", why="long " * 30 + "end"),
        Seen("d2", state="committed", why="fine"),
        Seen("d3", state="rolled_back"),
    ]
    assert reasons(devices) == ["d1: failed: " + "long " * 30 + "end"]
