"""What frames are drawn with: numbers in words, bars, sparklines, rows. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from agent.top.seen import Number

LABEL = 10
"""Columns in front of every row."""
_STEPS = "▁▂▃▄▅▆▇█"
_FULL, _EMPTY = "█", "░"
_NEAR, _OVER = 0.9, 1.0
_SCALES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a frame, with what it is about in front.

    Attributes:
        may_wrap: It may take a second line where there is room for that.
    """

    label: str
    content: Text
    may_wrap: bool = False

    def drawn(self, width: int, *, wrap: bool) -> list[Text]:
        """As wide as it may be at most; what does not fit is cut off."""
        parts = wrapped(self.content, width - LABEL, 2 if wrap and self.may_wrap else 1)
        labels = [self.label, *[""] * (len(parts) - 1)]
        lines = [Text.assemble((f"{label:<{LABEL}}", "bold"), part) for label, part in zip(labels, parts, strict=True)]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines


def wrapped(text: Text, width: int, most: int) -> list[Text]:
    """Broken between words into so many lines at most; the last may be too long."""
    lines: list[Text] = []
    while len(text) > width and len(lines) + 1 < most:
        space = text.plain.rfind(" ", 0, width + 1)
        if space <= 0:
            break
        first, text = text.divide([space])
        _, text = text.divide([1])
        lines.append(first)
    return [*lines, text]


def unknown(why: str) -> Text:
    """In place of a value: never 0."""
    return Text(f"- ({why})", "dim")


def shown(number: Number, words: Callable[[float], str], style: str = "") -> Text:
    """A value in words, or why there is none."""
    return unknown(number.why) if number.value is None else Text(words(number.value), style)


def joined(parts: Iterable[Text | str | None], separator: str = ", ") -> Text:
    """Those that there are, in one line."""
    there = [part if isinstance(part, Text) else Text(part) for part in parts if part is not None]
    return Text(separator).join(there)


def load_style(share: float) -> str:
    """The colour of a share of a limit."""
    if share > _OVER:
        return "bold red"
    return "yellow" if share >= _NEAR else "green"


def bar(share: float, width: int) -> Text:
    """A share of a limit; more than the whole is shown full."""
    filled = max(0, min(width, round(share * width)))
    return Text.assemble((_FULL * filled, load_style(share)), (_EMPTY * (width - filled), "dim"))


def sparkline(values: Sequence[float | None], width: int, limit: float | None) -> Text:
    """The last values, from 0 up to the largest or to the limit; what is above the limit is red, a gap is a gap."""
    last = values[-width:] if width > 0 else ()
    top = max([value for value in last if value is not None] + ([] if limit is None else [limit]), default=0.0)
    line = Text()
    for value in last:
        if value is None or top <= 0:
            line.append(" ")
            continue
        step = _STEPS[min(len(_STEPS) - 1, int(value / top * len(_STEPS)))]
        line.append(step, "green" if limit is None else load_style(value / limit) if limit > 0 else "bold red")
    return line


def watts(value: float) -> str:
    """Power."""
    return f"{value:.2f} W"


def joules(value: float) -> str:
    """Energy."""
    for scale, unit in ((3.6e6, "kWh"), (1e3, "kJ")):
        if value >= scale:
            return f"{value / scale:.2f} {unit}"
    return f"{value:.2f} J" if value < 1 else f"{value:.1f} J"


def gib(value: float) -> str:
    """A size of memory."""
    return f"{value / 2**30:.2f} GiB"


def degrees(value: float) -> str:
    """A temperature."""
    return f"{value:.1f} °C"


def whole(value: float) -> str:
    """A count."""
    return f"{value:.0f}"


def percent(value: float) -> str:
    """A share."""
    return f"{value:.0%}".replace("%", " %")


def short(seconds: float) -> str:
    """A duration of milliseconds or seconds."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def ago(seconds: float) -> str:
    """A duration of seconds or days, its two largest units."""
    left, parts = seconds, list[str]()
    for scale, unit in _SCALES:
        if left >= scale or parts:
            parts.append(f"{left // scale:.0f} {unit}")
            left %= scale
    return " ".join((parts or ["0 s"])[:2])
