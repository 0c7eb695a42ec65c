# ruff: noqa: C901, E501, PLR0913, PLR0917, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""Device telemetry: power, temperatures, memory, queue, speed, and questions about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from language import capital, number, one_of, say
from pieces import Ask, Field, Piece, Question, Value, shown, threshold_question, yes_no

if TYPE_CHECKING:
    from random import Random

_UNITS = "GPU CPU SoC SSD board".split()


def _value_question(
    rng: Random, name: str, full: str, kind: str, texts: tuple[str, ...], answer: str | None = None
) -> Question:
    generic = (
        "What is the {n}?",
        "What does the telemetry say about the {n}?",
        "{n}?",
        "(Tell me|Give me|Report|State|Show) the {n}[ please].",
        "What {n} is reported?",
        "What's the {n} right now?",
        "Current {n}?",
        "How much is the {n}?",
    )
    return Question(
        kind,
        one_of(rng, texts if texts and rng.random() < 0.7 else generic, n=name),
        answer or f"The {name} is {full}.",
        name,
    )


def power_pieces(rng: Random) -> list[Piece]:
    """Power drawn, and mostly its budget."""
    scale = rng.choice((10, 10, 15, 25, 60))
    power = shown(rng.uniform(2, scale * 1.2), 1) if rng.random() < 0.8 else str(rng.randint(3, int(scale * 1.2)))
    has_budget = rng.random() < 0.75
    budget = (
        str(rng.choice((7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60)))
        if rng.random() < 0.8
        else shown(rng.uniform(4, scale * 1.3), 1)
    )
    if rng.random() < 0.4 and has_budget:
        budget = str(max(2, round(float(power) + rng.choice((-2, -1, 1, 2)))))
    if float(budget) == float(power):
        budget = str(int(float(power)) + 2)
    fields = [
        Field(
            ("power", "power_w", "power", "watts", "power_draw", "draw_w", "power_draw_w"),
            "number",
            float(power) if "." in power else int(power),
        )
    ]
    asks: list[Ask] = [
        lambda r: _value_question(
            r,
            "power",
            f"{power} W",
            "power",
            (
                "How much power does (it|the device|the board) (draw|use|consume|take|need)?",
                "What is the power (draw|consumption|usage)?",
                "How many watts[ does it (draw|use|take|consume)| is it drawing| are used|]?",
                "What does (it|the device) draw?",
                "How much is (it|the device) drawing?",
                "power draw?",
                "what's the wattage",
                "How much electricity is it using?",
            ),
            f"It draws {power} W.",
        ),
        lambda r: (
            threshold_question(
                r, r.choice(("the power", "the power draw", "the draw")), power, "W", " ", 1, f"{power} W"
            )
            if has_budget
            else _no_budget(r)
        ),
        lambda r: _no_budget(r) if not has_budget else _over_budget(r, power, budget),
    ]
    name = rng.choice(("power", "power", "power", "draw", "power draw", "consumption", "power use"))
    both = has_budget and rng.random() < 0.25
    pieces: list[Piece] = []
    word = rng.choice(("budget", "budget", "budget", "power budget", "limit", "power limit", "cap"))
    if both:
        fragment = say(
            rng,
            "({n} {p} of {b} W|{n} {p} W of {b} W|drawing {p} of {b} W|{n} {p}/{b} W|{p} W used of a {b} W budget|{p} W against a {w} of {b} W)",
            n=name,
            p=power,
            b=budget,
            w=word,
        )
        piece = Piece(
            fragment,
            f"The power is {power} W of {budget} W.",
            [("power", f"{power} of {budget} W")],
            f"it draws {power} W of its {budget} W budget",
            "tail",
            frozenset({"power", "budget"}),
        )
        pieces.append(piece)
    else:
        pieces.append(
            Piece(
                say(
                    rng,
                    "({n} {p} W|{n} {p} W|{n}: {p} W|{n} = {p} W|drawing {p} W|{n} is {p} W|{p} W)",
                    n=name,
                    p=power,
                ),
                say(
                    rng,
                    "(The power is {p} W|It draws {p} W|The device draws {p} W|Power draw is {p} W|The board takes {p} W).",
                    p=power,
                ),
                [
                    (
                        rng.choice(("power_w", "power", "power", "power_draw_w", "draw")),
                        float(power) if rng.random() < 0.3 else f"{power} W",
                    )
                ],
                f"it draws {power} W",
                "tail",
                frozenset({"power"}),
            )
        )
        if pieces[0].pairs[0][0].endswith("_w"):
            pieces[0].pairs = [(pieces[0].pairs[0][0], float(power) if "." in power else int(power))]
        if has_budget:
            pieces.append(
                Piece(
                    say(
                        rng, "({w} {b} W|{w} {b} W|{w}: {b} W|{w} = {b} W|{w} of {b} W|{w} is {b} W)", w=word, b=budget
                    ),
                    say(rng, "The {w} is {b} W.", w=word, b=budget),
                    [
                        (
                            word.replace(" ", "_") + ("_w" if (w := rng.random() < 0.3) else ""),
                            (float(budget) if "." in budget else int(budget)) if w else f"{budget} W",
                        )
                    ],
                    f"the budget is {budget} W",
                    "tail",
                    frozenset({"budget"}),
                )
            )
    if has_budget:
        asks += [lambda r: _over_budget(r, power, budget)] * 3 + [
            lambda r: _margin(r, power, budget),
            lambda r: _margin(r, power, budget),
            lambda r: _value_question(
                r,
                "budget",
                f"{budget} W",
                "budget",
                (
                    "What is the power (budget|limit|cap)?",
                    "How (big|large|high) is the (power |)budget?",
                    "How many watts (are allowed|may it draw|may it use|is it allowed to draw)?",
                    "What is the (limit|maximum)[ power]?",
                    "How much power is allowed?",
                    "What's the (cap|limit)?",
                    "budget?",
                ),
                f"The budget is {budget} W.",
            ),
        ]
        fields.append(
            Field(
                ("budget", "budget_w", "power_budget", "power_budget_w", "limit_w", "budget_watts"),
                "number",
                float(budget) if "." in budget else int(budget),
            )
        )
        fields.append(
            Field(("over_budget", "is_over_budget", "exceeds_budget"), "boolean", float(power) > float(budget))
        )
        fields.append(Field(("within_budget", "in_budget", "under_budget"), "boolean", float(power) <= float(budget)))
    pieces[0].asks = asks
    pieces[0].fields = fields
    return pieces


