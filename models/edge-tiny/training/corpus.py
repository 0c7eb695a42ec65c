# ruff: noqa: C901, PLR0912, PLR2004, SIM108 - phrase tables and the shares of a random choice are data
"""Generate edge-tiny's corpus: endless conversations from a seed, and the held-out split.

A combination is (job, kind of question, what is asked about, another thing that the facts tell).
One in twenty combinations, by CRC-32, is held out: training never sees it, the evaluation sees
nothing else.

    python corpus.py --split heldout --count 2000 --seed 1 --output out/heldout.jsonl
"""

from __future__ import annotations

import argparse
import json
import zlib
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import about
import pieces as atoms
from drills import drill, plain
from events import events_piece
from instances import instances_piece
from language import one_of
from narrative import tale_piece
from pieces import Piece, Question
from prompts import (
    Example,
    Turn,
    compose,
    describe_text,
    description,
    extract_question,
    facts_text,
    framed,
    noisy,
    system_message,
)
from reports import cameras_piece, log_piece
from signals import confidence_piece, duration_piece, share_piece, signal_piece
from subjects import named_piece, placements_piece, subject_piece
from telemetry import telemetry_pieces
from things import crowd_piece
from wide import wide
from written import written

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD_OUT_ONE_IN = 20
_VAGUE = frozenset({"things", "place", "people", "person", "time", "events", "names", "report", "log"})


def is_held_out(combo: str) -> bool:
    """Whether a combination belongs to the held-out split."""
    return zlib.crc32(combo.encode()) % HELD_OUT_ONE_IN == 0


def _combo(job: str, question: Question, scene: list[Piece]) -> str:
    told = sorted({t for p in scene for t in p.topics} - _VAGUE - {question.topic})
    return f"{job}|{question.kind}|{question.topic}|{told[0] if told else ''}"


# Scenes -------------------------------------------------------------------------------------------


def scene(rng: Random) -> list[Piece]:
    """A main piece, mostly the time, and up to three further facts."""
    roll = rng.random()
    used: set[str] = set()
    main: Piece | None
    if roll < 0.27:
        main = crowd_piece(rng)
    elif roll < 0.44:
        main = subject_piece(rng)
    elif roll < 0.53:
        main = placements_piece(rng)
    elif roll < 0.57:
        main = named_piece(rng)
    elif roll < 0.65:
        main = events_piece(rng)
    elif roll < 0.73:
        main = instances_piece(rng)
    elif roll < 0.89:
        main = tale_piece(rng)
    elif roll < 0.925:
        main = share_piece(rng)
    elif roll < 0.945:
        main = confidence_piece(rng)
    else:
        main = None
    found = [main] if main else []
    used |= set().union(*(p.topics for p in found)) if found else set()
    if main and roll < 0.44 and not used & {"camera", "zone"} and rng.random() < 0.08:
        _seen_by_camera(rng, main)
        used.add("camera")
    if "place" not in used and rng.random() < 0.15:
        found.append(atoms.place_piece(rng))
        used |= {"place"}
    if "time" not in used and rng.random() < 0.58:
        found.append(atoms.time_piece(rng))
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3)) if main else rng.choice((1, 2, 3, 4))):
        make = rng.choice(
            (
                atoms.state_piece,
                atoms.state_piece,
                atoms.state_piece,
                atoms.quantity_piece,
                atoms.quantity_piece,
                atoms.label_piece,
                atoms.label_piece,
                signal_piece,
                duration_piece,
            )
        )
        piece = make(rng, used)
        if piece:
            used |= piece.topics
            found.append(piece)
    if len(found) > 1 and rng.random() < 0.35:
        rng.shuffle(found)
    return found or [crowd_piece(rng)]


def _seen_by_camera(rng: Random, main: Piece) -> None:
    """Say which camera sees it: `camera 3 sees two people`."""
    name = f"{rng.choice(('camera', 'camera', 'cam'))} {rng.randint(1, 30)}"
    main.fragment = f"{name} {rng.choice(('sees', 'sees', 'shows', 'reports', 'has', 'detects'))} {main.fragment}"
    main.pairs.insert(0, ("camera", name))
    main.asks.append(
        lambda r: Question(
            "label camera", one_of(r, atoms.LABEL_QUESTIONS["camera"]), f"{name.capitalize()}.", "camera"
        )
    )
    main.clause += f" on {name}"
    main.topics |= {"camera"}


def absent_question(rng: Random, told: set[str]) -> Question:
    """A question that the facts do not answer."""
    for _ in range(40):
        roll = rng.random()
        if roll < 0.35:
            name, texts = rng.choice(list(atoms.LABEL_QUESTIONS.items()))
            if (
                name not in told
                and not (name == "camera" and "zone" in told)
                and not told & set(atoms.LABEL_KEYS[name])
            ):
                return Question("absent", one_of(rng, texts), "Not stated.", name)
        elif roll < 0.85:
            piece = rng.choice((atoms.state_piece, atoms.state_piece, atoms.quantity_piece, signal_piece))(
                rng, set(told)
            )
            if piece and not any(t in w.split(" ") or w in t.split(" ") for t in piece.topics for w in told):
                question = rng.choice(piece.asks)(rng)
                return Question("absent", question.text, "Not stated.", question.topic)
        elif not told & {"time", "since"}:
            return Question("absent", one_of(rng, atoms.WHAT_TIME), "Not stated.", "time")
    return Question("absent", "Who pays for it?", "Not stated.", "payer")


