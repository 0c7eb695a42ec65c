"""The rows about the machine: power, what keeps the budget, heat, memory, GPU. Pure."""

from collections.abc import Iterator

from rich.text import Text

from agent.top.drawing import (
    LABEL,
    Row,
    ago,
    bar,
    degrees,
    gib,
    joined,
    load_style,
    percent,
    shown,
    sparkline,
    unknown,
    watts,
    whole,
)
from agent.top.seen import Governor, Number, Seen, Zone

_BAR = 20
_GOVERNED = {"within": "green", "limited": "yellow", "over": "bold red", "unmetered": "yellow"}
_NOT_SAID = "this agent does not say"


def power_rows(seen: Seen, history: tuple[float | None, ...], width: int, *, detailed: bool) -> Iterator[Row]:
    """Power against its budget, and how it was."""
    power = seen.power
    if power is None:
        yield Row("power", unknown(seen.sensors_why or _NOT_SAID))
        return
    budget = Number(why=_NOT_SAID) if seen.governor is None else seen.governor.budget_w
    yield Row("power", _against(power.total_w, budget))
    spread = joined(
        [
            joined(["mean ", shown(power.mean_w, watts)], ""),
            joined(["peak ", shown(power.max_w, watts)], ""),
        ]
    )
    if power.mean_w.value is not None:
        line = sparkline(history, min(width - LABEL - len(spread) - 2, 60), budget.value)
        yield Row("", joined([line, spread], "  "))
    if detailed:
        rails = [joined([rail.name, " ", shown(rail.power_w, watts)], "") for rail in power.rails or ()]
        if rails:
            yield Row("rails", joined(rails), may_wrap=True)
        if power.source is not None:
            yield Row("", Text(power.source, "dim"))


def _against(total: Number, budget: Number) -> Text:
    now = shown(total, watts, "bold")
    if budget.value is None:
        return joined([now, joined(["budget ", unknown(_no_budget(budget))], "")])
    of = joined([now, Text(f" of {watts(budget.value)}")], "")
    if total.value is None or budget.value <= 0:
        return of
    share = total.value / budget.value
    return joined([of, bar(share, _BAR), Text(percent(share), load_style(share))], "  ")


def _no_budget(budget: Number) -> str:
    return "none is set" if budget.why == Number().why else budget.why


def governor_row(governor: Governor | None) -> Row:
    """What keeps the budget, how, and why."""
    if governor is None:
        return Row("governor", unknown(_NOT_SAID))
    state = governor.state or "state not told"
    over = governor.over_for_s.value
    parts = [
        Text(state if not over else f"{state} for {ago(over)}", _GOVERNED.get(state, "")),
        governor.reason,
        None if governor.duty.value is None else f"duty {percent(governor.duty.value)}",
        _admits(governor),
    ]
    return Row("governor", joined(parts), may_wrap=True)


def _admits(governor: Governor) -> Text | None:
    if governor.max_running.value is None:
        return None
    if governor.model is None:
        return Text("nothing new is run", "bold yellow")
    return Text(f"at most {whole(governor.max_running.value)} running, up to {governor.model}")


def heat_rows(seen: Seen, *, detailed: bool, most: int) -> Iterator[Row]:
    """Temperatures against the points where something slows down, the hottest first."""
    if seen.zones is None:
        yield Row("heat", unknown(seen.sensors_why or _NOT_SAID))
        return
    zones = sorted(seen.zones, key=lambda zone: -(zone.temperature_c.value or -273.0))
    if not zones or zones[0].temperature_c.value is None:
        yield Row("heat", unknown(zones[0].temperature_c.why if zones else "no temperature can be read there"))
        return
    for number, zone in enumerate(zones[: most if detailed else 1]):
        yield Row("" if number else "heat", _zone(zone))
    if not detailed and len(zones) > 1:
        yield Row("", joined(f"{_short_name(zone)} {_bare(zone.temperature_c)}" for zone in zones[1:]))
    if seen.throttling:
        yield Row("", Text(f"slowed down by {', '.join(seen.throttling)}", "bold red"))


def _zone(zone: Zone) -> Text:
    now = joined([f"{zone.name:<15} ", shown(zone.temperature_c, degrees, "bold")], "")
    at, limit = zone.temperature_c.value, zone.throttles_at_c.value
    if at is None:
        return now
    if limit is None or limit <= 0:
        return joined([now, Text("no trip point", "dim")], "  ")
    return joined([joined([now, f" of {limit:g} °C"], ""), bar(at / limit, _BAR // 2)], "  ")


def _short_name(zone: Zone) -> str:
    return zone.name.removesuffix("-thermal").removesuffix("-therm")


def _bare(number: Number) -> str:
    return "-" if number.value is None else f"{number.value:.1f}"


def memory_rows(seen: Seen) -> Iterator[Row]:
    """The machine's memory, and what of it the model takes."""
    memory = seen.memory
    if memory is None:
        yield Row("memory", unknown(seen.sensors_why or _NOT_SAID))
    else:
        total, available = memory.total_bytes, memory.available_bytes
        line = joined(
            [joined([shown(available, gib, "bold"), " available"], ""), joined(["of ", shown(total, gib)], "")]
        )
        if total.value and available.value is not None:
            share = 1 - available.value / total.value
            now = Text.assemble(
                (f"{available.value / 2**30:.1f}", "bold"), f" of {total.value / 2**30:.1f} GiB available"
            )
            line = joined([now, bar(share, _BAR // 2), f"{percent(share)} used"], "  ")
        yield Row("memory", line, may_wrap=True)
    yield Row("model", _model(seen), may_wrap=True)


def _model(seen: Seen) -> Text:
    budget = seen.memory_budget
    if budget is None:
        resident = joined(["resident ", shown(seen.engine_rss_bytes, gib)], "")
        return joined([joined(["predicted ", unknown(_NOT_SAID)], ""), resident])
    parts = [
        joined(["predicted ", shown(budget.predicted_bytes, gib)], ""),
        joined(["measured ", shown(budget.measured_bytes, gib)], ""),
        None if budget.budget_bytes.value is None else f"budget {gib(budget.budget_bytes.value)}",
        None if budget.context_length.value is None else f"context {whole(budget.context_length.value)}",
    ]
    return joined(parts)


def gpu_rows(seen: Seen) -> Iterator[Row]:
    """Clocks and loads."""
    if not seen.gpus:
        yield Row("gpu", unknown(seen.sensors_why or _NOT_SAID if seen.gpus is None else "none was found there"))
        return
    for number, gpu in enumerate(seen.gpus[:2]):
        clock = shown(gpu.clock_hz, lambda hertz: f"{hertz / 1e6:.0f} MHz")
        heat = None if gpu.temperature_c.value is None else degrees(gpu.temperature_c.value)
        busy = joined([shown(gpu.load, percent), " busy"], "")
        yield Row("" if number else "gpu", joined([gpu.name, clock, busy, heat]))
