"""What has lately been read and recognised, over the gaps that single frames have. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.camera.values import Code, Detection
from agent.units import Seconds

FORGOTTEN_AFTER: Final = Seconds(10.0)
"""A code that has not been read for so long is not held up any more: reading fails now and then."""
MOST_CODES: Final = 8
MOST_LABELS: Final = 32
_REMEMBERED = Seconds(2.0)
_FEWEST_LOOKS = 3
_MOST_LOOKS = 16
_LEAST_AGE = Seconds(10.0)
_MOST_INTERVALS = 3.0
"""Counts hold for so long after a detector's last look, or for so many times what lay between that and the one before:
with many cameras each has its turn more rarely. A detector that has ended says nothing of now."""
_SEEN_BY = 2
"""A count holds that so many of the remembered looks have reached: one false alarm does not, nor is one miss a loss."""


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code, and when it was last read."""

    code: Code
    at: Seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of each label one look saw, and how long after the detector's look before it; 0: that is not known."""

    at: Seconds
    after: Seconds
    labels: tuple[tuple[str, int], ...]


def read(before: Sequence[ReadCode], codes: Iterable[Code], at: Seconds) -> tuple[ReadCode, ...]:
    """The codes that are held up: those read now first, at most `MOST_CODES`."""
    now = {code: ReadCode(code, at) for code in codes}
    lately = [each for each in before if each.code not in now and at - each.at < FORGOTTEN_AFTER]
    return (*now.values(), *lately)[:MOST_CODES]


def count(before: Sequence[Counted], detections: Iterable[Detection], at: Seconds) -> tuple[Counted, ...]:
    """The counts of the last looks that a detector had, newest first; those before a long gap are forgotten."""
    labels: dict[str, int] = {}
    for detection in detections:
        labels[detection.label] = labels.get(detection.label, 0) + 1
    most = sorted(labels.items(), key=lambda each: (-each[1], each[0]))[:MOST_LABELS]
    after = Seconds(at - before[0].at if before else 0.0)
    kept = before if _are_fresh(before, at) else ()
    looks = (Counted(at, after, tuple(most)), *kept)[:_MOST_LOOKS]
    return tuple(each for index, each in enumerate(looks) if index < _FEWEST_LOOKS or at - each.at <= _REMEMBERED)


def counts(looks: Sequence[Counted], at: Seconds) -> dict[str, int] | None:
    """How many there are of each label, as the last looks have it; None: too few at this moment, or too old."""
    if len(looks) < _SEEN_BY or not _are_fresh(looks, at):
        return None
    labels = dict.fromkeys(label for look in looks for label, _ in look.labels)
    found = {
        label: sorted((dict(look.labels).get(label, 0) for look in looks), reverse=True)[_SEEN_BY - 1]
        for label in labels
    }
    return dict(sorted((label, number) for label, number in found.items() if number > 0))


def _are_fresh(looks: Sequence[Counted], at: Seconds) -> bool:
    return bool(looks) and at - looks[0].at <= max(_LEAST_AGE, _MOST_INTERVALS * looks[0].after)