def _no_budget(rng: Random) -> Question:
    text = one_of(
        rng,
        (
            "What is the power budget?",
            "Is (it|the device) over [its ]budget?",
            "How much power is left?",
            "What is the power limit?",
            "(Is|Are) (it|we) within budget?",
            "Is it above its power budget?",
            "how many watts are allowed?",
            "How much headroom is there to the budget?",
        ),
    )
    return Question("untold-telemetry", text, "Not stated.", "budget")


def _over_budget(rng: Random, power: str, budget: str) -> Question:
    over = rng.random() < 0.65
    question, truth = (
        (
            (yes_no(rng, "the device is over its power budget", "is the device over its power budget"), True)
            if rng.random() < 0.3
            else (
                one_of(
                    rng,
                    (
                        "(Is|are) (it|the device|the board|the unit|the Jetson|we|the box) (over|above|beyond|exceeding) (budget|its budget|the budget|its power budget|the power limit|its limit|the limit)?",
                        "Does (it|the device|the power|the draw) exceed (its|the) (power |)(budget|limit)?",
                        "Is the [power ](budget|limit) (exceeded|broken|violated|blown|overrun)?",
                        "Is (it|the device) (drawing|using|consuming|pulling) (too much|more [power] than (allowed|budgeted|it should|it may))?",
                        "Do we draw too much power?",
                        "Have we gone over (budget|the limit)?",
                        "over budget?",
                        "Does it (use|draw|take|need) more [power] than [it is] allowed?",
                        "Is the power [draw] (above|over|higher than) the (budget|limit)?",
                        "is it eating more watts than it may?",
                    ),
                ),
                True,
            )
        )
        if over
        else (
            one_of(
                rng,
                (
                    "(Is|are) (it|the device|the board|the unit|we) (within|inside|under|below) (budget|its budget|the budget|its power budget|the power limit|the limit)?",
                    "Does it (stay|keep|remain) (within|in|under|inside) [its|the] [power] budget?",
                    "Is the power [draw] (within|below|under) the (budget|limit)?",
                    "Is the budget (kept|respected|met|observed|ok)?",
                    "Does the device (respect|keep to|stick to|meet) its [power] (budget|limit)?",
                    "within budget?",
                    "Is the power (ok|okay|fine|all right)?",
                    "Are we in the green on power?",
                    "Is it drawing less than the (budget|limit)?",
                ),
            ),
            False,
        )
    )
    is_over = float(power) > float(budget)
    return Question(
        "over-budget",
        question,
        f"{'Yes' if is_over == truth else 'No'}, it draws {power} W and the budget is {budget} W.",
        "budget",
    )


def _margin(rng: Random, power: str, budget: str) -> Question:
    difference = round(float(budget) - float(power), 1)
    amount = f"{abs(difference):.1f}" if "." in power + budget else str(int(abs(difference)))
    if difference >= 0:
        text = one_of(
            rng,
            (
                "How much (power|headroom|margin) is left[ to the budget| in the budget|]?",
                "How many watts are left[ in the budget| until the budget| to the limit|]?",
                "What is the (margin|headroom)[ to the budget|]?",
                "How far (is it|are we) (below|under|from) the (budget|limit)?",
                "How much (more|further) (may|can) it draw?",
                "(Power|Budget) (margin|headroom)?",
                "How many watts below the budget is it?",
                "How much room is left in the power budget?",
            ),
        )
        return Question("margin", text, f"{amount} W.", "budget")
    text = one_of(
        rng,
        (
            "(By how much|How far) is it over [the] budget?",
            "How many watts (over|above) the (budget|limit) is it?",
            "By how much does it exceed the (budget|limit)?",
            "How much too much does it draw?",
            "How big is the (excess|overshoot)?",
            "How many watts too much?",
        ),
    )
    return Question("margin", text, f"{amount} W.", "budget")


