"""The Grafana dashboard asks for what there is."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "jetson-agent.json").read_text(encoding="utf-8"))
TELEMETRY = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
NAME = r"(?:gen_ai|jetson_agent)\w+"


def test_every_metric_is_documented() -> None:
    asked = {name for panel in DASHBOARD["panels"] for it in panel["targets"] for name in re.findall(NAME, it["expr"])}
    documented = set(re.findall(rf"^\| `({NAME})", TELEMETRY, re.MULTILINE))
    assert asked
    assert {re.sub(r"_bucket$", "", name) for name in asked} <= documented


def test_panels_do_not_overlap_and_fill_the_width() -> None:
    taken = [
        (x, y)
        for at in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(taken) == len(set(taken))
    assert {x for x, _ in taken} == set(range(24))


def test_every_panel_follows_the_chosen_devices_and_source() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert len(re.findall(NAME, target["expr"])) == target["expr"].count('instance=~"$instance"')
