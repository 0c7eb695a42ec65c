"""The rows about what the agent serves: queue, speed, energy, link, the last requests, events. Pure."""

import time
from collections.abc import Iterator, Sequence

from rich.text import Text

from agent.top.drawing import LABEL, Row, joined, joules, short, shown, unknown, whole
from agent.top.seen import Number, Percentiles, Power, Recent, Seen
from agent.top.watch import Happened

_NOT_SAID = "this agent does not say"
_SHOWN_ERRORS = 3
_COLUMNS = (("tokens", 10), ("time", 9), ("tokens/s", 9), ("energy", 10))
_ID = 26
"""The longest id that is shown whole; a UUID's beginning is enough to tell it from its neighbours."""


def queue_row(seen: Seen) -> Row:
    """What waits, runs and has ended."""
    requests = seen.requests
    parts: list[Text] = [
        joined([shown(seen.queued, whole), " waiting"], ""),
        joined([shown(seen.running, whole), " running"], ""),
    ]
    if requests is not None:
        parts.append(joined([shown(requests.completed, whole), " answered"], ""))
        parts.append(_errors(requests.errors or {}))
        if requests.engine_losses.value:
            parts.append(Text(f"engine lost {whole(requests.engine_losses.value)} times", "yellow"))
    return Row("queue", joined(parts), may_wrap=True)


def _errors(errors: dict[str, int]) -> Text:
    if not errors:
        return Text("no errors")
    most = sorted(errors.items(), key=lambda item: -item[1])[:_SHOWN_ERRORS]
    total = sum(errors.values())
    codes = ", ".join(f"{count} {code}" for code, count in most)
    return Text(f"{total} error{'s' if total > 1 else ''} ({codes})", "yellow")


def speed_row(seen: Seen) -> Row:
    """Tokens a second, and how long it takes to the first and to the next token."""
    rate = Number(why=_NOT_SAID) if seen.tokens is None else seen.tokens.output_per_s
    return Row(
        "speed",
        joined(
            [
                joined([shown(rate, lambda value: f"{value:.1f}", "bold"), " tokens/s"], ""),
                joined(["first token ", _percentiles(seen.first_token_s)], ""),
                joined(["next ", _percentiles(seen.per_token_s, with_slowest=False)], ""),
            ]
        ),
        may_wrap=True,
    )


def _percentiles(duration: Percentiles | None, *, with_slowest: bool = True) -> Text:
    if duration is None or duration.p50.value is None:
        return unknown((duration and duration.why) or _NOT_SAID)
    slowest = f" (95 %: {short(duration.p95.value)})" if with_slowest and duration.p95.value is not None else ""
    return Text(f"{short(duration.p50.value)}{slowest}")


def energy_row(seen: Seen) -> Row:
    """What it cost since the agent's start."""
    energy = seen.energy
    if energy is None:
        return Row("energy", unknown(_no_energy(seen.power) if "energy" in seen.model_fields_set else _NOT_SAID))
    models = [
        f"{name} {of.joules.value / of.output_tokens.value:.2f} J/token"
        for name, of in (energy.by_model or {}).items()
        if of.joules.value is not None and of.output_tokens.value
    ]
    parts: list[Text | str] = [
        joined([shown(energy.total_j, joules, "bold"), " in all"], ""),
        joined(["requests ", shown(energy.requests_j, joules)], ""),
        joined(["idle ", shown(energy.idle_j, joules)], ""),
        *models,
    ]
    return Row("energy", joined(parts), may_wrap=True)


def _no_energy(power: Power | None) -> str:
    """Why an agent that tells energy has none to tell."""
    return "nothing measured yet" if power is None or power.total_w.value is not None else power.total_w.why


def link_row(seen: Seen) -> Row:
    """How the device reaches its broker."""
    losses = Number(why=_NOT_SAID) if seen.link is None else seen.link.losses
    outbox = Number(why=_NOT_SAID) if seen.journal is None else seen.journal.outbox
    return Row(
        "link",
        joined(
            [
                joined(["lost ", shown(losses, whole), " times"], ""),
                joined([shown(outbox, whole), " messages wait for the broker"], ""),
            ]
        ),
    )


def request_rows(recent: Sequence[Recent] | None, width: int, most: int) -> Iterator[Row]:
    """The last requests, newest last, under a line that names the columns."""
    if most <= 0:
        return
    if not recent:
        yield Row("requests", unknown(_NOT_SAID if recent is None else "none since the agent's start"))
        return
    room = width - LABEL - sum(size for _, size in _COLUMNS)
    head = "".join(f"{name:>{size}}" for name, size in _COLUMNS)
    yield Row("requests", Text(f"{'id':<{max(0, min(room, _ID))}}{head}", "dim"))
    for request in recent[-(most - 1) :] if most > 1 else ():
        yield Row("", _request(request, max(0, min(room, _ID))))


def _request(request: Recent, id_width: int) -> Text:
    name = request.id or "-"
    line = Text(name if len(name) < id_width else f"{name[: max(0, id_width - 2)]}…")
    line.pad_right(max(0, id_width - len(line)))
    if request.error is not None:
        return joined([line, Text(f"    {request.error}", "yellow")], "")
    tokens = f"{_bare(request.prompt_tokens)}+{_bare(request.completion_tokens)}"
    cells = (
        Text(tokens),
        _cell(None if request.total_s.value is None else short(request.total_s.value)),
        _cell(None if request.tokens_per_s.value is None else f"{request.tokens_per_s.value:.1f}"),
        _cell(None if request.joules.value is None else joules(request.joules.value)),
    )
    for cell, (_, size) in zip(cells, _COLUMNS, strict=True):
        line.append(" " * max(0, size - len(cell)))
        line.append_text(cell)
    if request.joules.value is None and request.joules.why != Number().why:
        line.append(f" ({request.joules.why})", "dim")
    return line


def _cell(words: str | None) -> Text:
    return Text("-", "dim") if words is None else Text(words)


def _bare(number: Number) -> str:
    return "-" if number.value is None else whole(number.value)


def event_rows(events: Sequence[Happened], most: int) -> Iterator[Row]:
    """The last events, newest first."""
    if most <= 0:
        return
    if not events:
        yield Row("events", Text("none since this view began", "dim"))
    for number, event in enumerate(events[:most]):
        at = time.strftime("%H:%M:%S", time.localtime(event.at))
        yield Row("" if number else "events", joined([Text(at, "dim"), event.words], "  "))