def _asked(rng: Random, found: list[Piece]) -> Question:
    if rng.random() < 0.1:
        return absent_question(rng, set().union(*(p.topics for p in found)))
    asking = [p for p in found if p.asks]
    weights = [3 if p.role == "main" else 1 for p in asking]
    return rng.choice(rng.choices(asking, weights)[0].asks)(rng)


# Jobs ---------------------------------------------------------------------------------------------


def _conversation(rng: Random, job: str, found: list[Piece], question: Question, *, extra_turns: int = 0) -> Example:
    facts = facts_text(rng, found)
    asks = job not in {"describe", "extract"}
    typed = (framed if job == "extract" else noisy)(rng, question.text)
    prompt = compose(rng, facts, typed, telemetry=job == "telemetry", asks=asks)
    turns = [Turn(prompt, question.answer)]
    for _ in range(extra_turns):
        more = _asked(rng, found)
        turns.append(Turn(noisy(rng, more.text), more.answer))
    return Example(job, _combo(job, question, found), tuple(turns), system_message(rng))


def describe(rng: Random) -> Example:
    """Facts to one sentence."""
    if rng.random() < 0.1:
        found = telemetry_pieces(rng)[:4]
    else:
        found = scene(rng)
    text = describe_text(rng)
    return _conversation(
        rng, "describe", found, Question("describe", text, description(found), found[0].fragment.split(" ")[-1])
    )


def ask(rng: Random) -> Example:
    """A question about given facts."""
    if rng.random() < 0.04:
        found = [cameras_piece(rng, rng.randint(2, 6))]
    else:
        found = scene(rng)
    return _conversation(
        rng, "ask", found, _asked(rng, found), extra_turns=rng.randint(1, 2) if rng.random() < 0.05 else 0
    )


def extract(rng: Random) -> Example:
    """Asked-for fields as JSON."""
    while True:
        found = telemetry_pieces(rng) if rng.random() < 0.12 else scene(rng)
        question = extract_question(rng, found)
        if question:
            return _conversation(rng, "extract", found, question)


def telemetry(rng: Random) -> Example:
    """A question about device telemetry."""
    found = telemetry_pieces(rng)
    asking = [p for p in found if p.asks]
    question = rng.choice(rng.choice(asking).asks)(rng)
    return _conversation(rng, "telemetry", found, question, extra_turns=0)


def self_description(rng: Random) -> Example:
    """No facts: who it is, what it cannot do."""
    question = about.about_question(rng)
    typed = noisy(rng, question.text)
    system = system_message(rng)
    return Example("about", f"about|{question.kind}|{typed}|{system}", (Turn(typed, question.answer),), system)


def drilled(rng: Random) -> Example:
    """Few facts and a comparison or an attribution."""
    found, question, is_telemetry = drill(rng)
    job = "telemetry" if is_telemetry else "ask"
    facts = plain(rng, found) if rng.random() < 0.6 else facts_text(rng, found)
    prompt = compose(rng, facts, noisy(rng, question.text), telemetry=is_telemetry)
    return Example(job, _combo(job, question, found), (Turn(prompt, question.answer),))


def long_facts(rng: Random) -> Example:
    """One fact among many, up to the whole context."""
    count = int(2 ** rng.uniform(2.5, 6 if rng.random() < 0.75 else 7.6))
    found = [log_piece(rng, count) if rng.random() < 0.5 else cameras_piece(rng, count)]
    question = rng.choice(found[0].asks)(rng)
    prompt = compose(rng, found[0].fragment, noisy(rng, question.text), telemetry=False)
    told = prompt[prompt.find("\n") + 1 : prompt.find("\n") + 40]
    return Example(
        "ask", f"long|{question.kind}|{question.topic}|{told}", (Turn(prompt, question.answer),), system_message(rng)
    )


_JOBS = (
    (describe, 0.03),
    (ask, 0.1),
    (extract, 0.03),
    (telemetry, 0.06),
    (self_description, 0.02),
    (drilled, 0.08),
    (long_facts, 0.02),
    (wide, 0.24),
    (written, 0.42),
)


def example(rng: Random) -> Example:
    """One conversation of any job."""
    return rng.choices([job for job, _ in _JOBS], [share for _, share in _JOBS])[0](rng)


def stream(seed: int, *, held_out: bool) -> Iterator[Example]:
    """The endless corpus of one seed: of the training combinations, or of the held-out ones."""
    rng = Random(seed)  # noqa: S311 - reproducible, not secret
    while True:
        found = example(rng)
        if is_held_out(found.combo) == held_out:
            yield found


def to_json(found: Example) -> str:
    """One line of a JSONL file."""
    messages = [{"role": "system", "content": found.system}] if found.system else []
    for turn in found.turns:
        messages += [{"role": "user", "content": turn.user}, {"role": "assistant", "content": turn.assistant}]
    return json.dumps({"job": found.job, "combo": found.combo, "messages": messages}, ensure_ascii=False)


def main() -> None:
    """Write a part of the corpus for reading, or the held-out split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("train", "heldout"), default="heldout")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    found = islice(stream(args.seed, held_out=args.split == "heldout"), args.count)
    args.output.write_text("".join(to_json(each) + "\n" for each in found), encoding="utf-8")


if __name__ == "__main__":
    main()
