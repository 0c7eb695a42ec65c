"""How light it is, in a word."""

from dataclasses import replace

import pytest

from agent.camera.light import light
from tests.unit.camera.looks import look


@pytest.mark.parametrize(
    ("before", "brightness", "expected"),
    [
        (None, 0, "dark"),
        (None, 39, "dark"),
        (None, 41, "dim"),
        (None, 84, "dim"),
        (None, 86, "bright"),
        (None, 255, "bright"),
        ("dark", 45, "dark"),
        ("dark", 47, "dim"),
        ("dark", 200, "bright"),
        ("dim", 35, "dim"),
        ("dim", 33, "dark"),
        ("dim", 90, "dim"),
        ("dim", 92, "bright"),
        ("bright", 80, "bright"),
        ("bright", 78, "dim"),
        ("bright", 3, "dark"),
    ],
)
def test_a_word_is_left_only_when_it_clearly_does_not_fit(before: str | None, brightness: int, expected: str) -> None:
    assert light(before, replace(look(), brightness=float(brightness))) == expected
