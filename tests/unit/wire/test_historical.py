"""Telemetry that comes later: its time, when the clock was set in the meantime."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.units import Seconds, UnixSeconds
from agent.wire import as_historical, encode_telemetry
from tests.boards import BOARDS, BoardTree
from tests.snapshots import snapshot

HOUR = 3600.0
NOW = 1_790_000_000.0
IN_1970 = 12.0


def clock(wall: float, boot_id: str = "2f1c") -> Clock:
    """An hour after the message."""
    return Clock(boot_id, now=lambda: Seconds(1000.5 + HOUR), wall=lambda: UnixSeconds(wall))


@pytest.mark.parametrize(
    ("taken_at", "now", "told"),
    [
        (NOW, NOW + HOUR, NOW),
        (IN_1970, NOW + HOUR, NOW),  # the clock was set since
        (NOW, IN_1970 + HOUR, NOW),  # it has lost its time since
        (IN_1970, IN_1970 + HOUR, IN_1970),
    ],
)
def test_the_time_by_the_wall_clock(tmp_path: Path, taken_at: float, now: float, told: float) -> None:
    with BoardTree(tmp_path, BOARDS["nano"]) as tree:
        payload = encode_telemetry(replace(snapshot(tree), wall=UnixSeconds(taken_at)))
    before, after = json.loads(payload), json.loads(as_historical(payload, clock(now)))
    assert after.pop("at") == told
    assert after.pop("historical") is True
    assert before.pop("historical") is False
    del before["at"]
    assert after == before


def test_of_another_boot_nothing_is_known(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["nano"]) as tree:
        payload = encode_telemetry(replace(snapshot(tree), wall=UnixSeconds(IN_1970)))
    assert json.loads(as_historical(payload, clock(NOW, "another")))["at"] == IN_1970


def test_what_another_version_wrote_goes_on_as_it_is() -> None:
    others = {"device": "orin-7", "link": "up", "new": {"a": [1, 2.5, None]}}
    payload = json.dumps({**others, "boot_id": "2f1c", "at": IN_1970, "uptime_s": 1000.5}).encode()
    told = json.loads(as_historical(payload, clock(NOW + HOUR)))
    assert told == {**others, "boot_id": "2f1c", "at": NOW, "uptime_s": 1000.5, "historical": True}


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff\xfe", b"[]", b'{"device":"x"}', b'{"boot_id":"b","at":"noon","uptime_s":1}'],
)
def test_what_is_no_telemetry(payload: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        as_historical(payload, clock(NOW))
