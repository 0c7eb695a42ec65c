# ruff: noqa: E501, PLR2004 - phrase tables and the shares of a random choice are data
"""Requests for fields as JSON with keys that nobody can know by heart, in every layout of a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attributes
import vocabulary as words
from attributes import key_style
from language import listing, one_of
from lexicon import pseudo_word
from pieces import Piece, Question, Value

if TYPE_CHECKING:
    from random import Random

_TYPES = {
    "integer": ("integer", "int", "whole number", "number", "integer", "i32"),
    "number": ("number", "float", "decimal", "number", "double"),
    "boolean": ("boolean", "bool", "true/false", "yes/no", "boolean"),
    "string": ("string", "text", "str", "string"),
    "list": ("list", "array", "list of strings", "array"),
}
_ASK = (
    "Extract {k} as JSON.",
    "Extract {k} as JSON.",
    "Extract {k} as JSON.",
    "Extract {k} as JSON[ please].",
    "(Extract|Pull out|Pick out|Get|Fetch|Give me|Return|List|Read out|Collect|Note|Report|Output|Provide|Deliver|Show|Send|Write|Save|Capture) {k} (as|in|as compact|as one|into) JSON[ please| object| format|].",
    "(Return|Output|Write|Produce|Make|Build|Create|Reply with|Answer with|Respond with|Generate|Print|Emit) [a |one |only |just |valid ]JSON[ object| document|] (with|containing|having|holding|for|from this with) {k}.",
    "JSON (with|for|of|from this|out of this): {k}",
    "JSON[ keys| fields| only| please| object|]: {k}",
    "(json|JSON) {k}",
    "(I need|I want|We need|Can I have|Could I get|I'd like|Please give me) {k} (as|in) JSON.",
    "(Can|Could|Would|Will) you (extract|give me|return|put|turn into json|make json of|read) {k} (as|in) JSON?",
    "Only JSON[, no prose| and nothing else| please|]: {k}",
    "-> JSON {k}",
    "=> {o}{k}{c}",
    "(Fill|Complete|Populate) {o}{k}{c}[ from this| with the facts| as JSON|].",
    "(Keys|JSON keys|Fields|Columns|Schema|Wanted|Needed|Output|Format|Attributes|Properties): {k}[. JSON only.|]",
    "(Convert|Turn|Parse|Transform|Change|Put|Translate) (this|that|it|the facts|the note|the line|the message|the record|everything) (to|into) JSON (with|using|, keys|having) {k}.",
    "Machine readable please (JSON): {k}",
    "for the database as json: {k}",
    "my program reads json; give it {k}",
    "What are {k}? (As|In|Answer in|Reply with) JSON.",
    "structured output, {k}",
    "I only care about {k}. JSON[.| please.]",
    "(Take|From this take|Out of it I need) {k}, JSON.",
    "the json should have {k}",
    "JSON object, (keys|fields) {k}. (null|Null|Use null|Write null) (where|if|when) (unknown|missing|not stated|it is not there|nothing is said).",
    "Extract {k} as JSON, null if (missing|not given|unknown|absent).",
    "json: {k}",
    "give json {k}",
)


def untold_key(rng: Random) -> tuple[str, str]:
    """A key for which the facts have nothing, and its type."""
    a = attributes.attribute(rng)
    return key_style(rng, a.label if rng.random() < 0.8 else f"{a.label} {pseudo_word(rng)}"), a.kind


def _parts(name: str) -> set[str]:
    spaced = "".join(
        f" {c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower() for i, c in enumerate(name)
    )
    return {w for w in spaced.replace("_", " ").replace("-", " ").replace(".", " ").split(" ") if len(w) > 2}


def _choose(rng: Random, pieces: list[Piece]) -> dict[str, tuple[str, Value]]:
    chosen: dict[str, tuple[str, Value]] = {}
    owner: dict[str, object] = {}
    fields = [f for p in pieces for f in p.fields]
    clashes = {
        k
        for i, f in enumerate(fields)
        for k in f.keys
        if any(k in g.keys and g.value != f.value for g in fields[i + 1 :])
    }
    for f in rng.sample(fields, min(len(fields), rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 6)))):
        name = rng.choice(f.keys)
        if name not in chosen and name not in clashes:
            chosen[name] = (f.kind, f.value)
            owner[name] = f
    told = (
        {w for f in fields for k in f.keys for w in _parts(k)}
        | {w for p in pieces for t in p.topics for w in t.lower().split(" ")}
        | {w for p in pieces for w in p.fragment.lower().replace(",", " ").split(" ")}
    )
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2)) if chosen else 2):
        name, kind = untold_key(rng)
        if not _parts(name) & told:
            chosen[name] = (kind, None)
    return chosen


def request(rng: Random, pieces: list[Piece]) -> Question | None:
    """A request for some fields of the pieces, some of them untold, and the JSON that answers it."""
    chosen = _choose(rng, pieces)
    if not chosen or (all(v is None for _, v in chosen.values()) and rng.random() < 0.85):
        return None
    items = list(chosen.items())
    rng.shuffle(items)
    typed = rng.random()
    asked = [_shown(rng, name, "list" if isinstance(v, list) else kind, typed) for name, (kind, v) in items]
    style = rng.random()
    if style < 0.07:
        sketch = ",".join(f"{json.dumps(name)}: {_blank(kind, v)}" for name, (kind, v) in items)
        text = one_of(
            rng,
            (
                "Fill in: {o}{k}{c}",
                "Answer in this form: {o}{k}{c}",
                "Template: {o}{k}{c}",
                "use this schema {o}{k}{c}",
                "Complete this JSON: {o}{k}{c}",
            ),
            k=sketch,
            o="{",
            c="}",
        )
    elif style < 0.16:
        mark = rng.choice(("- ", "* ", "", "• "))
        text = one_of(
            rng,
            (
                "(Extract|Return|Give me) (as JSON|JSON with|these fields as JSON):\n{k}",
                "JSON, please:\n{k}",
                "Fields (JSON):\n{k}",
                "I need this as JSON:\n{k}",
            ),
            k="\n".join(mark + a for a in asked),
        )
    else:
        quote = (
            rng.choice(('"', '"', "`", "'"))
            if rng.random() < 0.1 and not any("(" in a or ":" in a for a in asked)
            else ""
        )
        quoted = [f"{quote}{a}{quote}" for a in asked]
        keys = listing(quoted) if rng.random() < 0.3 else rng.choice((", ", ", ", ", ", "; ", " / ", ",")).join(quoted)
        text = one_of(rng, _ASK, k=keys, o="{", c="}")
    return Question(
        "extract",
        text,
        json.dumps({name: v for name, (_, v) in items}, ensure_ascii=False, separators=(",", ":")),
        "+".join(sorted(chosen)),
    )


def _blank(kind: str, value: Value) -> str:
    return {"integer": "0", "number": "0.0", "boolean": "false"}.get(kind, "[]" if isinstance(value, list) else '""')


def _shown(rng: Random, name: str, kind: str, typed: float) -> str:
    show = kind in {"boolean", "list"} or typed < 0.3 or (typed < 0.75 and kind != "string")
    if not show or (kind == "boolean" and name.startswith(("is_", "has_", "is ", "has ")) and typed > 0.6):
        return name
    of = rng.choice(_TYPES[kind])
    return rng.choice(
        (f"{name} ({of})",) * 8
        + (
            f"{name}: {of}",
            f"{name}:{of}",
            f"{name} as {of}",
            f"{name} <{of}>",
            f"{of} {name}",
            f"{name} [{of}]",
            f"{name} - {of}",
        )
    )


def odd_value(rng: Random) -> Piece:
    """A fact under an invented label, so that a key is found by its letters alone."""
    label = f"{pseudo_word(rng)} {words.thing(rng)}" if rng.random() < 0.5 else pseudo_word(rng)
    a = attributes.attribute(rng)
    value = a.shown
    clause = f"the {label} is {value}"
    return Piece(
        rng.choice((f"{label} {value}", f"{label}: {value}", f"{label}={value}", f"{label} is {value}")),
        f"The {label} is {value}.",
        [(key_style(rng, label), value)],
        clause,
        "tail",
        frozenset({label}),
        [],
        attributes.Attribute(label, a.shown, a.value, a.kind, a.amount, a.unit).fields(rng),
    )
