"""How wide the columns of a table are, so that no word of it is broken. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len

GAP = 2
"""Characters between two columns."""


def widths(columns: Sequence[Sequence[str]], whole: int, room: int) -> tuple[int, ...] | None:
    """The width of each column, in characters of a terminal; None where words would have to be broken.

    Args:
        columns: The cells of each, its title included.
        whole: So many of the first ones stay on one line; the others are folded at spaces.
        room: Of all together.
    """
    most = [max(map(cell_len, cells)) for cells in columns]
    least = [size if i < whole else _longest_word(columns[i]) for i, size in enumerate(most)]
    left = room - sum(least) - GAP * (len(columns) - 1)
    if left < 0:
        return None
    for _ in range(min(left, sum(most) - sum(least))):
        furthest = max(range(len(most)), key=lambda i: most[i] - least[i])
        least[furthest] += 1
    return tuple(least)


def _longest_word(cells: Sequence[str]) -> int:
    return max(cell_len(word) for cell in cells for word in cell.split() or [""])
