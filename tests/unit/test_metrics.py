"""The Prometheus endpoint, scraped and read with Prometheus's own parser."""

import re
import socket
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.errors import StopError
from agent.metrics import MetricsEndpoint
from agent.snapshot import Snapshot
from tests.boards import BOARDS, BoardTree
from tests.snapshots import NOTHING_SAMPLED, snapshot

DOCUMENTED = Path(__file__).parents[2] / "docs" / "telemetry.md"
Scraped = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(port: int) -> Scraped:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        text = response.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(taken: Snapshot | None) -> Scraped:
    with MetricsEndpoint(0, lambda: taken) as endpoint:
        return scrape(endpoint.port)


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Scraped:
    with BoardTree(tmp_path_factory.mktemp("board"), BOARDS["orin-nano-super"]) as tree:
        (tree.root / "proc/pressure").mkdir()
        (tree.root / "proc/pressure/memory").write_text("some avg10=12.50 avg60=3.00 avg300=0.10 total=123\n")
        return scraped(snapshot(tree))


def test_power_heat_and_memory(everything: Scraped) -> None:
    meter = "ina3221 1-0040"
    assert everything[key("jetson_agent_power_watts", rail="VDD_IN", meter=meter)] == pytest.approx(6.65, abs=0.01)
    assert everything[key("jetson_agent_power_total_watts")] == pytest.approx(6.65, abs=0.01)
    assert everything[key("jetson_agent_power_total_max_watts")] == pytest.approx(7.65, abs=0.01)
    assert everything[key("jetson_agent_power_budget_watts")] == 12
    assert everything[key("jetson_agent_governor_state", state="limited")] == 1
    assert everything[key("jetson_agent_governor_state", state="over")] == 0
    assert everything[key("jetson_agent_governor_duty_ratio")] == pytest.approx(0.61)
    assert everything[key("jetson_agent_temperature_celsius", zone="tj-thermal")] == 51.0
    assert everything[key("jetson_agent_throttling_state", cooling_device="gpu-throttle-alert")] == 0
    assert everything[key("jetson_agent_gpu_clock_hertz", gpu="17000000.gpu")] == 306e6
    assert everything[key("jetson_agent_memory_bytes", kind="total")] == 7_650_336 * 1024


def test_energy(everything: Scraped) -> None:
    assert everything[key("jetson_agent_energy_joules_total")] == 700
    assert everything[key("jetson_agent_requests_energy_joules_total")] == 60
    assert everything[key("jetson_agent_model_energy_joules_total", model="edge-tiny")] == 60
    assert everything[key("jetson_agent_power_idle_watts")] == 6.3


def test_requests(everything: Scraped) -> None:
    assert everything[key("jetson_agent_messages_received_total")] == 4
    assert everything[key("jetson_agent_completions_total")] == 3
    assert everything[key("jetson_agent_errors_total", code="too_large")] == 1
    assert everything[key("jetson_agent_tokens_total", type="output")] == 30
    assert everything[key("jetson_agent_prompts_queued")] == 2
    assert everything[key("jetson_agent_broker_connected")] == 1
    name = "gen_ai_server_time_to_first_token_seconds"
    assert everything[key(f"{name}_bucket", le="0.1")] == 1
    assert everything[key(f"{name}_bucket", le="0.25")] == 2
    assert everything[key(f"{name}_bucket", le="+Inf")] == everything[key(f"{name}_count")] == 3
    assert everything[key(f"{name}_sum")] == pytest.approx(0.6)


def test_every_name_is_documented_and_the_other_way_round(everything: Scraped) -> None:
    endings = r"_(bucket|sum|count)$"
    names = {re.sub(endings, "", name) if name.startswith("gen_ai") else name for name, _ in everything}
    assert names == set(re.findall(r"^\| `((?:gen_ai|jetson_agent)\w+)", DOCUMENTED.read_text("utf-8"), re.MULTILINE))


def test_what_is_not_measured_has_no_series(tmp_path: Path) -> None:
    with BoardTree(tmp_path, BOARDS["nano"]) as tree:
        nothing = scraped(replace(snapshot(tree, NOTHING_SAMPLED), energy=None))
    measured = ("power_total", "power_watts", "power_idle", "joules", "celsius", "memory_bytes{")
    assert not [name for name, _ in nothing if any(it in name for it in measured)]
    assert key("jetson_agent_resident_memory_bytes", process="engine") not in nothing
    assert nothing[key("jetson_agent_resident_memory_bytes", process="agent")] == 70_000_000


def test_before_the_first_snapshot_there_is_nothing() -> None:
    assert scraped(None) == {}


def test_a_port_in_use_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StopError, match=rf"telemetry.port: 127.0.0.1:{port} cannot be opened: Address already"):
            MetricsEndpoint(port, lambda: None)


def test_only_this_machine_can_ask() -> None:
    with MetricsEndpoint(0, lambda: None) as endpoint:
        assert endpoint._server.server_address[0] == "127.0.0.1"


def test_the_port_is_free_afterwards() -> None:
    with MetricsEndpoint(0, lambda: None) as endpoint:
        port = endpoint.port
    socket.create_server(("127.0.0.1", port)).close()
