# ruff: noqa: PLR2004 - the shares of a random choice are data
"""What the slots of `written/` hold: counts, numbers, times, names, codes and words, drawn at random."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import attributes
import lexicon
import vocabulary as words
from language import capital, clock, clock12
from pieces import a_date

if TYPE_CHECKING:
    from random import Random

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRMS = (
    *("Logistics", "GmbH", "Ltd", "Foods", "Transport", "Bros", "& Sons"),
    *("Systems", "Services", "Couriers", "Inc", "AG", "Tools", ""),
)


@dataclass(frozen=True, slots=True)
class Value:
    """What a slot holds.

    Attributes:
        text: As it is written.
        amount: The number to compare and add, if it is one; minutes of a time.
        kind: count, digits, time or text.
        decimals: Digits after the point.
    """

    text: str
    amount: float | None = None
    kind: str = "text"
    decimals: int = 0


def _plate(rng: Random) -> str:
    def some(count: int) -> str:
        return "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=count))

    def digits(count: int) -> str:
        return "".join(rng.choices("0123456789", k=count))

    return rng.choice(
        (
            f"{some(rng.randint(1, 3))}-{some(2)} {digits(rng.randint(2, 4))}",
            f"{some(2)}{digits(2)} {some(3)}",
            f"{some(3)}-{digits(4)}",
            f"{some(3)} {digits(3)}",
            f"{some(2)}-{digits(3)}-{some(2)}",
            f"{digits(1)}{some(3)}{digits(3)}",
        )
    )


def _firm(rng: Random) -> str:
    name = capital(lexicon.pseudo_word(rng)) if rng.random() < 0.5 else lexicon.person_name(rng).split(" ")[-1]
    return f"{name} {rng.choice(_FIRMS)}".strip()


DRAWS = {
    "name": lexicon.person_name,
    "colour": lambda rng: rng.choice(lexicon.COLOURS),
    "plate": _plate,
    "code": attributes.code,
    "thing": words.thing,
    "vehicle": lambda rng: rng.choice(lexicon.VEHICLES).one,
    "animal": lambda rng: rng.choice(lexicon.ANIMALS).one,
    "role": words.role,
    "place": lambda rng: lexicon.place(rng).name,
    "company": _firm,
    "date": a_date,
    "day": lambda rng: rng.choice(_DAYS),
    "word": lexicon.pseudo_word,
}
RANGE = re.compile(r"(#?)(-?\d+(?:\.(\d+))?)-(-?\d+(?:\.(\d+))?)")


def draw(rng: Random, spec: str, clock_style: float) -> Value:
    """A value of the kind or range of `spec`; all times of a conversation share a clock style (0 to 1)."""
    if spec == "time":
        return time_of_day(rng.randrange(1440), clock_style, rng)
    if spec in DRAWS:
        return Value(DRAWS[spec](rng))
    found = RANGE.fullmatch(spec)
    if found:
        decimals = max(len(found[3] or ""), len(found[5] or ""))
        low, high = float(found[2]), float(found[4])
        amount = round(rng.uniform(low, high), decimals) if decimals else rng.randint(int(low), int(high))
        return Value(f"{amount:.{decimals}f}", amount, "digits" if found[1] else "count", decimals)
    return Value(rng.choice(spec.split("|")).strip())


def time_of_day(minutes: int, style: float, rng: Random | None = None) -> Value:
    """A time of day in one of three clocks; seconds only where `rng` can draw them."""
    minutes %= 1440
    if style < 0.84 or rng is None:
        return Value(clock(minutes) if style < 0.9 else clock12(minutes), minutes, "time")
    if style < 0.9:
        return Value(f"{clock(minutes)}:{rng.randrange(60):02d}", minutes, "time")
    return Value(clock12(minutes), minutes, "time")
