"""Looks as cameras give them, one after the other: what a test's camera sees.

The figures are those that OpenCV measured on drawn pictures of such scenes.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.camera.values import Box, CameraName, Code, Look
from agent.units import Seconds, UnixSeconds

DOOR = CameraName("door")
BEGIN = 1000.0
"""On the boot clock."""

Seen = Callable[[float, random.Random], Look]
"""What is measured so many seconds after the begin."""


def look(at: float = BEGIN) -> Look:
    """A still scene by day."""
    return Look(
        camera=DOOR,
        number=round(at * 1000),
        at=Seconds(at),
        at_wall=UnixSeconds(at + 1e9),
        width=1280,
        height=720,
        brightness=119.0,
        contrast=38.0,
        sharpness=480.0,
        moved=0.0,
        regions=(),
        changed=0.004,
    )


def looks(seen: Seen, seconds: float, *, a_second: float = 5.0, seed: int = 7, begin: float = BEGIN) -> Iterator[Look]:
    """Look after look, at times that jitter a little, as those of a busy machine do."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    for number in range(round(seconds * a_second)):
        after = number / a_second + chance.uniform(0, 0.02)
        yield replace(
            seen(after, chance), number=number, at=Seconds(begin + after), at_wall=UnixSeconds(begin + after + 1e9)
        )


def still(_after: float, chance: random.Random) -> Look:
    """Nothing happens; the sensor's noise is in all figures."""
    return replace(
        look(),
        brightness=chance.gauss(119, 0.3),
        contrast=chance.gauss(38, 0.2),
        sharpness=chance.gauss(480, 12),
        changed=abs(chance.gauss(0.004, 0.0005)),
        moved=chance.choice([0.0] * 20 + [0.0004]),
    )


def night(after: float, chance: random.Random) -> Look:
    """A dark scene: more noise than structure, and specks of it that look like motion for one look."""
    specks = tuple(speck(chance) for _ in range(chance.randrange(4)))
    return replace(
        still(after, chance),
        brightness=chance.gauss(15, 0.5),
        contrast=chance.gauss(9.0, 0.2),
        sharpness=chance.gauss(1200, 60),
        changed=abs(chance.gauss(0.024, 0.002)),
        moved=chance.choice([0.0005, 0.001, 0.005]),
        regions=specks,
    )


def speck(chance: random.Random) -> Box:
    """A small region somewhere."""
    return Box(chance.uniform(0, 0.95), chance.uniform(0, 0.95), chance.uniform(0.01, 0.04), chance.uniform(0.01, 0.05))


def swaying(after: float, chance: random.Random) -> Look:
    """Branches all over the picture that move to and fro: more in all than a person."""
    places = [(0.1 + 0.11 * number, 0.2 + 0.5 * (number % 3) / 2) for number in range(8)]
    sway = [0.02 * math.sin(2 * math.pi * (0.3 + 0.1 * number) * after + number) for number in range(8)]
    regions = [
        Box(x + moved, y, chance.uniform(0.03, 0.05), chance.uniform(0.03, 0.06))
        for (x, y), moved in zip(places, sway, strict=True)
    ]
    present = tuple(region for region in regions if chance.random() < 0.8)
    return replace(
        still(after, chance),
        moved=0.5 * sum(region.area for region in present),
        regions=present,
        changed=abs(chance.gauss(0.07, 0.01)),
    )


def walking(begins: float, ends: float, *, height: float = 0.5, scene: Seen = still) -> Seen:
    """A person walks through from the left to the right."""

    def seen(after: float, chance: random.Random) -> Look:
        at = scene(after, chance)
        if not begins <= after < ends:
            return at
        left = 0.9 * (after - begins) / (ends - begins)
        person = Box(left, 0.9 - height, 0.35 * height, height)
        return replace(at, moved=min(1.0, at.moved + 0.6 * person.area), regions=(person, *at.regions)[:8])

    return seen


def flooding(scene: Seen) -> Seen:
    """Somebody holds up another code for each look."""
    return lambda after, chance: replace(scene(after, chance), codes=(Code("qr", str(after)),))


def then(first: Seen, begins: float, second: Seen, ends: float = math.inf) -> Seen:
    """One thing, and between two moments another one."""
    return lambda after, chance: (second if begins <= after < ends else first)(after, chance)


def covered(after: float, chance: random.Random) -> Look:
    """A hand close before the lens: some light, no structure, coarse noise."""
    return replace(
        still(after, chance),
        brightness=chance.gauss(50, 0.5),
        contrast=chance.gauss(8.5, 0.2),
        sharpness=chance.gauss(25, 5),
        changed=0.46,
    )


def taped(after: float, chance: random.Random) -> Look:
    """Tape over the lens: no light."""
    return replace(
        still(after, chance),
        brightness=chance.gauss(1.2, 0.1),
        contrast=0.4,
        sharpness=chance.uniform(1, 3),
        changed=0.98,
    )


def repeated(_after: float, _chance: random.Random) -> Look:
    """The same picture again."""
    return replace(look(), repeated=True)
