"""A difference between one pass and several is found, wherever it is."""

from collections.abc import Sequence

import pytest

from agent.engine.exactness import is_exact, tokens_needed

LONGEST = 4


class Sums:
    """A runtime whose logits are the sum of what was read, which it remembers as its cache.

    Args:
        off: How wide a pass must be to be rounded differently.
        in_cache: Whether the difference is in what it remembers, and not in the logits.
    """

    def __init__(self, off: int = 99, *, in_cache: bool = False) -> None:
        self._off, self._in_cache = off, in_cache
        self._cache: list[float] = []
        self._rows: list[float] = []
        self.most = 0

    def append_tokens(self, tokens: Sequence[int], /) -> None:
        off = 0.125 if self._off <= len(tokens) < 20 else 0.0
        self._rows = []
        for token in tokens:
            self._cache.append(token + off * self._in_cache)
            self._rows.append(sum(self._cache) + off * (not self._in_cache))
        if self._in_cache:
            self._rows = [row - off * (at + 1) for at, row in enumerate(self._rows)]
        self.most = max(self.most, len(self._cache))

    def rewind_to(self, length: int, /) -> None:
        del self._cache[length:]

    def get_output(self, name: str, /) -> "Rows":
        assert name == "logits"
        return Rows(self._rows)


class Rows:
    """An array."""

    def __init__(self, rows: Sequence[float]) -> None:
        self._rows = rows

    def tobytes(self) -> bytes:
        return b"".join(row.hex().encode() for row in self._rows)


@pytest.mark.parametrize("in_cache", [False, True])
@pytest.mark.parametrize(("off", "exact"), [(2, False), (3, False), (LONGEST, False), (LONGEST + 1, True)])
def test_a_pass_that_is_rounded_differently_is_found(off: int, exact: bool, in_cache: bool) -> None:  # noqa: FBT001
    runtime = Sums(off, in_cache=in_cache)
    assert is_exact(runtime, range(tokens_needed(LONGEST)), LONGEST) is exact
    assert runtime.most <= tokens_needed(LONGEST)
