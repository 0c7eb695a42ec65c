"""Draws a Grafana dashboard as SVG: its panels, from its JSON, with what a Prometheus answers to its queries.

`python tools/dashboard_picture.py deploy/grafana/jetson-agent.json docs/dashboard.svg --prometheus URL --minutes 10`.
The layout, titles, units and queries are the dashboard's; the drawing is not Grafana's.
"""

import argparse
import json
import math
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

COLUMN, ROW, GAP = 54, 26, 8
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#b877d9", "#f2495c", "#37872d", "#8ab8ff", "#ffa6b0", "#e0b400")
STEPS = 240


@dataclass(frozen=True)
class Line:
    """A series: points of (seconds since the begin, value), gaps left out."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Source:
    """A Prometheus and a span of time."""

    url: str
    end: float
    seconds: float

    def lines(self, panel: dict[str, Any]) -> list[Line]:
        """All series of a panel."""
        return [line for target in panel["targets"] for line in self._lines(target)]

    def _lines(self, target: dict[str, Any]) -> Iterator[Line]:
        begin = self.end - self.seconds
        query = target["expr"].replace("$instance", ".*")
        asked = {"query": query, "start": begin, "end": self.end, "step": self.seconds / STEPS}
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(asked)}") as response:  # noqa: S310 - the address is the user's
            answer = json.load(response)
        for series in answer["data"]["result"]:
            points = [(float(at) - begin, float(value)) for at, value in series["values"]]
            known = [(at, value) for at, value in points if math.isfinite(value)]
            if known:
                yield Line(_legend(target["legendFormat"], series["metric"]), known)


def _legend(pattern: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        pattern = pattern.replace("{{" + label + "}}", value)
    return pattern


def in_unit(value: float, unit: str) -> str:
    """A value as Grafana writes it, about."""
    match unit:
        case "percentunit":
            return f"{value * 100:.0f} %"
        case "bytes" | "hertz":
            step, names = (1024, ("B", "KiB", "MiB", "GiB")) if unit == "bytes" else (1000, ("Hz", "kHz", "MHz", "GHz"))
            power = min(3, int(math.log(value, step))) if value >= 1 else 0
            return f"{value / step**power:.3g} {names[power]}"
        case "s":
            return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
        case _:
            return f"{value:.3g}" + {"watt": " W", "joule": " J", "celsius": " °C"}.get(unit, "")


def draw(dashboard: dict[str, Any], source: Source) -> str:
    """The whole."""
    panels = dashboard["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * ROW + 3 * GAP + 30
    font = 'font-size="12" font-family="system-ui, sans-serif" fill="#ccccdc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN + 2 * GAP} {height}" {font}>',
        '<rect width="100%" height="100%" fill="#111217"/>',
        f'<text x="{2 * GAP}" y="26" font-size="17">{escape(dashboard["title"])}</text>',
    ]
    for panel in panels:
        at = panel["gridPos"]
        width, tall = at["w"] * COLUMN - GAP, at["h"] * ROW - GAP
        parts.append(f'<g transform="translate({GAP + at["x"] * COLUMN},{40 + at["y"] * ROW})">')
        parts.append(f'<rect width="{width}" height="{tall}" rx="3" fill="#181b1f" stroke="#2c2f36"/>')
        parts.append(f'<text x="10" y="20" font-weight="600">{escape(panel["title"])}</text>')
        drawn = _stat if panel["type"] == "stat" else _graph
        parts += drawn(panel, source.lines(panel), width, tall, source.seconds)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _stat(panel: dict[str, Any], lines: Sequence[Line], width: int, tall: int, seconds: float) -> Iterator[str]:
    """The last value."""
    del seconds
    defaults = panel["fieldConfig"]["defaults"]
    text, colour = "No data", "#8e8e99"
    if lines:
        value = lines[0].points[-1][1]
        text, colour = in_unit(value, defaults["unit"]), COLOURS[0]
        for mapping in defaults.get("mappings", []):
            text = mapping["options"].get(f"{value:g}", {}).get("text", text)
    yield f'<text x="{width / 2}" y="{tall / 2 + 22}" font-size="28" text-anchor="middle" fill="{colour}">{text}</text>'


def _graph(panel: dict[str, Any], lines: Sequence[Line], width: int, tall: int, seconds: float) -> Iterator[str]:
    """Lines, or areas one upon the other."""
    if not lines:
        yield f'<text x="{width / 2}" y="{tall / 2}" text-anchor="middle" fill="#8e8e99">No data</text>'
        return
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"]["stacking"]["mode"] == "normal"
    shown = _stack(lines) if stacked else lines
    values = [value for line in shown for _, value in line.points]
    low = defaults.get("min", min(values))
    high = defaults.get("max", max(*values, low) * 1.05)
    high = high if high > low else low + 1
    left, top, bottom = 62, 32, tall - 56

    def place(point: tuple[float, float]) -> str:
        x = left + (width - left - 12) * point[0] / seconds
        return f"{x:.1f},{bottom - (bottom - top) * (point[1] - low) / (high - low):.1f}"

    for tick in range(5):
        value = low + (high - low) * tick / 4
        y = bottom - (bottom - top) * tick / 4
        yield f'<path d="M{left} {y:.1f}H{width - 12}" stroke="#2c2f36"/>'
        label = in_unit(value, defaults["unit"])
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="10" fill="#8e8e99">{label}</text>'
    for minute in range(int(seconds // 60)):
        if minute % max(1, int(seconds // 300)) == 0:
            x = left + (width - left - 12) * minute * 60 / seconds
            yield f'<text x="{x:.0f}" y="{bottom + 14}" font-size="10" fill="#8e8e99">{minute} min</text>'
    for number, line in reversed(list(enumerate(shown))):
        colour = COLOURS[number % len(COLOURS)]
        if stacked:
            corners = [(line.points[0][0], low), *line.points, (line.points[-1][0], low)]
            yield f'<polygon points="{" ".join(map(place, corners))}" fill="{colour}" fill-opacity="0.45"/>'
        for run in _runs(line, 3 * seconds / STEPS):
            yield f'<polyline points="{" ".join(map(place, run))}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
    yield from _names(lines, width, tall)


def _names(lines: Sequence[Line], width: int, tall: int) -> Iterator[str]:
    x, y = 12.0, tall - 26
    for number, line in enumerate(lines):
        if x + 7 * len(line.name) > width - 30:
            x, y = 12.0, y + 13
        yield f'<rect x="{x:.0f}" y="{y - 4}" width="10" height="3" fill="{COLOURS[number % len(COLOURS)]}"/>'
        yield f'<text x="{x + 14:.0f}" y="{y}" font-size="10">{escape(line.name)}</text>'
        x += 26 + 6.2 * len(line.name)


def _runs(line: Line, gap: float) -> Iterator[list[tuple[float, float]]]:
    """The parts of a line between its gaps."""
    run: list[tuple[float, float]] = []
    for point in line.points:
        if run and point[0] - run[-1][0] > gap:
            yield run
            run = []
        run.append(point)
    yield run


def _stack(lines: Sequence[Line]) -> list[Line]:
    """Each upon those before it."""
    below: dict[float, float] = {}
    stacked = []
    for line in lines:
        for at, value in line.points:
            below[at] = below.get(at, 0.0) + value
        stacked.append(Line(line.name, [(at, below[at]) for at, _ in line.points]))
    return stacked


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dashboard", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=15.0)
    arguments = parser.parse_args()
    source = Source(arguments.prometheus, time.time(), arguments.minutes * 60)
    dashboard = json.loads(arguments.dashboard.read_text(encoding="utf-8"))
    arguments.target.write_text(draw(dashboard, source), encoding="utf-8")


if __name__ == "__main__":
    main()