def temperature_pieces(rng: Random) -> list[Piece]:
    """One to four temperatures, now and then a limit."""
    names = rng.sample(_UNITS, rng.choice((1, 1, 2, 2, 3, 4))) if rng.random() < 0.8 else ["GPU", "CPU"]
    values = rng.sample(range(22, 105), len(names))
    decimals = rng.random() < 0.15
    written = [f"{v}.{rng.randrange(10)}" if decimals else str(v) for v in values]
    numeric = [float(w) for w in written]
    lower = rng.random() < 0.15
    style = rng.choice(
        (
            "{n} {v} °C",
            "{n} {v} °C",
            "{n} {v} °C",
            "{n} temperature {v} °C",
            "{n}: {v} °C",
            "{n} {v} C",
            "{n} at {v} °C",
            "{n} {v}°C",
            "{n} temp {v} °C",
            "{n} = {v} °C",
            "{n} {v} degrees",
        )
    )
    limit = ""
    if rng.random() < 0.15:
        limit = str(max(30, values[0] + rng.choice((-12, -5, -3, -1, 2, 4, 8, 15))))
    asks: list[Ask] = []
    pieces: list[Piece] = []
    for i, name in enumerate(names):
        full = f"{written[i]} °C"
        key_name = rng.choice(("{}_temp_c", "{}_temp", "{}_temperature", "{}_c", "{}", "temp_{}")).format(name.lower())
        fields = [
            Field(
                (
                    f"{name.lower()}_c",
                    f"{name.lower()}_temp",
                    f"{name.lower()}_temperature",
                    f"{name.lower()}_temp_c",
                    name.lower(),
                    f"{name.lower()}_degrees",
                ),
                "number",
                float(written[i]) if decimals else values[i],
            )
        ]
        piece = Piece(
            style.format(n=name.lower() if lower else name, v=written[i]),
            f"The {name} is at {full}.",
            [
                (
                    key_name,
                    (float(written[i]) if decimals else values[i])
                    if rng.random() < 0.5 or key_name.endswith("_c")
                    else full,
                )
            ],
            f"the {name} is at {full}",
            "tail",
            frozenset({name, f"{name} temperature"}),
            [],
            fields,
        )
        pieces.append(piece)

        def read(r: Random, name: str = name, full: str = full) -> Question:
            shown_name = name if r.random() < 0.7 else name.lower()
            text = one_of(
                r,
                (
                    "How (hot|warm) is the {n}?",
                    "What is the {n} temperature?",
                    "What is the temperature of the {n}?",
                    "(Tell me|Give me) the {n} temp[erature|].",
                    "{n} temperature?",
                    "How hot does the {n} run?",
                    "What temperature does the {n} have?",
                    "what temp is the {n} at",
                    "How many degrees (is|has) the {n}?",
                    "Temperature of the {n}?",
                    "At what temperature is the {n}[ running]?",
                ),
                n=shown_name,
            )
            return Question("temperature", text, f"The {name} is at {full}.", name)

        def over(r: Random, name: str = name, value: str = written[i], full: str = full) -> Question:
            question = threshold_question(
                r, f"the {name}", value, r.choice(("°C", "°C", "degrees", "C")), " ", 1 if decimals else 0, full
            )
            warm = {
                "above": r.choice(("above", "hotter than", "warmer than", "over")),
                "over": "over",
                "higher than": "hotter than",
                "more than": "hotter than",
                "greater than": "warmer than",
                "below": r.choice(("below", "cooler than", "under")),
                "lower than": "cooler than",
                "less than": "cooler than",
            }
            for old, new in warm.items():
                if f" {old} " in question.text:
                    return Question(
                        "temperature-over",
                        question.text.replace(f" {old} ", f" {new} "),
                        question.answer.replace(f"the {name} is ", f"the {name} is at "),
                        name,
                    )
            return Question(
                "temperature-over",
                question.text,
                question.answer.replace(f"the {name} is ", f"the {name} is at "),
                name,
            )

        asks += [read, read, over]
    if len(names) > 1:
        asks += [lambda r: _hottest(r, names, numeric, written)] * 3 + [
            lambda r: _hotter(r, names, numeric, written)
        ] * 2
    else:
        missing = next(n for n in ("CPU", "GPU") if n not in names)
        asks.append(
            lambda r: Question(
                "untold-telemetry",
                one_of(
                    r,
                    (
                        "How (hot|warm) is the {n}?",
                        "What is the {n} temperature?",
                        "{n} temperature?",
                        "Is the {n} too hot?",
                        "Is the {n} hotter than the {o}?",
                    ),
                    n=missing,
                    o=names[0],
                ),
                "Not stated.",
                "temperature",
            )
        )
    if limit:
        pieces.append(
            Piece(
                say(
                    rng,
                    "(limit {v} °C|thermal limit {v} °C|max {v} °C|temperature limit {v} °C|the limit is {v} °C)",
                    v=limit,
                ),
                f"The limit is {limit} °C.",
                [("limit", f"{limit} °C")],
                f"the limit is {limit} °C",
                "tail",
                frozenset({"limit"}),
            )
        )
        asks += [lambda r: _too_hot(r, names[0], numeric[0], written[0], limit)] * 2
    pieces[0].asks = asks
    return pieces


def _too_hot(rng: Random, name: str, value: float, written: str, limit: str) -> Question:
    text = one_of(
        rng,
        (
            "Is (it|the {n}) too (hot|warm)?",
            "Is (it|the {n}) too hot, i.e. above the limit?",
            "Is the {n} (above|over|past) (its|the) [thermal|temperature] limit?",
            "Does the {n} exceed the limit?",
            "Is the temperature limit exceeded?",
            "is the {n} overheating?",
        ),
        n=name,
    )
    return Question(
        "too-hot",
        text,
        f"{'Yes' if value > float(limit) else 'No'}, the {name} is at {written} °C and the limit is {limit} °C.",
        name,
    )


def _hottest(rng: Random, names: list[str], values: list[float], written: list[str]) -> Question:
    hot = rng.random() < 0.7
    best = max(range(len(names)), key=lambda i: values[i] if hot else -values[i])
    two = len(names) == 2
    word = (
        ("hotter" if hot else rng.choice(("cooler", "colder")))
        if two and rng.random() < 0.6
        else ("hottest" if hot else rng.choice(("coolest", "coldest")))
    )
    text = one_of(
        rng,
        (
            "(Which|What) (sensor|part|component|chip|one|unit) is [the ]{w}?",
            "(Which|What) is [the ]{w}?",
            "What is the {w} (part|sensor|component)?",
            "(Which|What) has the {x} temperature?",
            "(Tell me|Say|Name) the {w} part.",
            "Where is it {w}?",
            "which one is {w}, {l}?",
            "What is the {x} temperature?",
        ),
        w=word,
        x="highest" if hot else "lowest",
        l=" or ".join(names),
    )
    return Question("hottest", text, f"The {names[best]}, at {written[best]} °C.", "temperature")


def _hotter(rng: Random, names: list[str], values: list[float], written: list[str]) -> Question:
    i, j = rng.sample(range(len(names)), 2)
    hot = rng.random() < 0.6
    word = rng.choice(("hotter", "warmer")) if hot else rng.choice(("cooler", "colder"))
    text = yes_no(rng, f"the {names[i]} is {word} than the {names[j]}", f"is the {names[i]} {word} than the {names[j]}")
    truth = values[i] > values[j] if hot else values[i] < values[j]
    return Question(
        "hotter",
        text,
        f"{'Yes' if truth else 'No'}, the {names[i]} is at {written[i]} °C and the {names[j]} at {written[j]} °C.",
        "temperature",
    )


