# ruff: noqa: PLR0911, PLR2004 - word lists and the shares of a random choice are data
"""Attributes of anything: a label, a value of some shape, and the key names that ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lexicon
import vocabulary as words
from labels import (
    ADDRESS_LABELS,
    CODE_LABELS,
    COUNT_LABELS,
    DATE_LABELS,
    FLAG_LABELS,
    FLAGS,
    MEASURES,
    PARTICIPLES,
    PERSON_LABELS,
    TIME_LABELS,
    TRUTH_LABELS,
    WORD_LABELS,
)
from language import capital, clock, clock12, listing, number
from pieces import Field, Value, a_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


@dataclass(frozen=True, slots=True)
class Attribute:
    """One labelled value.

    Attributes:
        label: As people say it: `batch number`.
        shown: As it is written: `18.5 °C`.
        value: As it stands in JSON: `18.5`.
        kind: integer, number, boolean, string or list.
        amount: The number to compare by, or nothing.
        unit: What follows the number.
    """

    label: str
    shown: str
    value: Value
    kind: str
    amount: float | None = None
    unit: str = ""

    def fields(self, rng: Random, owner: str = "") -> list[Field]:
        """The keys that may ask for it; `owner` stands before them where there are several owners."""
        name = f"{owner} {self.label}".strip()
        suffix = _SUFFIXES.get(self.unit, "")
        keys = [key_style(rng, name) for _ in range(2)]
        if suffix and self.kind in {"integer", "number"}:
            keys.append(key_style(rng, f"{name} {suffix}"))
        if not owner:
            short = _SHORT.get(self.label)
            keys += [short] if short else []
        kind = "string" if self.kind == "list" else self.kind
        return [Field(tuple(keys), kind, self.value)]


_SUFFIXES = {
    "°C": "c",
    "%": "percent",
    "W": "w",
    "kg": "kg",
    "g": "g",
    "km/h": "kmh",
    "m": "m",
    "cm": "cm",
    "mm": "mm",
    "V": "v",
    "A": "a",
    "GB": "gb",
    "MB": "mb",
    "dB": "db",
    "dBm": "dbm",
    "rpm": "rpm",
    "ms": "ms",
    "s": "s",
    "min": "min",
    "h": "hours",
    "l": "litres",
    "bar": "bar",
    "MHz": "mhz",
    "fps": "fps",
    "Hz": "hz",
    "EUR": "eur",
    "lux": "lux",
}
_SHORT = {
    "temperature": "temp",
    "batch number": "batch",
    "serial number": "serial",
    "order number": "order",
    "licence plate": "plate",
    "phone number": "phone",
    "quantity": "qty",
    "description": "desc",
    "reference": "ref",
    "number of pieces": "pieces",
    "lot number": "lot",
    "badge number": "badge",
    "registration": "reg",
    "departure time": "departure",
    "arrival time": "arrival",
    "colour": "color",
    "manufacturer": "maker",
    "firmware version": "firmware",
    "ip address": "ip",
    "mac address": "mac",
    "postal code": "zip",
}


def key_style(rng: Random, text: str) -> str:
    """A key name of some words in one of the styles of programs and people."""
    parts = text.replace("-", " ").replace("'", "").split(" ")
    roll = rng.random()
    if roll < 0.62:
        return "_".join(parts).lower()
    if roll < 0.75:
        return parts[0] + "".join(map(capital, parts[1:]))
    if roll < 0.82:
        return " ".join(parts)
    if roll < 0.88:
        return "-".join(parts)
    if roll < 0.92:
        return "_".join(parts).upper()
    if roll < 0.96:
        return "".join(map(capital, parts))
    return ".".join(parts)


def pair_key(rng: Random, text: str) -> str:
    """A key in the facts themselves: its words can be read back from it."""
    roll = rng.random()
    return text if roll < 0.45 else text.replace(" ", "_") if roll < 0.9 else text.replace(" ", "-")


# Shapes of values ---------------------------------------------------------------------------------


def _letters(rng: Random, count: int) -> str:
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def code(rng: Random) -> str:
    """An identifier of any of the usual shapes."""
    shape = rng.choice(
        (
            "AA-0000",
            "AAA 000",
            "A0",
            "0000",
            "00000000",
            "AA00 AAA",
            "A-AA 0000",
            "00-A-00",
            "A/0000/00",
            "#0000",
            "AAA-00-AA",
            "000-000-000",
            "A00.00",
            "AA_000",
            "aa-00",
            "aaa0",
            "00A0",
            "A 000",
            "AAAA0000A",
            "0A-0",
            "a000000",
            "0x0a0a",
            "w-0",
            "w0",
            "w_a0",
            "W-0000",
            "W/A",
        )
    )
    out = ""
    for char in shape:
        out += {
            "A": _letters(rng, 1),
            "a": _letters(rng, 1).lower(),
            "0": _digits(rng, 1),
            "w": words.word(rng).replace(" ", "-"),
            "W": words.word(rng).upper(),
        }.get(char, char)
    return out


def _address(rng: Random) -> str:
    word, other = lexicon.pseudo_word(rng), lexicon.pseudo_word(rng)
    return rng.choice(
        (
            f"https://{word}.example/{other}",
            f"{word}@{other}.example",
            f"192.168.{rng.randrange(256)}.{rng.randrange(256)}",
            f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
            f"/dev/{word}{rng.randrange(9)}",
            f"{word}/{other}/{rng.randrange(99)}",
            f"+{rng.randint(1, 99)} {_digits(rng, 3)} {_digits(rng, 6)}",
            f"v{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(9)}",
            f"{rng.uniform(-90, 90):.4f}, {rng.uniform(-180, 180):.4f}",
            f"{word}-{other}.local",
            f"{rng.randint(1, 200)} {capital(word)} {rng.choice(('Street', 'Road', 'Lane', 'Way'))}",
        )
    )


def _code_attribute(rng: Random) -> Attribute:
    shown = code(rng)
    number_like = shown.isdigit() and not shown.startswith("0")
    label = (
        rng.choice(CODE_LABELS)
        if rng.random() < 0.75
        else f"{words.thing(rng)} {rng.choice(('id', 'number', 'code', 'ref', 'tag'))}"
    )
    if number_like and rng.random() < 0.7:
        return Attribute(label, shown, int(shown), "integer")
    return Attribute(
        label, shown if not number_like else f"N{shown}", shown if not number_like else f"N{shown}", "string"
    )


def _measured(rng: Random) -> Attribute:
    label, unit, low, high, decimals = rng.choice(MEASURES)
    if rng.random() < 0.45:
        label = f"{words.thing(rng)} {label}"
    value = f"{rng.uniform(low, high):.{decimals}f}"
    gap = " " if unit and rng.random() < 0.85 else ""
    plain: Value = float(value) if "." in value else int(value)
    if not decimals and int(value) < 100 and unit in {"kg", "l", "g", "EUR"} and rng.random() < 0.3:
        plain = int(value) * rng.randint(100, 900)
        value = str(plain)
    written = f"{int(value):,}" if not decimals and len(value) > 3 and rng.random() < 0.4 else value
    return Attribute(
        label,
        f"{written}{gap}{unit}",
        plain,
        "number" if decimals else rng.choice(("number", "integer")),
        float(value),
        unit,
    )


def _count(rng: Random) -> Attribute:
    n = int(rng.choice((rng.randrange(13), rng.randrange(60), rng.randrange(900))))
    label = words.plural(words.thing(rng)) if rng.random() < 0.75 else rng.choice(COUNT_LABELS)
    return Attribute(label, number(n) if rng.random() < 0.25 else str(n), n, "integer", n)


def _worded(rng: Random) -> Attribute:
    label = rng.choice(WORD_LABELS) if rng.random() < 0.55 else words.thing(rng)
    roll = rng.random()
    if label in {"colour", "paint", "lid colour", "cable colour", "stripe"}:
        shown = rng.choice(lexicon.COLOURS)
    elif roll < 0.35:
        shown = words.quality(rng)
    elif roll < 0.6:
        shown = words.thing(rng)
    elif roll < 0.75:
        shown = f"{words.quality(rng)} {words.thing(rng)}"
    else:
        shown = words.site(rng)
    return Attribute(label, shown, shown, "string")


def _named(rng: Random) -> Attribute:
    label = rng.choice(PERSON_LABELS) if rng.random() < 0.6 else words.role(rng)
    shown = lexicon.person_name(rng) if rng.random() < 0.85 else capital(lexicon.pseudo_word(rng))
    return Attribute(label, shown, shown, "string")


def _addressed(rng: Random) -> Attribute:
    shown = _address(rng)
    return Attribute(rng.choice(ADDRESS_LABELS), shown, shown, "string")


def _timed(rng: Random) -> Attribute:
    roll = rng.random()
    minutes = rng.randrange(1440)
    if roll < 0.6:
        shown = clock(minutes) if rng.random() < 0.85 else clock12(minutes)
        label = rng.choice(TIME_LABELS) if rng.random() < 0.8 else words.done(rng)
    elif roll < 0.8:
        shown, label = a_date(rng), rng.choice(DATE_LABELS)
    else:
        shown = f"{rng.randint(2, 90)} {rng.choice(('minutes', 'min', 'seconds', 's', 'hours', 'h', 'days', 'weeks'))}"
        label = rng.choice(
            ("duration", "waiting time", "age", "delay", "uptime", "lead time", "runtime", "idle time", "downtime")
        )
    if rng.random() < 0.2 and label not in {"duration", "age"}:
        label = f"{words.thing(rng)} {label}"
    return Attribute(label, shown, shown, "string")


def _flag(rng: Random) -> Attribute:
    true, false = rng.choice(FLAGS)
    on = rng.random() < 0.5
    label = rng.choice(FLAG_LABELS) if rng.random() < 0.4 else words.thing(rng)
    shown = true if on else false
    return Attribute(label, shown, shown, "string")


def _truth(rng: Random) -> Attribute:
    on = rng.random() < 0.5
    label = rng.choice(TRUTH_LABELS) if rng.random() < 0.5 else f"{words.thing(rng)} {rng.choice(PARTICIPLES)}"
    return Attribute(label, rng.choice(("yes", "yes", "true") if on else ("no", "no", "false")), on, "boolean")


def _several(rng: Random) -> Attribute:
    many = [words.thing(rng) if rng.random() < 0.6 else lexicon.person_name(rng) for _ in range(rng.randint(2, 4))]
    label = rng.choice(
        (
            "contents",
            "items",
            "tools",
            "parts",
            "crew",
            "team",
            "load",
            "ingredients",
            "labels",
            "tags",
            "extras",
            "missing",
        )
    )
    return Attribute(label, listing(many) if rng.random() < 0.5 else ", ".join(many), list(many), "list")


_SHAPES: tuple[Callable[[Random], Attribute], ...] = (
    *(_code_attribute,) * 5,
    *(_measured,) * 4,
    *(_count,) * 3,
    *(_worded,) * 6,
    *(_named,) * 2,
    _addressed,
    *(_timed,) * 3,
    *(_flag,) * 3,
    *(_truth,) * 2,
    _several,
)


def attribute(rng: Random, *, numeric: bool = False) -> Attribute:
    """An attribute of any shape, or one that can be compared."""
    return rng.choice((_measured, _measured, _count))(rng) if numeric else rng.choice(_SHAPES)(rng)


def again(rng: Random, like: Attribute) -> Attribute:
    """Another value of the same shape under the same label, for a second thing or a wrong guess."""
    for _ in range(200):
        if like.amount is not None and like.kind in {"integer", "number"}:
            decimals = len(str(like.value).partition(".")[2])
            raw = max(0.0, like.amount + rng.uniform(-1, 1) * max(3.0, abs(like.amount) * rng.choice((0.1, 0.5, 1.0))))
            text = f"{raw:.{decimals}f}"
            gap = " " if f" {like.unit}" in like.shown else ""
            other = Attribute(
                like.label,
                f"{text}{gap}{like.unit}",
                float(text) if decimals else int(text),
                like.kind,
                float(text),
                like.unit,
            )
        else:
            other = next(a for a in (_like(rng, like) for _ in range(400)) if a)
        if other.shown.lower() != like.shown.lower() and other.value != like.value:
            return other
    return Attribute(like.label, code(rng), code(rng), "string")


def _like(rng: Random, like: Attribute) -> Attribute | None:
    if like.kind == "boolean":
        return Attribute(like.label, "no" if like.value else "yes", not like.value, "boolean")
    for pair in FLAGS:
        if like.shown in pair:
            shown = pair[1 - pair.index(like.shown)]
            return Attribute(like.label, shown, shown, "string")
    if like.kind == "integer":
        shown = str(rng.randint(1, 9999))
        return Attribute(like.label, shown, int(shown), "integer")
    if like.kind == "list":
        return _relabelled(_several(rng), like.label)
    if ":" in like.shown and like.shown[:1].isdigit():
        shown = clock(rng.randrange(1440))
        return Attribute(like.label, shown, shown, "string")
    if any(c.isdigit() for c in like.shown):
        return _relabelled(Attribute("", code(rng), "", "string"), like.label)
    shape = _named if like.shown[:1].isupper() else _worded
    return _relabelled(shape(rng), like.label)


def _relabelled(found: Attribute, label: str) -> Attribute:
    return Attribute(label, found.shown, found.value if found.kind == "list" else found.shown, found.kind)
