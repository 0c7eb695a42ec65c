# ruff: noqa: E501, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""Questions put together of independent parts: how it begins, what is asked, how it ends, how it is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from language import capital, one_of
from pieces import yes_no

if TYPE_CHECKING:
    from random import Random

_BEGIN = """so|ok so|and|hey|hi|hello|please|quick one:|one more:|hmm|right|well|sorry to ask,|question from the {w}:|the {w} asks:|the {w} wants to know:|for the {w}:|from this,|going by this,|given that,|in this case,|on this evidence,|according to this,|from what you see,|reading this,|judging from the above,|with that in mind,|let me check:|help me out:|can you tell,|do you happen to know,|I am not on site.|I cannot look myself.|remind me,|need to know:|in short,|before I leave,|last thing:|just checking,|honestly,|be honest,|for my notes,|to fill in the form:|I forgot:|hang on,|wait,|also,|then,|now|listen,|tell me,|out of interest,|asking for the {w}:|sir,|mate,|team,|first question:|second question:|(1)|1.|1)|a)|#|>|Q1:|task:""".split(
    "|"
)
_WHO = (
    "boss",
    "night shift",
    "owner",
    "customer",
    "insurer",
    "police",
    "foreman",
    "report",
    "logbook",
    "dispatcher",
    "shift lead",
    "auditor",
    "landlord",
    "client",
    "office",
    "supervisor",
)
_END = """please|pls|thanks|thx|cheers|ty|now|right now|at the moment|currently|at present|as of now|exactly|by any chance|do you know|any idea|according to this|in this report|from the facts|here|again|then|though|actually|in one sentence|short answer|just that|nothing else|one line|keep it short|no guessing|asap|if known|if you can tell|if it says so|according to the facts""".split(
    "|"
)
_SHORTER = (
    (r"\b[Ww]hat is\b", ("what's", "whats", "what s", "wat is")),
    (r"\b[Ww]here is\b", ("where's", "wheres")),
    (r"\b[Ww]ho is\b", ("who's", "whos")),
    (r"\b[Hh]ow many\b", ("how many", "hw many", "how mny", "count of")),
    (r"\bplease\b", ("pls", "plz")),
    (r"\b[Cc]an you\b", ("can u", "could u", "cn you")),
    (r"\byou\b", ("u", "ya")),
    (r"\b[Aa]re\b", ("r", "are")),
    (r"\btemperature\b", ("temp", "temp.")),
    (r"\bthere is\b", ("there's", "theres")),
    (r"\bnumber\b", ("no.", "nr", "num")),
    (r"\band\b", ("&", "n")),
    (r"\bsomebody\b|\bsomeone\b|\banyone\b", ("anybody", "any1", "someone", "somebody")),
    (r"\bminutes\b", ("min", "mins")),
    (r"\bis not\b", ("isn't", "isnt")),
)
_COMPILED = tuple((re.compile(pattern), words) for pattern, words in _SHORTER)


def casual(rng: Random, text: str) -> str:
    """Some of the words in the short forms that people type."""
    for pattern, words in _COMPILED:
        if rng.random() < 0.6:
            text = pattern.sub(words[int(rng.random() * len(words))], text)
    return text


def dressed(rng: Random, text: str) -> str:
    """A question with a beginning and an end of its own, in short forms now and then."""
    roll = rng.random()
    if roll < 0.09:
        begin = one_of(rng, _BEGIN, w=rng.choice(_WHO))
        asked = text[:1].lower() + text[1:] if not text[1:2].isupper() and not begin.endswith(".") else text
        text = f"{capital(begin) if rng.random() < 0.5 else begin} {asked}"
    if 0.06 < roll < 0.14 and text.endswith("?"):
        text = f"{text[:-1]}{rng.choice((',', '', ' -'))} {rng.choice(_END)}{rng.choice(('?', '', '?', '?!', '??'))}"
    if rng.random() < 0.08:
        text = casual(rng, text)
    return text


_TAGS = {"is": "isn't it", "are": "aren't they", "has": "hasn't it", "was": "wasn't it", "does": "doesn't it"}
_NOT = {"is": "isn't", "are": "aren't", "has": "hasn't", "was": "wasn't", "were": "weren't", "does": "doesn't"}


def polar(rng: Random, aux: str, subject: str, rest: str) -> str:
    """A yes-no question: `is` `the lid` `open`."""
    statement, inverted = f"{subject} {aux} {rest}", f"{aux} {subject} {rest}"
    roll = rng.random()
    if roll < 0.34:
        return dressed(rng, f"{capital(inverted)}?")
    if roll < 0.6:
        return yes_no(rng, statement, inverted)
    bare = subject.removeprefix("the ").removeprefix("a ").removeprefix("an ")
    return dressed(
        rng,
        one_of(
            rng,
            (
                "{N} {s} {r}?",
                "{S} {a} {r}, {t}?",
                "{S} {a} {r}, (right|correct|no|yes|or am I wrong|or not)?",
                "{b} {r}?",
                "{b} {r} (yes or no|yes/no|y/n|or not)?",
                "(Any chance|Could it be|Might it be|Is it so|Am I right|Can I assume|Would it be right to say|Is it fair to say|May I say|Do I read it right) that {s} {a} {r}?",
                "I (think|guess|believe|suppose|assume|was told|heard) {s} {a} {r}. (Correct|Right|Is that right|True|Is it so|Agree)?",
                "(Confirm|Verify|Check|Find out|See|Work out|Judge) (if|whether) {s} {a} {r}.",
                "(True or false|Yes or no|Fact or not|Right or wrong): {s} {a} {r}.",
                "{I} {s} {r}, or (is that wrong|not|am I mistaken)?",
                "{I} {s} (really|indeed|actually|still|already|now|truly) {r}?",
                "Somebody (says|claims|wrote) {s} {a} {r}. Is that (so|true|right|correct)?",
                "How about {b}: {r}?",
                "do we have {b} {r}?" if aux in {"is", "are"} else "{I} {s} {r}?",
            ),
            N=capital(_NOT.get(aux, aux)),
            I=capital(aux),
            t=_TAGS.get(aux, "right"),
            a=aux,
            s=subject,
            S=capital(subject),
            b=bare,
            r=rest,
        ),
    )


