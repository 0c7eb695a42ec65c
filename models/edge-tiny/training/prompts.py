# ruff: noqa: E501, PLR2004 - phrase tables and the shares of a random choice are data
"""From pieces to a conversation: facts written out, a question put beside them, the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from language import capital, listing, one_of, say, sloppy
from pieces import Field, Piece, Question, Value

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says and what the model answers."""

    user: str
    assistant: str


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation.

    Attributes:
        job: describe, ask, extract, telemetry or about.
        combo: What the hold-out rule looks at: job, kind of question, topics, place.
        turns: One turn, seldom two or three.
        system: The system message, or nothing.
    """

    job: str
    combo: str
    turns: tuple[Turn, ...]
    system: str = ""


# Facts --------------------------------------------------------------------------------------------


def facts_text(rng: Random, pieces: list[Piece]) -> str:
    """The facts in one of the usual shapes."""
    roll = rng.random()
    if roll < 0.48:
        return _prose(rng, pieces)
    if roll < 0.62:
        text = " ".join(p.sentence for p in pieces)
        return text if rng.random() < 0.8 else text.rstrip(".")
    pairs = unique([pair for p in pieces for pair in p.pairs])
    if roll < 0.72:
        return json.dumps(
            dict(pairs),
            ensure_ascii=False,
            separators=rng.choice(((",", ":"), (", ", ": "))),
            indent=rng.choice((None, None, None, 2)),
        )
    if roll < 0.84:
        return rng.choice(("\n", "\n", ", ", "; ", " | ")).join(
            f"{k}{s}{_plain(v)}" for s in (rng.choice((": ", ": ", " = ", "=", ":", " - ")),) for k, v in pairs
        )
    bullet = rng.choice(("- ", "* ", "• ", "", "1"))
    lines = [p.fragment for p in pieces] if rng.random() < 0.6 else [f"{k}: {_plain(v)}" for k, v in pairs]
    return "\n".join((f"{i + 1}. " if bullet == "1" else bullet) + line for i, line in enumerate(lines))


def _prose(rng: Random, pieces: list[Piece]) -> str:
    joiner = rng.choice(
        (", ", ", ", ", ", ", ", "; ", ". ", " | ", " / ") if not any("\n" in p.fragment for p in pieces) else ("\n",)
    )
    parts = [p.fragment for p in pieces]
    if joiner == ". ":
        parts = [capital(p) for p in parts]
    text = joiner.join(parts)
    if rng.random() < 0.25:
        text = capital(text)
    if rng.random() < 0.08:
        text = f"{rng.choice(('the camera sees', 'camera sees', 'we see', 'the camera shows', 'I see', 'on the picture:', 'seen:', 'right now:'))} {text}"
    return text


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    return "none" if value is None else str(value)


def unique(pairs: list[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """The pairs, a number after each key that came before."""
    seen: dict[str, int] = {}
    out = []
    for name, value in pairs:
        seen[name] = seen.get(name, 0) + 1
        out.append((name if seen[name] == 1 else f"{name}_{seen[name]}", value))
    return out


# A prompt -----------------------------------------------------------------------------------------

_FACT_MARKS = (
    "Facts: ",
    "Facts: ",
    "Facts: ",
    "Facts: ",
    "Facts: ",
    "facts: ",
    "Facts:\n",
    "Scene: ",
    "Camera: ",
    "Observation: ",
    "Context: ",
    "Report: ",
    "Input: ",
    "Given: ",
    "Known: ",
    "Data: ",
    "facts = ",
    "FACTS: ",
    "Camera report: ",
    "Log: ",
    "Seen: ",
    "Camera facts: ",
    "Situation: ",
    "Info: ",
    "Here are the facts: ",
    "These are the facts: ",
    "Note: ",
    "Sensor report: ",
    "Event: ",
    "Message: ",
    "detections: ",
    "Picture: ",
    "",
)
_TELEMETRY_MARKS = (
    "Telemetry: ",
    "Telemetry: ",
    "Telemetry: ",
    "Telemetry: ",
    "telemetry: ",
    "Device telemetry: ",
    "Status: ",
    "Device: ",
    "Facts: ",
    "Device status: ",
    "Readings: ",
    "Telemetry:\n",
    "Metrics: ",
    "Report: ",
    "The board reports ",
    "Device report: ",
    "Health: ",
    "Sensors: ",
    "jetson: ",
    "telemetry = ",
    "System: ",
    "The device reports: ",
    "stats: ",
    "",
    "",
    "",
)
_QUESTION_MARKS = (
    "Question: ",
    "Question: ",
    "Question: ",
    "Q: ",
    "question: ",
    "q: ",
    "Please answer: ",
    "Answer this: ",
    "Query: ",
    "Task: ",
    "My question: ",
    "Now tell me: ",
    "QUESTION: ",
    "Asked: ",
    "User asks: ",
    "",
)


def compose(rng: Random, facts: str, question: str, *, telemetry: bool, asks: bool = True) -> str:
    """Put facts and question together, in either order, with or without marks."""
    marks = _TELEMETRY_MARKS if telemetry else _FACT_MARKS
    mark = rng.choice(marks) if rng.random() < 0.62 else ""
    told = mark + facts if not (mark.endswith("reports ") and "\n" in facts) else facts
    many = "\n" in facts or facts.startswith("{")
    asked = (rng.choice(_QUESTION_MARKS) if asks and rng.random() < 0.4 else "") + question
    if rng.random() < 0.025:
        asked = f"{rng.choice(('Hi', 'hi', 'Hello', 'hey', 'Good evening', 'Please', 'ok', 'Hi there'))}, {asked}"
    end = "" if facts.endswith((".", "!", "?", "}")) else "."
    roll = rng.random()
    if roll < 0.76:
        gap = rng.choice(("\n", "\n\n", "\n", "\n---\n")) if many or rng.random() < 0.22 else " "
        if gap == " ":
            told += end if rng.random() < 0.9 else rng.choice((",", " -", " ->", ";", ""))
        elif not many and rng.random() < 0.6:
            told += end
        return told + gap + asked
    if roll < 0.93:
        gap = "\n" if many or rng.random() < 0.4 else " "
        if not mark:
            told = (
                rng.choice(("Facts: ", "Facts: ", "Here: ", "Given: ", "Data: ", "", "Look: ", "The facts: ")) + facts
            )
        return asked + gap + told + (end if rng.random() < 0.5 else "")
    return one_of(
        rng,
        (
            "Given: {f}{e} {q}",
            'Here is a (report|note|message): "{f}"{e} {q}',
            '"{f}" {q}',
            "{q} This is what we know: {f}{e}",
            "Use only these facts: {f}{e} {q}",
            "I have this report: {f}{e} {q}",
            "hi, {f}{e} {q}",
            "The (report|log|camera) says: {f}{e} {q}",
            "{q}\n\n(Facts|Context|Camera|Report):\n{f}",
            "```\n{f}\n```\n{q}",
            "<facts>{f}</facts> {q}",
            "Context:\n{f}\n\nQuestion:\n{q}\n\nAnswer:",
            "Read this: {f}{e} Then answer: {q}",
            "{q} ({f})",
            "[{f}] {q}".replace("[", "<").replace("]", ">"),
            "Facts: {f}{e} Question: {q} Answer:",
            "Facts: {f}{e}\nQ: {q}\nA:",
            "given that {f}, {q}",
            "At the moment: {f}{e} {q}",
            "{q} Answer from this: {f}{e}",
        ),
        f=facts,
        q=question,
        e=end,
    )


_SYSTEMS = (
    "You are a helpful assistant.",
    "Answer in one sentence.",
    "You watch the cameras of a {site}.",
    "Answer briefly.",
    "You are a concise assistant.",
    "Answer only from the facts.",
    "You are edge-tiny.",
    "Use only the given facts. If they do not say, answer: Not stated.",
    "You are the assistant of a {site}. Be short.",
    "Be brief and exact.",
    "You answer questions about camera facts.",
    "You answer questions about device telemetry.",
    "You help the operator of a {site}.",
    "Reply in plain English.",
    "Do not invent anything.",
    "You are an AI assistant running on a Jetson.",
    "Classify the report.",
    "Today is a working day. Answer the operator's question.",
    "You are a helpful, honest assistant.",
    "Keep it short.",
)


def system_message(rng: Random) -> str:
    """A system message, in one conversation of five."""
    return (
        say(
            rng,
            rng.choice(_SYSTEMS),
            site=rng.choice(
                ("farm", "warehouse", "factory", "shop", "school", "car park", "house", "harbour", "hospital", "office")
            ),
        )
        if rng.random() < 0.2
        else ""
    )


# Describe -----------------------------------------------------------------------------------------

_DESCRIBE = (
    "Describe this in one sentence.",
    "Describe this in one sentence.",
    "What is happening?",
    "What is happening? One sentence.",
    "Summarize for the operator.",
    "(Describe|Summarize|Summarise) (this|the scene|it|the situation|the facts|what you see)[ in one sentence| in a sentence| briefly| shortly| in one short sentence| for the operator| for a person| for the log| please|].",
    "(Put|Turn|Make|Write|Form) (that|this|these facts|it) (into|as) one sentence[ please].",
    "(Write|Give me|Make) (a|one) (short |)(sentence|line|summary|caption|description)[ about this| of this| of it| for the log| for the guard| for the operator| for the report|].",
    "What (does the camera see|is going on|is happening here|do you see|can you see|is there to see|happens here|'s going on|goes on here)? (One sentence.|In one sentence.|In a sentence, please.|Answer in one sentence.|)",
    "One sentence[, please| please|, plain English|].",
    "(Tell me|Say|Explain) in (one|a) sentence what (is going on|is happening|the camera sees|is there|you see|this is about).",
    "(Can|Could) you (describe|summarize|sum up|put) (this|that|it) (in one sentence|in a sentence|for me|to a customer|to the operator|shortly)?",
    "Sum (this|it) up[ in one sentence| for me|].",
    "Describe the scene.",
    "describe",
    "summary please",
    "Make a sentence (out of|from) this.",
    "-> one sentence",
    "(Report|Tell) this to the (guard|operator|owner|night shift|customer|police|caretaker)[ in one sentence|].",
    "Caption:",
    "Write (this|it) (out|down) as a (full |complete |proper |)sentence.",
    "Give a one-sentence (summary|description|report).",
    "How would you (describe|say|put) this[ in one sentence]?",
    "Tell me[ in a sentence] what's going on.",
    "Write one (short |)line for the (night guard|log|operator|shift book|owner).",
    "Put it in words.",
    "In one sentence, what is (happening|going on|there)?",
    "Summarise in one sentence for the log.",
    "Describe what you see, one sentence",
    "I need one sentence for the (log|report|boss|logbook).",
    "Please (formulate|phrase|word) (this|it) as a sentence.",
    "Reply with one sentence (describing|summing up) this.",
    "make it readable",
    "Turn the facts into plain English.",
    "say it in plain words",
    "What should I tell the (guard|owner|operator)? One sentence.",
)


def describe_text(rng: Random) -> str:
    """A request for one sentence."""
    return one_of(rng, _DESCRIBE)


def description(pieces: list[Piece]) -> str:
    """The facts as one sentence: subjects, where, when, then the rest."""
    mains = [p.clause for p in pieces if p.role == "main"]
    tails = [p.clause for p in pieces if p.role == "tail"]
    where = "".join(f" {p.clause}" for p in pieces if p.role == "where")
    when = "".join(f" {p.clause}" for p in pieces if p.role == "time")
    if not mains and tails:
        return capital(listing(tails) + where + when) + "."
    if not mains:
        return f"The picture was taken{where}{when}."
    head = listing(mains) + where + when
    if not tails:
        return capital(head) + "."
    return capital(head) + (f" and {tails[0]}" if len(tails) == 1 else f", {listing(tails)}") + "."


# Extract ------------------------------------------------------------------------------------------

_UNTOLD_KEYS = (
    ("plate", "string"),
    ("name", "string"),
    ("driver", "string"),
    ("age", "integer"),
    ("colour", "string"),
    ("time", "string"),
    ("date", "string"),
    ("place", "string"),
    ("temperature", "number"),
    ("weather", "string"),
    ("speed", "number"),
    ("direction", "string"),
    ("fan_rpm", "integer"),
    ("company", "string"),
    ("order_number", "string"),
    ("weight_kg", "number"),
    ("phone", "string"),
    ("owner", "string"),
    ("gender", "string"),
    ("reason", "string"),
    ("barcode", "string"),
    ("qr_text", "string"),
    ("camera", "string"),
    ("zone", "string"),
    ("confidence", "number"),
    ("battery", "number"),
    ("height", "number"),
    ("license_plate", "string"),
    ("brand", "string"),
    ("color", "string"),
    ("operator", "string"),
    ("lights_on", "boolean"),
    ("gate_open", "boolean"),
    ("door_open", "boolean"),
    ("alarm", "boolean"),
    ("queue", "integer"),
    ("model", "string"),
    ("uptime", "string"),
    ("city", "string"),
    ("email", "string"),
    ("badge", "string"),
    ("humidity", "number"),
    ("noise", "number"),
    ("end_time", "string"),
    ("duration", "string"),
    ("price", "number"),
    ("voltage", "number"),
    ("disk_gb", "number"),
)
_TYPE_NAMES = {
    "integer": ("integer", "integer", "int", "whole number", "number", "count"),
    "number": ("number", "number", "float", "decimal"),
    "boolean": ("boolean", "boolean", "bool", "true/false", "yes/no"),
    "string": ("string", "string", "text", "str"),
}
_EXTRACT = (
    "Extract {k} as JSON.",
    "Extract {k} as JSON.",
    "Extract {k} as JSON.",
    "Extract {k} into JSON.",
    "Return JSON with the keys {k}.",
    "Return JSON with {k}.",
    "(Return|Give me|Give|Output|Write|Produce|Make|Answer with|Reply with|Respond with) [a |one ]JSON[ object] with {k}.",
    "JSON with {k}",
    "JSON[ fields|]: {k}",
    "return json: {k}",
    "As JSON please: {k}.",
    "(I need|I want|Give me) {k} (as|in) JSON.",
    "(I need|I want|Give me) {o}{k}{c} in JSON",
    "Only JSON: {k}",
    "-> JSON: {k}",
    "make json with {k}",
    "extract {k}",
    "Fill in as JSON: {k}.",
    "Fields: {k}. (Answer as JSON.|JSON only.|Return JSON.)",
    "Put {k} into [a ]JSON[ object].",
    "Please (extract|return|give) {k} (as|in) JSON[ format].",
    "Pull out {k} as [compact ]JSON.",
    "Which values do {k} have? JSON[ only| please|].",
    "What are {k}? (Answer in|Reply in|As) JSON.",
    "Get {k} and (return|output) [them as ]JSON.",
    "Convert to JSON with the (fields|keys) {k}.",
    "(Keys|JSON keys|Fields|Schema): {k}",
    "json please: {k}",
    "Read {k} from (this|the facts) (as|into) JSON.",
    "Turn (this|the facts) into JSON with {k}.",
    "structure this as json, keys {k}",
    "Find {k}; answer in JSON.",
    "Fill this JSON: {k}",
    "Parse into JSON: {k}",
    "to json ({k})",
    "Provide {k} in JSON format.",
    "JSON object, keys {k}.",
    "Can you (give|extract|return) {k} as JSON[ please]?",
    "Tell me {k} as a JSON object.",
    "extract as json {k}",
)


def extract_question(rng: Random, pieces: list[Piece]) -> Question | None:
    """A request for fields as JSON, some of them untold."""
    fields = [f for p in pieces for f in p.fields]
    if not fields:
        return None
    chosen: dict[str, tuple[str, Value]] = {}
    for f in rng.sample(fields, min(len(fields), rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6)))):
        name = rng.choice(f.keys)
        if name not in chosen:
            chosen[name] = (f.kind, f.value)
    told = (
        {k for f in fields for k in f.keys}
        | {w for p in pieces for t in p.topics for w in t.split(" ")}
        | {k for p in pieces for k, _ in p.pairs}
    )
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        name, kind = rng.choice(_UNTOLD_KEYS)
        if not any(part in t or t in part for part in (name, *name.split("_")) for t in told if len(t) > 2):
            chosen[name] = (kind, None)
    items = list(chosen.items())
    rng.shuffle(items)
    typed = rng.random()
    style_described = rng.random() < 0.04 and all(k != "boolean" for _, (k, _) in items)
    asked = []
    for name, (kind, _) in items:
        ambiguous = kind == "boolean" or (
            kind == "string" and any(n == name and k != kind for f in fields for n in f.keys for k in (f.kind,))
        )
        show = (
            typed < 0.25
            or (typed < 0.75 and kind != "string")
            or (ambiguous and not name.startswith(("is_", "has_")))
            or (kind == "integer" and any(n == name and f.kind != kind for f in fields for n in f.keys))
        )
        if show and kind == "string" and typed >= 0.25 and not ambiguous:
            show = False
        if style_described and "_" in name:
            asked.append(f"{rng.choice(('', 'the ', ''))}{name.replace('_', ' ')} ({name})")
        elif style_described:
            asked.append(
                f"{rng.choice(('the', 'name of the', 'value of')) if kind == 'string' else 'the number of' if kind == 'integer' else 'the'} {name} ({name})"
            )
        else:
            asked.append(f"{name} ({rng.choice(_TYPE_NAMES[kind])})" if show else name)
    style = rng.random()
    quoted = [f'"{a}"' for a in asked] if style > 0.93 and not any("(" in a for a in asked) else asked
    keys = listing(quoted) if style < 0.3 else ", ".join(quoted)
    text = one_of(rng, _EXTRACT, k=keys, o="{", c="}")
    answer = json.dumps({name: value for name, (_, value) in items}, ensure_ascii=False, separators=(",", ":"))
    return Question("extract", text, answer, "+".join(sorted(chosen)))


def field_names(fields: list[Field]) -> set[str]:
    """All key names of some fields."""
    return {k for f in fields for k in f.keys}


_LEADS = (
    "One question: ",
    "Short question: ",
    "I wonder: ",
    "Tell me please: ",
    "What do you think, ",
    "Sorry, ",
    "Ok. ",
    "Next: ",
    "I cannot see it from here. ",
    "The boss asks: ",
    "My colleague wants to know: ",
    "For the log: ",
    "Look at the facts. ",
    "Check the facts: ",
    "Be quick: ",
    "I have a question. ",
    "Could you help me? ",
    "According to the facts, ",
    "From the above, ",
    "Based on this, ",
    "Judging by this, ",
    "Going by the report, ",
    "As far as you can tell, ",
    "Do you know: ",
    "Let me ask: ",
    "Please tell me: ",
    "Now, ",
    "Right, ",
    "Hm, ",
    "By the way, ",
    "Important: ",
    "Can you help? ",
)
_TRAILS = (
    " Thanks.",
    " Thank you!",
    " Please answer briefly.",
    " Short answer please.",
    " It is urgent.",
    " Answer in a few words.",
    " I need to know.",
    " Be brief.",
    " One sentence.",
    " Just the answer.",
    " thx",
    " Only the facts.",
    " Do not guess.",
    " In one sentence, please.",
    " Answer in one sentence.",
    " Please be exact.",
    " If it is not stated, say so.",
    " I am in a hurry.",
    " pls",
    " Give the reason.",
    " And why?",
    " Explain briefly.",
    " No long text please.",
    " Quick answer.",
)


def framed(rng: Random, text: str) -> str:
    """The request with words around it now and then; its own words stay as they are."""
    if rng.random() < 0.06:
        lead = rng.choice(_LEADS)
        text = lead + (
            text if lead.endswith((". ", "? ")) else text[:1].lower() + text[1:] if not text[1:2].isupper() else text
        )
    if rng.random() < 0.05:
        text += ("" if text.endswith(("?", ".", "!")) else ".") + rng.choice(_TRAILS)
    return text


def noisy(rng: Random, text: str) -> str:
    """The question as people type it, now and then with words around it."""
    if rng.random() < 0.06:
        lead = rng.choice(_LEADS)
        text = lead + (
            text if lead.endswith((". ", "? ")) else text[:1].lower() + text[1:] if not text[1:2].isupper() else text
        )
    typed = sloppy(rng, text)
    if rng.random() < 0.05:
        typed += ("" if typed.endswith(("?", ".", "!")) else "?") + rng.choice(_TRAILS)
    return typed
