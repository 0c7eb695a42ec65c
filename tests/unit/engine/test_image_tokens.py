"""The tokens of an image are known from its size, never too many."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.image_tokens import Resizing
from tests.vision_model import FILES

QWEN = Resizing(square=28, most_pixels=12_845_056)


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(28, 28, 1), (27, 27, 0), (280, 56, 20), (1120, 1120, 1600), (5_000, 5_000, 16_129), (16_384, 1, 0)],
)
def test_a_token_for_each_square(width: int, height: int, tokens: int) -> None:
    assert QWEN.fewest_tokens(width, height) == QWEN.fewest_tokens(height, width) == tokens


@given(width=st.integers(1, 16_384), height=st.integers(1, 16_384), most=st.integers(3_136, 12_845_056))
def test_never_more_than_the_largest_image_has(width: int, height: int, most: int) -> None:
    assert 0 <= Resizing(28, most).fewest_tokens(width, height) <= most / 28**2


def test_the_configuration_of_a_processor() -> None:
    assert Resizing.read(json.loads((FILES / "processor_config.json").read_bytes())) == QWEN


def test_a_processor_that_resizes_in_another_way() -> None:
    steps = [{"operation": {"name": "decode"}}, {"operation": {"attrs": {"num_crops": 4}}}]
    assert Resizing.read({"processor": {"transforms": steps}}) is None
    with pytest.raises(KeyError):
        Resizing.read({})