def memory_piece(rng: Random, what: str = "memory") -> Piece:
    """Memory or disk: used of total."""
    disk = what == "disk"
    total_ = (
        rng.choice(("128", "256", "512", "64", "32", "1000"))
        if disk
        else rng.choice(("7.4", "7.4", "15.3", "30.6", "8", "16", "62.8", "4", "64"))
    )
    used = str(rng.randint(5, int(total_))) if disk else shown(rng.uniform(0.5, float(total_)), 1)
    name = rng.choice(
        ("disk", "storage", "disk", "SSD space") if disk else ("memory", "memory", "RAM", "mem", "memory used")
    )
    words = "disk" if disk else "memory"
    free = round(float(total_) - float(used), 1)
    left = str(int(free)) if disk else f"{free:.1f}"
    fragment = say(
        rng,
        "({n} {u} of {t} GB|{n} {u} of {t} GB|{n} {u}/{t} GB|{n} {u} of {t} GB used|{n}: {u} of {t} GB|{n} {u} GB of {t} GB|{u} of {t} GB {n} used)".replace(
            "{n} used", "{m} used"
        ),
        n=name,
        u=used,
        t=total_,
        m=words,
    )
    snake = "disk" if disk else rng.choice(("ram", "memory", "mem"))
    u_value, t_value = (
        (int(used), int(total_)) if disk else (float(used), float(total_) if "." in total_ else int(total_))
    )
    pairs: list[tuple[str, Value]] = (
        [(f"{snake}_used_gb", u_value), (f"{snake}_total_gb", t_value)]
        if rng.random() < 0.5
        else [(name, f"{used} of {total_} GB")]
    )
    percent = float(used) / float(total_)
    asks: list[Ask] = [
        lambda r: Question(
            words,
            one_of(
                r,
                (
                    "How much {w} (is|was) (used|in use|occupied|taken|filled)?",
                    "how much {w} is used",
                    "What is the {w} (use|usage|consumption)?",
                    "How (full|much used) is the {w}?" if disk else "How much {w} does it (use|need|take)?",
                    "{w} usage?",
                    "How many (GB|gigabytes) of {w} are (used|in use|taken)?",
                    "(Tell me|Give me|Report) the {w} usage.",
                    "{w}?",
                ),
                w=words if r.random() < 0.7 or disk else "RAM",
            ),
            f"{used} of {total_} GB.",
            words,
        ),
        lambda r: Question(
            words,
            one_of(
                r,
                (
                    "How much {w} is in use?",
                    "What is the (used {w}|{w} in use)?",
                ),
                w=words,
            ),
            f"{used} of {total_} GB.",
            words,
        ),
        lambda r: Question(
            f"{words}-total",
            one_of(
                r,
                (
                    "How much {w} (does it have|is installed|is there[ in total| altogether]|has the device|is built in)?",
                    "What is the total {w}?",
                    "How (big|large) is the {w}?",
                    "Total {w}?",
                    "How many GB of {w} are there in total?",
                    "What is the size of the {w}?",
                ),
                w=words,
            ),
            f"{total_} GB.",
            words,
        ),
        lambda r: Question(
            f"{words}-free",
            one_of(
                r,
                (
                    "How much {w} is (free|left|available|unused|still free|remaining)?",
                    "How many (GB|gigabytes) [of {w}] are (free|left|available)?",
                    "(Free|Remaining|Available) {w}?",
                    "What is the free {w}?",
                    "How much room is left (in the|on the) {w}?",
                    "how much {w} have we left",
                ),
                w=words,
            ),
            f"{left} GB.",
            words,
        ),
        lambda r: Question(
            f"{words}-full",
            yes_no(r, f"the {words} is full", f"is the {words} full")
            if r.random() < 0.5
            else one_of(
                r,
                (
                    "Is more than half of the {w} used?",
                    "Is the {w} more than half full?",
                    "Is over half the {w} in use?",
                ),
                w=words,
            ),
            "",
            words,
        ),
    ]
    full_ask = asks.pop()

    def fullness(r: Random) -> Question:
        question = full_ask(r)
        truth = percent > 0.5 if "half" in question.text else percent > 0.995
        return Question(
            question.kind, question.text, f"{'Yes' if truth else 'No'}, {used} of {total_} GB are used.", words
        )

    asks.append(fullness)
    fields = [
        Field(
            (f"{words}_used", f"{words}_used_gb", f"{snake}_used_gb", f"used_{words}", f"{snake}_used"),
            "number",
            u_value,
        ),
        Field((f"{words}_total", f"{words}_total_gb", f"total_{words}", f"{snake}_total_gb"), "number", t_value),
    ]
    return Piece(
        fragment,
        f"{used} of {total_} GB of {words} are used.",
        pairs,
        f"{used} of {total_} GB of {words} are used",
        "tail",
        frozenset({words}),
        asks,
        fields,
    )


def count_piece(rng: Random) -> Piece:
    """Prompts waiting in the queue."""
    n = rng.choice((0, 0, 1, 2, 3, 4, 5, 7, 9, 12, 14, 20, 37, rng.randint(1, 300)))
    fragment = say(
        rng,
        "(queue {n}|queue {n}|queue {n} prompts|queue: {n}|queue length {n}|{n} prompts queued|{n} waiting|{n} prompts in the queue|queue depth {n})",
        n=str(n),
    )
    plural = "prompt is" if n == 1 else "prompts are"
    answer = f"{capital(number(n) if n else 'no')} {plural} waiting." if n else "None, the queue is empty."
    reason = f"the queue is empty" if n == 0 else f"{number(n)} {plural} waiting"  # noqa: F541
    asks: list[Ask] = [
        lambda r: Question(
            "queue",
            one_of(
                r,
                (
                    "How many (prompts|requests|jobs|tasks|questions) are (waiting|queued|in the queue|pending|in line)?",
                    "How long is the queue?",
                    "What is the queue (length|depth|size)?",
                    "How many are (waiting|queued|pending)?",
                    "queue?",
                    "(Tell me|Give me) the queue length.",
                    "How (deep|full) is the queue?",
                    "How many (prompts|requests) (wait|have to wait|does the queue hold)?",
                    "How big is the backlog?",
                    "How many prompts has it still to answer?",
                ),
            ),
            answer,
            "queue",
        ),
        lambda r: Question(
            "queue-empty",
            yes_no(r, "the queue is empty", "is the queue empty"),
            f"{'Yes' if n == 0 else 'No'}, {reason}.",
            "queue",
        ),
        lambda r: Question(
            "queue-any",
            one_of(
                r,
                (
                    "Is anything (waiting|queued|in the queue|pending)?",
                    "Are there (any |)(prompts|requests) (waiting|queued|in the queue)?",
                    "Is there a (backlog|queue)?",
                    "Does anyone have to wait?",
                    "anything in the queue?",
                ),
            ),
            f"{'No' if n == 0 else 'Yes'}, {reason}.",
            "queue",
        ),
        lambda r: _queue_more(r, n, reason),
    ]
    return Piece(
        fragment,
        f"The queue is {n}." if rng.random() < 0.4 else f"{n} {plural} in the queue.",
        [(rng.choice(("queue", "queue", "queue_length", "queued", "pending", "queue_depth")), n)],
        reason,
        "tail",
        frozenset({"queue"}),
        asks,
        [Field(("queue", "queue", "queue_length", "queued", "waiting", "queue_depth", "pending"), "integer", n)],
    )


