# ruff: noqa: C901, PLR0911, PLR2004 - phrase tables and the shares of a random choice are data
"""Short, hard questions by the thousand: comparing two numbers, and who belongs to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pieces as atoms
import telemetry
from instances import instances_piece
from language import one_of
from pieces import Piece, Question
from subjects import placements_piece, subject_piece
from things import amount_question, crowd_piece, distinct_things

if TYPE_CHECKING:
    from random import Random

_COMPARING = (
    "threshold",
    "before-after",
    "day-night",
    "over-budget",
    "margin",
    "temperature-over",
    "hotter",
    "hottest",
    "too-hot",
    "queue-more",
    "which-most",
    "compare-in",
    "over-in",
    "difference",
    "amount",
    "sum",
    "count-all",
)


def _first(rng: Random, found: list[Piece], kinds: tuple[str, ...]) -> Question:
    asks = [a for p in found for a in p.asks]
    question = rng.choice(asks)(rng)
    for _ in range(12):
        if question.kind in kinds:
            break
        question = rng.choice(asks)(rng)
    return question


def drill(rng: Random) -> tuple[list[Piece], Question, bool]:
    """A few facts, a question that makes the model compare or bind, and whether it is telemetry."""
    roll = rng.random()
    if roll < 0.16:
        piece = None
        while piece is None:
            piece = atoms.quantity_piece(rng, set())
        return [piece], _first(rng, [piece], ("threshold",)), False
    if roll < 0.26:
        piece = atoms.time_piece(rng, 0.4)
        beside = rng.choice((atoms.state_piece, atoms.quantity_piece, atoms.label_piece))(rng, set())
        found = [piece, beside] if beside and rng.random() < 0.7 else [piece]
        return found, _first(rng, [piece], ("before-after", "day-night")), False
    if roll < 0.42:
        found = telemetry.power_pieces(rng)
        return found, _first(rng, found, ("over-budget", "margin", "threshold")), True
    if roll < 0.54:
        found = telemetry.temperature_pieces(rng)
        return found, _first(rng, found, ("temperature-over", "hotter", "hottest", "too-hot")), True
    if roll < 0.59:
        piece = telemetry.count_piece(rng)
        return [piece], _first(rng, [piece], ("queue-more",)), True
    if roll < 0.74:
        piece = instances_piece(rng)
        return [piece], _first(rng, [piece], _COMPARING), False
    if roll < 0.86:
        piece = placements_piece(rng)
        return [piece], rng.choice(piece.asks)(rng), False
    if roll < 0.93:
        piece = crowd_piece(rng)
        things = distinct_things(rng, 2)
        question = _first(rng, [piece], ("amount", "count", "count-all"))
        if not piece.asks:
            question = amount_question(rng, things, "")
        return [piece], question, False
    piece = subject_piece(rng)
    return [piece], _first(rng, [piece], ("garment-colour", "wears", "wearing", "carrying", "is-garment-colour")), False


def plain(rng: Random, found: list[Piece]) -> str:
    """The facts as a plain list."""
    return one_of(rng, ("{t}",), t=(", " if rng.random() < 0.8 else "\n").join(p.fragment for p in found))
