"""Whether an engine's answers are the same: exactly on a processor; on a GPU, as far as that repeats itself.

A GPU adds in another order from run to run: two words that are nearly as likely change places, and the answers part.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

TRIES_ON_A_GPU = 6

Said = Sequence[object]
"""An answer: its text, or its deltas and what else has to be the same."""


def is_one_of(said: Said, others: Sequence[Said]) -> bool:
    """Whether an answer is one of the others or, where these part, begins with all that they have in common."""
    wanted = [*said]
    alike = itertools.takewhile(lambda each: each.count(each[0]) == len(each), zip(*others, strict=False))
    common = [each[0] for each in alike]
    if any([*other] != [*others[0]] for other in others):
        return wanted[: len(common)] == common
    return wanted == [*others[0]]


@dataclass(frozen=True, slots=True)
class Alike:
    """Compares answers that have to be the same.

    Attributes:
        tries: How many times each is asked for, at most; with one they have to be equal.
    """

    tries: int

    def __call__(self, having: Callable[[], Iterable[Said]], alone: Callable[[], Iterable[Said]]) -> None:
        """Have requests answered in two ways, until each was answered in the first as it is in the second.

        Args:
            having: Answers them in the way under test; what is no text, it asserts itself, each time.
            alone: Answers the same in the plainest way.

        Raises:
            AssertionError: One never was, in all tries.
        """
        seen: list[list[Said]] = []
        others: list[list[Said]] = []
        for _ in range(self.tries):
            seen.append([*having()])
            others.append([*alone()])
            each = zip(zip(*seen, strict=True), zip(*others, strict=True), strict=True)
            if all(any(is_one_of(said, plain) for said in ours) for ours, plain in each):
                return
        assert seen == others, f"{seen} is not {others}"
