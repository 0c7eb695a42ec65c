"""What is measured, as people write it."""

import pytest

from agent.bench.cells import Cell, parse_cells


@pytest.mark.parametrize(
    ("lengths", "batches", "cells"),
    [
        ("100|100", "1", (Cell(1, 100, 100),)),
        ("100|100,2000|50", "1,4", (Cell(1, 100, 100), Cell(1, 2000, 50), Cell(4, 100, 100), Cell(4, 2000, 50))),
        (" 8|8 , 8|8", "1, 1", (Cell(1, 8, 8),)),
    ],
)
def test_lengths_with_batches(lengths: str, batches: str, cells: tuple[Cell, ...]) -> None:
    assert parse_cells(lengths, batches) == cells


@pytest.mark.parametrize(
    ("lengths", "batches"),
    [("", "1"), ("100", "1"), ("100|0", "1"), ("0|100", "1"), ("100|-1", "1"), ("100|100,", "1"), ("1|1|1", "1")]
    + [("100|100", batches) for batches in ("", "0", "257", "1,", "x", "1.5", "-1")],
)
def test_what_makes_no_sense(lengths: str, batches: str) -> None:
    with pytest.raises(ValueError, match="written as"):
        parse_cells(lengths, batches)


def test_a_cell_has_a_name_and_sizes() -> None:
    cell = Cell(batch=4, input_tokens=2000, output_tokens=100)
    assert str(cell) == "2000|100, batch 4"
    assert (cell.context, cell.tokens) == (2100, 8400)