def _queue_more(rng: Random, n: int, reason: str) -> Question:
    limit = max(0, n + rng.choice((-5, -2, -1, 0, 1, 2, 5)))
    more = rng.random() < 0.6
    word = "more than" if more else "fewer than"
    text = one_of(
        rng,
        (
            "Are {w} {l} (prompts|requests) (waiting|queued|in the queue)?",
            "Is the queue {x} than {l}?",
            "Are there {w} {l} (prompts|requests) in the queue?",
        ),
        w=word,
        l=str(limit),
        x="longer" if more else "shorter",
    )
    truth = n > limit if more else n < limit
    return Question("queue-more", text, f"{'Yes' if truth else 'No'}, {reason}.", "queue")


def _uptime(rng: Random) -> str:
    return rng.choice(
        (
            f"{rng.randint(2, 400)} days",
            f"{rng.randint(2, 23)} h",
            f"{rng.randint(2, 23)} hours",
            f"{rng.randint(1, 23)} h {rng.randint(1, 59)} min",
            f"{rng.randint(2, 59)} minutes",
            f"{rng.randint(2, 90)} days {rng.randint(1, 23)} h",
            f"{rng.randint(2, 20)} weeks",
            "1 day",
        )
    )


_MODELS = (
    "llama-3.2-1b-instruct-int4",
    "llama-3.2-3b-instruct-int4",
    "edge-tiny",
    "llama-3.2-1b",
    "qwen-2.5-1.5b",
    "phi-4-mini",
    "gemma-3-1b",
    "smollm2-360m",
    "tiny-llama-int8",
    "mistral-7b-int4",
)
_MODES = ("15W", "MAXN", "7W", "25W", "MAXN SUPER", "10W", "30W", "50W")


