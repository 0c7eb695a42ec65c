"""Codes held up are read; everything else is not one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.looking.codes import CodeReader
from agent.camera.looking.scaled import Pixels, Scaled, grey_of
from agent.camera.values import Code
from tests.synthetic_frames import Yard, with_code

# EAN-13 (ISO/IEC 15420): the digits of the left half in sets A and B, in an order that says the first digit; those of
# the right half are set A's with dark and light exchanged, and set B's are those read backwards.
_SET_A = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_OTHERWISE = str.maketrans("01", "10")


def ean_13(digits: str, sets: str) -> Pixels:
    """A barcode, two pixels a bar: (height, width)."""
    right = [code.translate(_OTHERWISE) for code in _SET_A]
    halves = {"A": _SET_A, "B": [code[::-1] for code in right]}
    left = [halves[kind][int(digit)] for digit, kind in zip(digits[1:7], sets, strict=True)]
    bars = "".join(["101", *left, "01010", *(right[int(digit)] for digit in digits[7:]), "101"])
    line = np.repeat(np.array([0 if bar == "1" else 255 for bar in bars], np.uint8), 2)
    return np.pad(np.tile(line, (120, 1)), 60, constant_values=255)


@pytest.mark.parametrize("text", ["How many people are at the door?", "Grüße, wer ist da?"])
def test_a_code_held_up_is_read_at_640_pixels(text: str) -> None:
    frame = with_code(Yard(width=1280, height=720).frame(), text, 300, (500, 200))
    assert CodeReader(("qr",)).read(Scaled.of(frame).grey, thoroughly=False) == (Code("qr", text),)


def test_a_small_code_is_read_in_the_whole_frame() -> None:
    frame = with_code(Yard(width=1280, height=720).frame(), "small", 90, (700, 300))
    assert CodeReader(("qr",)).read(grey_of(frame), thoroughly=True) == (Code("qr", "small"),)


def test_a_barcode_is_read_when_its_kind_is_asked_for() -> None:
    picture = ean_13("5901234123457", "ABBAAB")
    assert CodeReader(("qr",)).read(picture, thoroughly=True) == ()
    assert CodeReader(("qr", "barcode")).read(picture, thoroughly=True) == (Code("ean_13", "5901234123457"),)


def test_no_code_is_read_in_an_empty_yard() -> None:
    yard, reader = Yard(), CodeReader(("qr", "barcode"))
    assert [reader.read(Scaled.of(yard.frame()).grey, thoroughly=True) for _ in range(3)] == [()] * 3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 120), st.integers(1, 120), st.integers(1, 4))
def test_no_picture_is_an_error(seed: int, height: int, width: int, grain: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (height, width), dtype=np.uint8) * np.uint8(255)
    picture = bits.repeat(grain, axis=0).repeat(grain, axis=1)
    for code in CodeReader(("qr", "barcode")).read(picture, thoroughly=True):
        assert code.text
