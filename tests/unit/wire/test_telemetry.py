"""The telemetry payload, from the boards' own files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.counters import Counters
from agent.snapshot import Snapshot
from agent.wire import encode_telemetry
from agent.wire.telemetry import TelemetryPayload
from tests.boards import BOARDS, BoardTree
from tests.snapshots import NOTHING_SAMPLED, snapshot


def _decoded(taken: Snapshot) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(encode_telemetry(taken))
    return payload


def _measured(value: object) -> list[dict[str, Any]]:
    """Every `{"value", "why"}` in a payload."""
    if isinstance(value, list):
        return [found for item in value for found in _measured(item)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"value", "why"}:
        return [value]
    return [found for item in value.values() for found in _measured(item)]


@pytest.mark.parametrize("name", BOARDS)
def test_every_board(name: str, tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS[name]) as tree:
        taken = snapshot(tree)
    payload = _decoded(taken)
    assert TelemetryPayload.model_validate_json(json.dumps(payload)).machine == BOARDS[name].model
    assert payload["power"]["total_w"]["value"] > 1
    assert payload["power"]["max_w"]["value"] == pytest.approx(payload["power"]["total_w"]["value"] + 1, abs=1e-3)
    assert payload["power"]["source"]
    assert all(rail["power_w"]["value"] >= 0 for rail in payload["power"]["rails"])
    assert 20 < payload["zones"][0]["temperature_c"]["value"] < 80
    assert payload["gpus"][0]["clock_hz"]["value"] > 1e6
    assert payload["throttling"] == []
    assert payload["memory"]["total_bytes"]["value"] == BOARDS[name].mem_total_kb * 1024
    assert all((measured["value"] is None) != (measured["why"] is None) for measured in _measured(payload))


def test_identity_times_and_counts(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["orin-nano-super"]) as tree:
        payload = _decoded(snapshot(tree))
    assert (payload["device"], payload["jetpack"], payload["l4t"]) == ("orin-7", "6.2", "36.4.3")
    assert (payload["boot_id"], payload["at"], payload["uptime_s"]) == ("2f1c", 1790000000.123, 1000.5)
    assert payload["historical"] is False
    assert payload["governor"] == {
        "state": "limited",
        "reason": "12 W are enough for 61% of full speed",
        "budget_w": 12.0,
        "over_for_s": 0.0,
        "duty": 0.61,
        "max_running": 1,
        "model": "edge-tiny",
    }
    assert payload["link"] == {"connected": True, "losses": 4}
    assert (payload["queued"], payload["running"]) == (2, 1)
    assert payload["requests"] == {
        "received": 4,
        "taken": 3,
        "completed": 3,
        "errors": {"too_large": 1},
        "engine_losses": 0,
    }
    assert payload["cameras"] == {"observations": 3, "dropped": {"replaced": 1}}
    assert payload["tokens"] == {"input": 90, "output": 30, "cached": 60, "output_per_s": 3.0}
    assert payload["first_token_s"] == {"samples": 3, "p50": 0.2, "p95": 0.3, "p99": 0.3, "why": None}
    assert payload["per_token_s"]["p50"] == 0.05
    assert payload["journal"]["outbox"] == {"value": 5, "why": None}
    assert payload["engine_rss_bytes"] == {"value": None, "why": "not there"}


def test_energy_and_the_last_requests(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["orin-nano-super"]) as tree:
        taken = snapshot(tree)
        payload = _decoded(taken)
        nothing = _decoded(replace(taken, energy=None))
    assert payload["energy"] == {
        "total_j": 700.0,
        "idle_j": 640.0,
        "requests_j": 60.0,
        "idle_w": 6.3,
        "by_model": {
            "edge-tiny": {"joules": 60.0, "input_tokens": 90, "output_tokens": 30, "joules_per_output_token": 2.0}
        },
    }
    assert nothing["energy"] is None
    *_, last, error = payload["recent"]
    assert last == {
        "id": "a",
        "model": "edge-tiny",
        "prompt_tokens": 30,
        "completion_tokens": 10,
        "total_s": 0.55,
        "tokens_per_s": 20.0,
        "joules": 5.5,
        "error": None,
    }
    assert (error["id"], error["error"], error["total_s"]) == ("b", "too_large", None)


def test_a_rail_that_is_gone_takes_the_total_with_it(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["agx-orin"]) as tree:
        tree.rail_file("VDD_GPU_SOC").write_text("garbage")
        tree.gate("cv0-thermal")
        payload = _decoded(snapshot(tree))
    rails = {rail["name"]: rail["power_w"] for rail in payload["power"]["rails"]}
    assert rails["VDD_GPU_SOC"] == {"value": None, "why": "not a number"}
    assert payload["power"]["total_w"] == payload["power"]["mean_w"] == {"value": None, "why": "not a number"}
    assert payload["power"]["samples"] == 0
    zones = {zone["name"]: zone["temperature_c"] for zone in payload["zones"]}
    assert zones["cv0-thermal"] == {"value": None, "why": "powered off"}


def test_nothing_measured_is_null_with_a_reason(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["nano"]) as tree:
        payload = _decoded(snapshot(tree, NOTHING_SAMPLED, Counters()))
    for name in ("power", "gpus", "zones", "throttling", "over_current", "memory"):
        assert payload[name] is None
    assert payload["sensors_why"] == "the sensors have not answered yet"
    assert payload["first_token_s"] == {
        "samples": 0,
        "p50": None,
        "p95": None,
        "p99": None,
        "why": "no request has had a first token",
    }
    assert payload["requests"]["errors"] == {}


def test_a_machine_without_meters(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["orin-nx"]) as tree:
        tree.remove_chip("1-0040")
        payload = _decoded(snapshot(tree))
    assert payload["power"]["total_w"] == {"value": None, "why": "no meter"}
    assert payload["power"]["rails"] == []
    assert payload["power"]["source"] == "nothing here measures power"