def _simple(rng: Random) -> tuple[str, str, tuple[str, ...], tuple[str, ...], str]:
    """Name, value with unit, key names, questions, answer."""
    n = rng.randint
    return rng.choice(
        (
            lambda: (
                "tokens/s",
                v := f"{n(2, 90)}" if rng.random() < 0.7 else shown(rng.uniform(1, 60), 1),
                ("tokens_per_s", "tokens_per_second", "tps", "tokens_s"),
                (
                    "How fast (is|does) it (generating|generate|answering|running|decoding)?",
                    "How many tokens (per|a) second[ does it make| are generated|]?",
                    "What is the (speed|throughput|generation speed|decode speed|token rate)?",
                    "tokens per second?",
                    "How quick is the generation?",
                    "What speed does it reach?",
                    "how fast is the model",
                ),
                f"{v} tokens per second.",
            ),
            lambda: (
                "fan",
                f"{(v := n(0, 100))} %",
                ("fan", "fan_percent", "fan_speed"),
                (
                    "What is the fan speed?",
                    "How fast is the fan[ running| turning|]?",
                    "fan speed?",
                    "What is the fan at?",
                    "How hard is the fan working?",
                    "At what speed is the fan[ running|]?",
                ),
                f"The fan is at {v} %.",
            ),
            lambda: (
                "fan",
                f"{(v := n(0, 60) * 100)} rpm",
                ("fan_rpm", "fan", "fan_speed"),
                (
                    "What is the fan speed?",
                    "How fast is the fan[ running| turning| spinning|]?",
                    "fan speed?",
                    "How many rpm does the fan do?",
                ),
                f"The fan is at {v} rpm.",
            ),
            lambda: (
                "uptime",
                v := _uptime(rng),
                ("uptime", "up", "uptime"),
                (
                    "How long has (it|the device|the agent|the system) been (up|running|on)?",
                    "What is the uptime?",
                    "uptime?",
                    "Since how long is it (up|running)?",
                    "For how long has it been running?",
                    "How long is it up?",
                    "When was it last restarted? How long ago?",
                ),
                f"{v}.",
            ),
            lambda: (
                "model",
                v := rng.choice(_MODELS) if rng.random() < 0.7 else f"{lexicon.pseudo_word(rng)}-{n(1, 9)}b",
                ("model", "loaded_model", "model_name"),
                (
                    "(What|Which) model is (loaded|running|active|in use|used)?",
                    "What is the name of the model?",
                    "What model (does it use|do we run|are you running on there|is on it)?",
                    "model?",
                    "(Tell me|Give me) the loaded model.",
                ),
                f"{v}.",
            ),
            lambda: (
                "mode",
                v := rng.choice(_MODES),
                ("mode", "power_mode", "nvpmodel"),
                (
                    "(What|Which) (power mode|mode) is (set|active|it in|used)?",
                    "What is the (power |)mode?",
                    "power mode?",
                    "In which mode (is it running|is it|does it run)?",
                ),
                f"{v}.",
            ),
            lambda: (
                "CPU load",
                f"{(v := n(0, 100))} %",
                ("cpu_load", "cpu_percent", "cpu_usage", "cpu_load_percent"),
                (
                    "What is the CPU (load|usage|utilization)?",
                    "How (busy|loaded) is the CPU?",
                    "CPU load?",
                    "How much CPU is used?",
                ),
                f"The CPU load is {v} %.",
            ),
            lambda: (
                "GPU load",
                f"{(v := n(0, 100))} %",
                ("gpu_load", "gpu_percent", "gpu_usage", "gpu_load_percent"),
                (
                    "What is the GPU (load|usage|utilization)?",
                    "How (busy|loaded) is the GPU?",
                    "GPU load?",
                    "How much of the GPU is used?",
                ),
                f"The GPU load is {v} %.",
            ),
            lambda: (
                "battery",
                f"{(v := n(1, 100))} %",
                ("battery", "battery_percent", "charge", "battery_level"),
                (
                    "What is the battery level?",
                    "How (full|much charge has|charged is) the battery?".replace("much charge has", "full"),
                    "What percentage is left in the battery?",
                    "How much battery is left?",
                    "battery?",
                    "What's left in the battery?",
                    "battery charge?",
                ),
                f"The battery is at {v} %.",
            ),
            lambda: (
                "served today",
                v := str(n(0, 9000)),
                ("served", "served_today", "prompts_served", "answered"),
                (
                    "How many prompts (were|has it|did it) (served|answered|answer)?",
                    "How many prompts were answered today?",
                    "How many were served today?",
                    "served today?",
                    "How many answers did it give today?",
                ),
                f"{v}.",
            ),
            lambda: (
                "errors",
                v := str(n(0, 60)),
                ("errors", "error_count", "errors_today"),
                (
                    "How many errors (are there|were there|happened|occurred|does it report|have occurred)?",
                    "error count?",
                    "What is the number of errors?",
                    "How many errors?",
                ),
                f"{v} errors.",
            ),
            lambda: (
                "energy",
                f"{(v := shown(rng.uniform(0.2, 6), 2))} J per token",
                ("joules_per_token", "energy_per_token", "j_per_token"),
                (
                    "How much energy does (one|a) token (take|cost|need)?",
                    "What is the energy per token?",
                    "How many joules per token?",
                    "What does a token cost in energy?",
                ),
                f"{v} J per token.",
            ),
            lambda: (
                "time to first token",
                f"{(v := n(40, 2500))} ms",
                ("ttft_ms", "time_to_first_token_ms", "first_token_ms"),
                (
                    "What is the time to first token?",
                    "How long does the first token take?",
                    "How long until the first token?",
                    "ttft?",
                ),
                f"{v} ms.",
            ),
            lambda: (
                "GPU clock",
                f"{(v := n(200, 1400))} MHz",
                ("gpu_clock", "gpu_mhz", "gpu_clock_mhz"),
                (
                    "What is the GPU clock?",
                    "At what (frequency|clock|speed) does the GPU run?",
                    "GPU frequency?",
                    "How fast is the GPU clocked?",
                ),
                f"The GPU clock is {v} MHz.",
            ),
            lambda: (
                "wifi signal",
                f"-{(v := n(30, 90))} dBm",
                ("wifi_dbm", "signal_dbm", "wifi_signal"),
                (
                    "How (strong|good) is the (wifi|signal|wifi signal)?",
                    "What is the (wifi|signal strength|wifi signal)?",
                    "wifi signal?",
                    "What signal strength does it report?",
                ),
                f"The wifi signal is -{v} dBm.",
            ),
            lambda: (
                "swap",
                f"{(v := shown(rng.uniform(0, 4), 1))} GB",
                ("swap_gb", "swap", "swap_used_gb"),
                ("How much swap is used?", "What is the swap use?", "swap?", "How much swap?"),
                f"{v} GB.",
            ),
            lambda: (
                "voltage",
                f"{(v := shown(rng.uniform(4.5, 20), 1))} V",
                ("voltage", "voltage_v", "input_v"),
                ("What is the [input ]voltage?", "How many volts?", "voltage?", "What voltage does it get?"),
                f"The voltage is {v} V.",
            ),
            lambda: (
                "version",
                v := f"{n(0, 4)}.{n(0, 20)}.{n(0, 20)}",
                ("version", "agent_version", "release"),
                (
                    "(What|Which) version is (running|installed|it|it on)?",
                    "What is the [agent ]version?",
                    "version?",
                    "Which release is on it?",
                ),
                f"Version {v}.",
            ),
            lambda: (
                "device",
                v := f"{rng.choice(('orin', 'nano', 'thor', 'edge', 'jetson', lexicon.pseudo_word(rng)))}-{n(1, 99)}",
                ("device", "device_id", "host", "name"),
                (
                    "(What|Which) device is (it|this)?",
                    "What is the (name|id) of the device?",
                    "device name?",
                    "Which device reports this?",
                ),
                f"{v}.",
            ),
            lambda: (
                "IP",
                v := ".".join(str(n(1, 254)) for _ in range(4)),
                ("ip", "ip_address", "address"),
                (
                    "What is the IP[ address]?",
                    "IP address?",
                    "Which IP does it have?",
                    "(Tell me|Give me) its address.",
                ),
                f"{v}.",
            ),
            lambda: (
                "restarts",
                v := str(n(0, 12)),
                ("restarts", "restart_count", "engine_restarts"),
                (
                    "How (many times|often) (has it|was it|did it) (restarted|restart)?",
                    "How many restarts?",
                    "How many restarts were there?",
                ),
                f"{v} restarts.",
            ),
            lambda: (
                "context",
                f"{(v := n(1, 16) * 512)} tokens",
                ("context", "context_length", "context_tokens"),
                ("(What|How long) is the context[ length]?", "How many tokens fit in the context?", "context length?"),
                f"{v} tokens.",
            ),
            lambda: (
                "active requests",
                v := str(n(0, 12)),
                ("active", "running", "active_requests"),
                (
                    "How many (requests|prompts) are (active|running|being answered)?",
                    "How many are running?",
                    "active requests?",
                ),
                f"{v}.",
            ),
            lambda: (
                "network",
                f"{(v := n(1, 900))} Mbit/s",
                ("network_mbit", "bandwidth", "net_mbit_s"),
                ("What is the network (speed|throughput)?", "How fast is the network?", "network speed?"),
                f"{v} Mbit/s.",
            ),
        )
    )()


