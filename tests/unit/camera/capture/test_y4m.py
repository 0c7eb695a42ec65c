"""Raw video from a pipe."""

import io

import cv2
import numpy as np
import pytest

from agent.camera.capture.spec import SourceError
from agent.camera.capture.y4m import Y4mReader
from tests.cameras.marked import number_in, picture

HEAD = b"YUV4MPEG2 C420 W320 H180 Ip F25:1 A1:1\n"


def _frame(number: int) -> bytes:
    return b"FRAME\n" + cv2.cvtColor(picture(number, 320, 180), cv2.COLOR_BGR2YUV_I420).tobytes()


def test_frames_follow_each_other_to_the_end() -> None:
    reader = Y4mReader(io.BytesIO(HEAD + _frame(5) + _frame(6)))
    numbers = []
    while reader.next():
        numbers.append(number_in(reader.pixels()))
    assert numbers == [5, 6]
    assert np.abs(reader.pixels().astype(int) - picture(6, 320, 180)).mean() < 4


@pytest.mark.parametrize("stream", [b"", HEAD, HEAD + _frame(1)[:-1]])
def test_an_end_amid_a_frame_is_an_end(stream: bytes) -> None:
    assert not Y4mReader(io.BytesIO(stream)).next()


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"RIFF....AVI \n", "something else"),
        (b"YUV4MPEG2 C444 W320 H180\n", "something else"),
        (b"YUV4MPEG2 W320\n", "something else"),
        (b"YUV4MPEG2 W322 H180\n", "multiple of 8"),
        (b"YUV4MPEG2 W320 H181\n", "multiple of 8"),
        (b"YUV4MPEG2 W80000 H80000\n", "too large"),
        (HEAD + b"FRUME\n", "do not follow"),
    ],
)
def test_what_is_no_raw_video(stream: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        Y4mReader(io.BytesIO(stream)).next()
