"""An image that passes is one; whatever else comes is refused quickly, with little memory, and with a reason."""

import contextlib
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.PngImagePlugin import PngInfo

from agent.errors import ErrorCode, RejectedError
from agent.images import MOST_PIXELS, ImageHeader, ImageKind, check_image
from tests.hostile_images import END, PICTURE, HostileImage, all_hostile, png, undecodable
from tests.pictures import KINDS, file, noisy, plain

MEDIA = {"JPEG": ImageKind.JPEG, "PNG": ImageKind.PNG, "WEBP": ImageKind.WEBP}
LONG_TEXT = PngInfo()
LONG_TEXT.add_itxt("XML:com.adobe.xmp", "x" * 1_500_000)
GOOD = {kind: file(noisy(), kind) for kind in KINDS}


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA", "CMYK", "I;16"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "quality": 100}),
        ("JPEG", {"subsampling": 0, "comment": b"x" * 60_000, "icc_profile": b"x" * 200_000}),
        ("PNG", {}),
        ("PNG", {"icc_profile": b"x" * 10_000, "pnginfo": LONG_TEXT}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True, "icc_profile": b"x" * 101, "exif": b"Exif\0\0x"}),
    ],
)
def test_what_people_send_passes(kind: str, options: dict[str, Any], mode: str) -> None:
    written = {"RGBA": "RGB", "LA": "L", "P": "RGB", "I;16": "L"}.get(mode, mode) if kind == "JPEG" else mode
    written = "RGB" if kind == "PNG" and mode == "CMYK" else written
    is_heavy = kind == "JPEG" and (written == "CMYK" or "progressive" in options)
    expected = ImageHeader(MEDIA[kind], 64, 48, is_heavy=is_heavy)
    assert check_image(file(noisy().convert(written), kind, **options)) == expected


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1120, 1120), (5_000, 5_000), (16_384, 1_525)])
def test_what_is_large_and_within_the_limits_passes(width: int, height: int) -> None:
    assert width * height <= MOST_PIXELS
    assert check_image(png(width, height, PICTURE, END)).width == width


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_behind_the_end_is_passed_over(kind: str) -> None:
    assert check_image(GOOD[kind] + b"\0trailer" * 100) == ImageHeader(MEDIA[kind], 64, 48)


@pytest.mark.parametrize("hostile", all_hostile(), ids=lambda hostile: hostile.name)
def test_a_hostile_image_is_refused(hostile: HostileImage) -> None:
    with pytest.raises(RejectedError) as refusal:
        check_image(hostile.data)
    assert refusal.value.code is hostile.code
    assert hostile.why in refusal.value.message


@pytest.mark.parametrize("hostile", all_hostile(), ids=lambda hostile: hostile.name)
def test_a_refusal_is_quick_and_needs_little_memory(hostile: HostileImage) -> None:
    began = time.process_time()
    with pytest.raises(RejectedError):
        check_image(hostile.data)
    assert time.process_time() - began < 0.1
    tracemalloc.start()
    try:
        with pytest.raises(RejectedError):
            check_image(hostile.data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * 1024 * 1024


@pytest.mark.parametrize("hostile", undecodable(), ids=lambda hostile: hostile.name)
def test_what_only_a_decoder_finds_passes(hostile: HostileImage) -> None:
    assert check_image(hostile.data).width >= 64


@pytest.mark.parametrize("kind", KINDS)
def test_every_begin_of_a_file_is_refused(kind: str) -> None:
    for size in range(len(GOOD[kind])):
        with pytest.raises(RejectedError) as refusal:
            check_image(GOOD[kind][:size])
        assert refusal.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_not_taken_here_is_named(kind: str) -> None:
    others = [other for other in ImageKind if other is not MEDIA[kind]]
    with pytest.raises(RejectedError) as refusal:
        check_image(GOOD[kind], others)
    assert refusal.value.code is ErrorCode.INVALID_REQUEST
    assert refusal.value.message.endswith(f"it is {MEDIA[kind].label}")


@given(kind=st.sampled_from(KINDS), edits=st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=9)), max_size=6))
def test_whatever_comes_is_refused_or_within_the_limits(kind: str, edits: list[tuple[int, bytes]]) -> None:
    data = bytearray(file(plain(), kind))
    for at, replacement in edits:
        data[at : at + len(replacement)] = replacement
    with contextlib.suppress(RejectedError):
        header = check_image(bytes(data))
        assert 0 < header.width * header.height <= MOST_PIXELS