def simple_piece(rng: Random, used: set[str]) -> Piece | None:
    """Any other reading."""
    name, value, keys, texts, answer = _simple(rng)
    if name in used:
        return None
    used.add(name)
    numeric = value.split(" ")[0]
    is_number = numeric.replace(".", "", 1).replace("-", "", 1).isdigit() and value.count(".") < 2
    json_value = (
        (float(numeric) if "." in numeric else int(numeric)) if is_number and name not in {"uptime", "mode"} else value
    )
    fragment = (
        f"{value} tokens/s"
        if name == "tokens/s"
        else say(
            rng,
            "({n} {v}|{n} {v}|{n}: {v}|{n} = {v}|{n} is {v})",
            n=name if rng.random() < 0.8 else name.lower(),
            v=value,
        )
    )
    if name == "tokens/s" and rng.random() < 0.3:
        fragment = rng.choice(
            (
                f"speed {value} tokens/s",
                f"{value} tok/s",
                f"generating {value} tokens per second",
                f"throughput {value} tokens/s",
            )
        )
    unit_key = any(
        k.endswith(("_w", "_c", "_ms", "_mhz", "_percent", "_rpm", "_gb", "_dbm", "_v", "_s", "_second"))
        for k in keys[:1]
    )
    pair_value = json_value if unit_key or rng.random() < 0.3 else value
    asks: list[Ask] = [
        lambda r: _value_question(r, name if name != "tokens/s" else "tokens per second", value, name, texts, answer)
    ] * 2
    if name == "fan":
        running = int(numeric) > 0
        asks += [
            lambda r: Question(
                "fan-on",
                yes_no(r, "the fan is running", "is the fan running")
                if r.random() < 0.7
                else one_of(r, ("Is the fan (on|turning|spinning|off|stopped|standing still)?",)),
                "",
                "fan",
            )
        ]
        make = asks.pop()

        def fan(r: Random) -> Question:
            question = make(r)
            stopped = any(w in question.text for w in ("off?", "stopped", "still?"))
            return Question(
                "fan-on", question.text, f"{'Yes' if running != stopped else 'No'}, the fan is at {value}.", "fan"
            )

        asks.append(fan)
    if is_number and name in {"CPU load", "GPU load", "battery", "fan", "voltage", "GPU clock"}:
        unit = value.split(" ")[1]
        asks.append(
            lambda r: threshold_question(
                r,
                f"the {name}",
                numeric,
                unit,
                " ",
                1 if "." in numeric else 0,
                f"{'at ' if name in {'battery', 'fan'} else ''}{value}",
            )
        )
    if name == "errors":
        count = int(numeric)
        asks.append(
            lambda r: Question(
                "errors-any",
                one_of(
                    r,
                    (
                        "(Are|Were) there any errors?",
                        "Any errors?",
                        "Did (any |)errors (occur|happen)?",
                        "Does it report errors?",
                    ),
                ),
                f"{'Yes' if count else 'No'}, there {'was' if count == 1 else 'were'} {count or 'no'} error{'' if count == 1 else 's'}.",
                "errors",
            )
        )
    return Piece(
        fragment,
        f"The {name} is {value}." if name != "tokens/s" else f"It generates {value} tokens/s.",
        [(keys[0] if unit_key or rng.random() < 0.4 else name, pair_value)],
        f"the {name} is {value}" if name != "tokens/s" else f"it generates {value} tokens per second",
        "tail",
        frozenset({name}),
        asks,
        [Field(keys, "number" if is_number and json_value is not value else "string", json_value)],
    )


_FLAGS = (
    (
        "throttled",
        "throttled",
        ("yes", "no"),
        (
            "Is (it|the device|the board|the GPU) [being ](throttled|throttling|slowed down)?",
            "Does it throttle?",
            "throttled?",
            "Is the clock being cut?",
            "Is it running at reduced speed?",
            "Is there any throttling?",
            "Is it held back by throttling?",
            "Is thermal throttling active?",
        ),
        "it is being throttled",
        "it is not being throttled",
    ),
    (
        "charging",
        "charging",
        ("yes", "no"),
        (
            "Is (it|the battery|the device) (charging|being charged)?",
            "Does it charge?",
            "charging?",
            "Is it on the charger?",
        ),
        "it is charging",
        "it is not charging",
    ),
    (
        "broker",
        "broker_connected",
        ("connected", "disconnected"),
        (
            "Is the broker (connected|reachable|online)?",
            "Is it connected to the broker?",
            "Does it have a connection to the broker?",
            "broker connected?",
            "Is there a broker connection?",
        ),
        "the broker is connected",
        "the broker is disconnected",
    ),
    (
        "network",
        "network_up",
        ("up", "down"),
        (
            "Is the network (up|ok|working|there)?",
            "Is there a network connection?",
            "network up?",
            "Does the network work?",
        ),
        "the network is up",
        "the network is down",
    ),
    (
        "camera",
        "camera_ok",
        ("ok", "lost"),
        ("Is the camera (ok|working|there|fine)?", "Does the camera work?", "camera ok?"),
        "the camera is ok",
        "the camera is lost",
    ),
    (
        "update",
        "update_pending",
        ("pending", "none"),
        (
            "Is an update (pending|waiting|available)?",
            "Is there an update?",
            "update pending?",
            "Does it need an update?",
        ),
        "an update is pending",
        "no update is pending",
    ),
    (
        "idle",
        "idle",
        ("yes", "no"),
        ("Is (it|the device) idle?", "Is it doing nothing?", "idle?"),
        "it is idle",
        "it is not idle",
    ),
    (
        "engine",
        "engine_running",
        ("running", "stopped"),
        ("Is the engine running?", "Does the engine run?", "engine running?", "Is the engine (up|alive)?"),
        "the engine is running",
        "the engine is stopped",
    ),
    (
        "overcurrent",
        "overcurrent",
        ("yes", "no"),
        ("Is there an overcurrent?", "Was there an overcurrent?", "overcurrent?", "Did it report overcurrent?"),
        "there is an overcurrent",
        "there is no overcurrent",
    ),
)


def flag_piece(rng: Random, used: set[str]) -> Piece | None:
    """A yes or no of the device."""
    name, key_name, values, texts, true_clause, false_clause = rng.choice(_FLAGS)
    if name in used:
        return None
    used.add(name)
    on = rng.random() < 0.45
    value = values[0] if on else values[1]
    clause = true_clause if on else false_clause
    fragment = say(rng, "({n} {v}|{n} {v}|{n}: {v}|{n} = {v})", n=name, v=value)
    if name == "throttled" and rng.random() < 0.4:
        fragment = "throttled" if on else rng.choice(("not throttled", "no throttling", "throttling off"))
        if on and rng.random() < 0.4:
            fragment = rng.choice(("throttling active", "throttling on"))
    asks: list[Ask] = [
        lambda r: Question(f"flag {name}", one_of(r, texts), f"{'Yes' if on else 'No'}, {clause}.", name)
    ] * 2
    pair: tuple[str, str | bool] = (key_name, on) if rng.random() < 0.4 else (name, value)
    return Piece(
        fragment,
        capital(clause) + ".",
        [pair],
        clause,
        "tail",
        frozenset({name}),
        asks,
        [Field((name, key_name, f"is_{name}"), "boolean", on)],
    )


