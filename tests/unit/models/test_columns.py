"""How wide the columns of a table are."""

import pytest

from agent.models.columns import widths

COLUMNS = (("NAME", "a-model"), ("SIZE", "1 MiB"), ("LICENCE", "Some Community License"), ("FITS", "yes, 4 tokens"))


@pytest.mark.parametrize(
    ("room", "says"),
    [
        (1000, (7, 5, 22, 13)),
        (53, (7, 5, 22, 13)),
        (52, (7, 5, 22, 12)),
        (41, (7, 5, 16, 7)),
        (33, (7, 5, 9, 6)),
        (32, None),
    ],
)
def test_what_is_far_from_its_width_is_given_more_and_no_word_is_broken(room: int, says: tuple[int, ...]) -> None:
    assert widths(COLUMNS, 2, room) == says


def test_characters_that_take_two_places() -> None:
    assert widths([["NAME", "模型模型"]], 1, 80) == (8,)


def test_an_empty_cell() -> None:
    assert widths([["", ""]], 0, 80) == (0,)
