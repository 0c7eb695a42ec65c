"""Scenes as facts, of wide variety: what the accuracy of observations is measured on."""

import random
from collections.abc import Iterator

from agent.camera.values import CameraName, Code, Condition, Direction, Facts, Mover
from agent.units import Seconds, UnixSeconds

ZONES = ("door", "gate", "yard", "fence", "loading_bay", "driveway", "window", "shed", "zone 2", "back-door")
LABELS = ("person", "person", "person", "dog", "cat", "car", "truck", "bicycle", "bus", "horse", "bird", "suitcase")
LIGHTS = ("dark", "dim", "bright")
CODES = (
    Code("qr", "B-2041"),
    Code("qr", "open gate 3"),
    Code("qr", "GATE-4417"),
    Code("qr", "how warm is the device?"),
    Code("qr", "P-88/12"),
    Code("ean_13", "4006381333931"),
    Code("code_128", "KX-70315"),
)
_A_DAY_S = 86_400
_SINCE_S = 1_780_000_000


def scenes(count: int, seed: int) -> Iterator[Facts]:
    """So many scenes, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        yield _scene(chance)


def _scene(chance: random.Random) -> Facts:
    movers = _movers(chance) if chance.random() < 0.6 else ()
    condition = chance.choice(list(Condition)) if chance.random() < 0.12 else Condition.CLEAR
    still = Seconds(0.0) if movers else Seconds(round(chance.choice((20, 400, 9_000, 200_000)) * chance.random(), 1))
    return Facts(
        camera=CameraName("yard"),
        taken_at=UnixSeconds(_SINCE_S + chance.randrange(_A_DAY_S)),
        condition=condition,
        light=chance.choice(LIGHTS),
        movers=movers,
        still=None if not movers and chance.random() < 0.1 else still,
        counts=_counts(chance) if chance.random() < 0.5 else None,
        codes=tuple(chance.sample(CODES, 1)) if chance.random() < 0.15 else (),
        width=1280,
        height=720,
    )


def _movers(chance: random.Random) -> tuple[Mover, ...]:
    zones = chance.sample(ZONES, chance.choice((1, 1, 2)))
    found = [
        Mover(
            zone=chance.choice((*zones, *zones, None)),
            direction=chance.choice((None, *Direction)),
            size=chance.uniform(0.005, 0.2),
            seconds=Seconds(chance.uniform(0.2, 20.0)),
        )
        for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 5)))
    ]
    return tuple(sorted(found, key=lambda mover: -mover.size))


def _counts(chance: random.Random) -> dict[str, int]:
    labels = set(chance.sample(LABELS, chance.choice((0, 1, 1, 2, 2, 3, 4))))
    return {label: chance.choice((1, 1, 1, 2, 2, 3, 4, 7)) for label in sorted(labels)}
