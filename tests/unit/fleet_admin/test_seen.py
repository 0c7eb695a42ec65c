"""What devices say of their updates, put together."""

import json

import pytest

from agent.client import Received
from agent.fleet_admin.seen import FleetSeen, Seen, as_json
from agent.fleet_admin.table import drawn


def _message(topic: str, payload: object) -> Received:
    return Received(topic, payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def _event(state: str, release: str = "two", at: float = 5.0) -> Received:
    detail = {"release": release, "state": state, "why": "as it is"}
    return _message("site/a/d1/event", {"event": "update_state", "at": at, "detail": detail, "boot_id": "x"})


def _status(**fields: object) -> Received:
    return _message("site/a/d1/status", {"state": "online", "version": "1.2.3", **fields})


def test_status_and_events_together() -> None:
    seen = FleetSeen("site/a")
    seen.on_status(_status(update={"channel": "stable", "group": None, "running": "one", "state": "idle"}))
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
        )
    ]
    seen.on_event(_event("committed", "three"))
    assert seen.devices[0].running == "three"
    assert json.loads(as_json(seen.devices))[0]["release"] == "three"


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