def value(rng: Random, label: str, of: str = "") -> str:
    """A question for a value: of `the lot number`, perhaps of one of several (`the second crate`)."""
    whose = one_of(rng, (" of {o}", " for {o}", " of {o}", " on {o}"), o=of) if of else ""
    if of and rng.random() < 0.25:
        return dressed(
            rng,
            one_of(
                rng,
                (
                    "{o}: {l}?",
                    "{o} {l}?",
                    "(What|Which) {l} does {o} have?",
                    "What is {o}'s {l}?",
                    "{O} has (what|which) {l}?",
                    "(Look up|Find) {o}. What {l} does it have?",
                    "What does {o} have (for|as) {l}?",
                ),
                o=of,
                O=capital(of),
                l=label,
            ),
        )
    return dressed(
        rng,
        one_of(
            rng,
            (
                "What is the {l}{w}?",
                "What is the {l}{w}?",
                "What was the {l}{w}?",
                "What's the {l}{w}?",
                "(Which|What) {l}{w} is (given|listed|reported|recorded|noted|mentioned|shown|stated|written|there|it)?",
                "(Tell|Give|Show|Send|Name|Read) me the {l}{w}[ please].",
                "The {l}{w}?",
                "{l}{w}?",
                "{l}{w}",
                "{l}{w} please",
                "(I need|I want|I am after|I'm looking for|We need) the {l}{w}.",
                "(Can|Could|Would) you (tell me|give me|read out|look up|find|name|state|repeat) the {l}{w}?",
                "What do (we|you) have (for|as) [the ]{l}{w}?",
                "What (does it say|is written|is reported|do the facts say|does the report say) (for|about|as|under) [the ]{l}{w}?",
                "(Look up|Read out|Find|State|Name|Report|Return|Get) the {l}{w}.",
                "Do (we|you) know the {l}{w}?",
                "Is the {l}{w} known? What is it?",
                "And the {l}{w}?",
                "How about the {l}{w}?",
                "What about the {l}{w}?",
                "Value of {l}{w}?",
                "{L}{w} =?",
                "Which {l}{w}?",
                "Any {l}{w}[ given| there| listed]?",
            ),
            l=label,
            L=capital(label),
            w=whose,
        ),
    )


def where(rng: Random, subject: str, be: str = "is") -> str:
    """Where something is."""
    return dressed(
        rng,
        one_of(
            rng,
            (
                "Where {b} {s}?",
                "Where {b} {s}?",
                "Where {b} {s} (now|located|to be found|seen|right now|standing|at)?",
                "In (which|what) (place|spot|area|location) {b} {s}?",
                "(Where can|Where do|Where would) I find {s}?",
                "Where (do|can) (we|you) see {s}?",
                "(What|Which) is the (location|position|place) of {s}?",
                "(Tell me|Say|Show me) where {s} {b}.",
                "Location of {s}?",
                "{s}: where?",
                "where's {s}",
                "Where should I look for {s}?",
                "Where exactly {b} {s}?",
                "Any idea where {s} {b}?",
            ),
            s=subject,
            b=be,
        ),
    )


def amount(rng: Random, many: str) -> str:
    """How many there are."""
    return dressed(
        rng,
        one_of(
            rng,
            (
                "How many {m}?",
                "How many {m} are there?",
                "How many {m} (do you see|are visible|can you see|were seen|are in view|do we have|are listed|have we got)?",
                "(What is the number|Number|Count|What is the count) of {m}?",
                "(Count|Count up) the {m}.",
                "(Tell me|Say) how many {m} there are.",
                "{m}: how many?",
                "how many of the {m}",
                "What number of {m} is there?",
                "Got how many {m}?",
            ),
            m=many,
        ),
    )


def exists(rng: Random, noun: str, article: str) -> str:
    """Whether there is one."""
    return dressed(
        rng,
        one_of(
            rng,
            (
                "Is there {a} {n}?",
                "Is there {a} {n}?",
                "Is there any {n}?",
                "Any {n}?",
                "Any {n} (there|around|here|in sight|in view|visible|to be seen|mentioned|about)?",
                "(Do|Can) (you|we|they) see {a} {n}?",
                "(Did|Does) (you|it|the camera|anyone) (see|notice|spot|show|report|mention|detect) {a} {n}?",
                "(Tell me|Say|Check|Let me know) (if|whether) there is {a} {n}.",
                "Is {a} {n} (present|visible|there|in the picture|in the report|on the list|mentioned|part of this)?",
                "Isn't there {a} {n}?",
                "There is {a} {n}, isn't there?",
                "There's {a} {n}, right?",
                "{n} there?",
                "{n}? yes or no",
                "Has {a} {n} been (seen|spotted|reported|noticed|detected)?",
                "Was {a} {n} (seen|spotted|reported|noticed|detected)?",
                "Have we got {a} {n}?",
                "{n} present?",
            ),
            n=noun,
            a=article,
        ),
    )
