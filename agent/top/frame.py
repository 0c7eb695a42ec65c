"""One frame: what stands where, for a width and a height. Pure."""

from collections.abc import Sequence

from rich.text import Text

from agent.top.drawing import Row, ago, joined, wrapped
from agent.top.machine import governor_row, gpu_rows, heat_rows, memory_rows, power_rows
from agent.top.seen import Seen
from agent.top.serving import energy_row, event_rows, link_row, queue_row, request_rows, speed_row
from agent.top.watch import Scene
from agent.wire.notice import OfflinePayload, OnlinePayload

_WIDE = 110
"""From here on two columns."""
_GAP = 2
_TALL = 32
"""From here on every rail and zone."""
_ZONES = 9
_REQUESTS = 6
"""The line above them included."""
_EVENTS = 8
_PATIENT = 15.0
"""Telemetry comes every 10 s by default."""
_SILENT_AFTER = 60.0

Block = Sequence[Row]


def frame(scene: Scene, width: int, height: int | None) -> list[Text]:
    """The lines of a frame.

    Args:
        scene: What there is to show.
        width: Columns that there are.
        height: Lines that there are; None: as many as it takes.
    """
    head = [_title(scene), _status(scene), *wrapped(_words(scene), width, 3)]
    head = [line for line in head if line]
    for line in head:
        line.truncate(width, overflow="ellipsis")
    left = None if height is None else height - len(head)
    if scene.seen is None:
        body = _drawn([list(event_rows(scene.events, _EVENTS))] if scene.events else [], width, left)
    elif width >= _WIDE:
        body = _two_columns(scene, scene.seen, width, left)
    else:
        body = _one_column(scene, scene.seen, width, left)
    return [*head, *body][:height]


def _title(scene: Scene) -> Text:
    seen = scene.seen
    parts: list[Text | str | None] = [Text(scene.prefix, "bold")]
    if seen is not None:
        parts += [
            None if seen.jetpack is None else f"JetPack {seen.jetpack}",
            None if seen.uptime_s.value is None else f"up {ago(seen.uptime_s.value)}",
            seen.machine,
        ]
    return joined(parts, "  ")


def _status(scene: Scene) -> Text:
    """How it is with the agent."""
    match scene.status:
        case _ if scene.trouble is not None:
            state = Text("broker away", "bold red")
        case None:
            state = Text("no agent", "bold yellow")
        case OfflinePayload() as offline:
            state = Text(f"offline ({offline.reason})", "bold red")
        case OnlinePayload() as online:
            model = online.model or "no model loaded yet"
            state = Text.assemble(("online", "bold green"), f"  {model}  agent {online.version}")
    told = None if scene.seen is None else Text(f"told {ago(scene.age)} ago", "dim")
    return joined([state, f"at {scene.place}", told], "  ")


def _words(scene: Scene) -> Text:
    """What is not as it should be with the broker, the agent or its telemetry; empty when all is well."""
    if scene.trouble is not None:
        return Text(f"{scene.trouble}; trying again.", "bold red")
    if scene.status is None:
        return Text(f"Nothing calls itself {scene.prefix} at this broker: is --device right?", "yellow")
    if isinstance(scene.status, OfflinePayload):
        kept = "" if scene.seen is None else " What stands here is how it was."
        return Text(f"The agent is not there now; this view goes on when it is.{kept}", "yellow")
    return Text(_about_telemetry(scene), "yellow")


def _about_telemetry(scene: Scene) -> str:
    if scene.seen is None and scene.watched < _PATIENT:
        return "Waiting for its telemetry."
    if scene.seen is None:
        return f"No telemetry for {ago(scene.watched)}: telemetry.every of the device may be long, or 0s (never)."
    if scene.age > _SILENT_AFTER:
        return "Telemetry has stopped, though the broker has the agent online."
    return ""


def _one_column(scene: Scene, seen: Seen, width: int, height: int | None) -> list[Text]:
    detailed = height is None or height >= _TALL
    blocks = [_machine(scene, seen, width, detailed=detailed), _served(seen)]
    requests, events = _shares(height, sum(map(len, blocks)) + 2 * len(blocks))
    blocks += [list(request_rows(seen.recent, width, requests)), list(event_rows(scene.events, events))]
    return _drawn(blocks, width, height)


def _two_columns(scene: Scene, seen: Seen, width: int, height: int | None) -> list[Text]:
    column = (width - _GAP) // 2
    left = _machine(scene, seen, column, detailed=height is None or height >= _TALL // 2)
    served = _served(seen)
    requests, events = _shares(height, len(served) + 3)
    right = [served, list(request_rows(seen.recent, column, requests)), list(event_rows(scene.events, events))]
    beside = _drawn(right, column, height)
    lines = _drawn([left], column, height)
    for number, line in enumerate(beside):
        if number == len(lines):
            lines.append(Text())
        if line:
            lines[number].pad_right(max(0, column + _GAP - len(lines[number])))
            lines[number].append_text(line)
    return lines


def _machine(scene: Scene, seen: Seen, width: int, *, detailed: bool) -> list[Row]:
    return [
        *power_rows(seen, scene.history, width, detailed=detailed),
        governor_row(seen.governor),
        *heat_rows(seen, detailed=detailed, most=_ZONES),
        *memory_rows(seen),
        *gpu_rows(seen),
    ]


def _served(seen: Seen) -> list[Row]:
    return [queue_row(seen), speed_row(seen), energy_row(seen), link_row(seen)]


def _shares(height: int | None, used: int) -> tuple[int, int]:
    """Lines for the requests and for the events."""
    if height is None:
        return _REQUESTS, _EVENTS
    left = max(0, height - used)
    requests = min(_REQUESTS, -(-left * 3 // 5))
    return requests, min(_EVENTS, left - requests)


def _drawn(blocks: Sequence[Block], width: int, height: int | None) -> list[Text]:
    """The blocks one below the other; where there is room, with an empty line before each, and long rows wrapped."""
    blocks = [block for block in blocks if block]
    for wrap, spaced in ((True, True), (False, True), (False, False)):
        lines: list[Text] = []
        for block in blocks:
            if spaced:
                lines.append(Text())
            for row in block:
                lines += row.drawn(width, wrap=wrap)
        if height is None or len(lines) <= height:
            break
    return lines[:height]