_UNTOLD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("fan", ("What is the fan speed?", "How fast is the fan?", "Is the fan running?", "fan speed?")),
    ("model", ("(What|Which) model is (loaded|running|active)?", "What is the name of the model?")),
    ("uptime", ("How long has it been (up|running)?", "What is the uptime?", "When was it (last|) restarted?")),
    ("queue", ("How many prompts are waiting?", "Is the queue empty?", "How long is the queue?")),
    ("memory", ("How much memory is (used|free|left)?", "What is the memory usage?", "Is the memory full?")),
    (
        "power",
        (
            "How much power does it draw?",
            "What is the power draw?",
            "How many watts does it use?",
            "Is it over its power budget?",
        ),
    ),
    ("disk", ("How much disk is (used|free|left)?", "Is the disk full?", "How big is the disk?")),
    ("tokens/s", ("How fast is it generating?", "How many tokens per second?", "What is the throughput?")),
    ("battery", ("What is the battery level?", "How much battery is left?")),
    ("throttled", ("Is it being throttled?", "Does it throttle?")),
    ("broker", ("Is the broker connected?",)),
    ("version", ("(What|Which) version is running?", "Which software version is it?")),
    ("IP", ("What is the IP address?",)),
    ("mode", ("(What|Which) power mode is set?",)),
    ("GPU load", ("What is the GPU load?", "How busy is the GPU?")),
    ("CPU load", ("What is the CPU load?", "How busy is the CPU?")),
    ("errors", ("How many errors were there?", "Were there any errors?")),
    (
        "serial",
        (
            "What is the serial number?",
            "What is the MAC address?",
            "Who owns the device?",
            "Where is the device[ installed|]?",
            "What does the device cost?",
            "Who installed it?",
            "When was it bought?",
            "What colour is the device?",
            "What is the host name?",
            "What is the humidity?",
            "How noisy is it?",
            "Which JetPack is installed?",
            "What is the CUDA version?",
            "Who is logged in?",
            "How many cores does it have?",
            "how many cameras are attached?",
            "What was the last error?",
            "What is the room temperature?",
            "When is the next update?",
        ),
    ),
    ("wifi signal", ("How strong is the wifi?", "What is the signal strength?")),
    ("voltage", ("What is the voltage?", "How many volts?")),
    ("GPU", ("How hot is the GPU?", "What is the GPU temperature?")),
    ("CPU", ("How hot is the CPU?", "What is the CPU temperature?")),
    ("swap", ("How much swap is used?",)),
    ("energy", ("How much energy does a token take?",)),
    ("GPU clock", ("What is the GPU clock?",)),
    ("device", ("What is the name of the device?",)),
)


def telemetry_pieces(rng: Random) -> list[Piece]:
    """A report of two to eight readings."""
    used: set[str] = set()
    pieces: list[Piece] = []
    if rng.random() < 0.75:
        pieces += power_pieces(rng)
    if rng.random() < 0.7:
        pieces += temperature_pieces(rng)
    if rng.random() < 0.5:
        pieces.append(memory_piece(rng))
    if rng.random() < 0.35:
        pieces.append(count_piece(rng))
    if rng.random() < 0.12:
        pieces.append(memory_piece(rng, "disk"))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        piece = simple_piece(rng, used)
        if piece:
            pieces.append(piece)
    if rng.random() < 0.35 or not pieces:
        piece = flag_piece(rng, used)
        if piece:
            pieces.append(piece)
    if rng.random() < 0.06 and not used & {"CPU load", "GPU load"}:
        pieces += _both_loads(rng)
    loads = [p for p in pieces if p.topics & {"CPU load", "GPU load"}]
    if len(loads) == 2:
        pieces[0].asks = [*pieces[0].asks, *[lambda r: _busier(r, loads)] * 4]
        loads[0].asks = [*loads[0].asks, lambda r: _busier(r, loads)]
    told = set().union(*(p.topics for p in pieces))
    pieces[0].asks = [*pieces[0].asks, lambda r: untold(r, told)]
    if rng.random() < 0.7:
        rng.shuffle(pieces)
    return pieces


def _both_loads(rng: Random) -> list[Piece]:
    found: dict[str, Piece] = {}
    while len(found) < 2:
        piece = simple_piece(rng, set())
        if piece and piece.topics & {"CPU load", "GPU load"}:
            found[next(iter(piece.topics))] = piece
    return list(found.values())


def _busier(rng: Random, loads: list[Piece]) -> Question:
    told = {("CPU" if "CPU load" in p.topics else "GPU"): p.fields[0].value for p in loads}
    cpu, gpu = float(str(told["CPU"])), float(str(told["GPU"]))
    text = one_of(
        rng,
        (
            "(Which|What) (one |)is busier, (the CPU or the GPU|the GPU or the CPU|cpu or gpu|gpu or cpu)?",
            "Is the CPU or the GPU busier?",
            "Which has the higher load, CPU or GPU?",
            "Which one works harder, GPU or CPU?",
        ),
    )
    win = "CPU" if cpu > gpu else "GPU"
    return Question("busier", text, f"The {win}, at {told[win]} %." if cpu != gpu else "Both are the same.", "load")


def untold(rng: Random, told: set[str]) -> Question:
    """A question about a reading that is not in the report."""
    for _ in range(60):
        name, texts = rng.choice(_UNTOLD)
        if (
            name not in told
            and not (name in {"CPU", "GPU"} and told & {"GPU", "CPU"} and name in told)
            and not any(name in t for t in told)
        ):
            return Question("untold-telemetry", one_of(rng, texts), "Not stated.", name)
    return Question("untold-telemetry", "What is the serial number?", "Not stated.", "serial")
