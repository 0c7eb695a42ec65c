"""Raw video that says its own size: YUV4MPEG2, as GStreamer's `y4menc` writes it.

The header is a line of words, `YUV4MPEG2 C420 W1280 H720 Ip F25:1 A1:1`; each frame is a line that begins with `FRAME`
and the three planes, chroma at half the width and height.
"""

from typing import BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.capture.frame_size import check_size
from agent.camera.capture.spec import SourceError

_MOST_LINE: Final = 256
_ROW: Final = 8
"""GStreamer pads rows, of chroma too, to four bytes; with these widths there is nothing to pad."""
_MAGIC: Final = b"YUV4MPEG2"


class Y4mReader:
    """Reads frames from a pipe.

    Args:
        stream: The pipe, buffered.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._planes: NDArray[np.uint8] | None = None

    def next(self) -> bool:
        """Read the next frame; False: the stream is at its end.

        Raises:
            SourceError: This is no such stream, or its frames are of no use.
        """
        if self._planes is None:
            head = self._stream.readline(_MOST_LINE)
            if not head:
                return False
            width, height = _size_of(head)
            self._planes = np.empty((height * 3 // 2, width), np.uint8)
        line = self._stream.readline(_MOST_LINE)
        if line and not line.startswith(b"FRAME"):
            raise SourceError("the pipeline's frames do not follow each other")
        return bool(line) and self._stream.readinto(self._planes.data.cast("B")) == self._planes.nbytes  # type: ignore[attr-defined]

    def pixels(self) -> NDArray[np.uint8]:
        """The frame that was read last: blue, green and red; shape (height, width, 3)."""
        assert self._planes is not None  # noqa: S101 - `next` comes first
        return np.asarray(cv2.cvtColor(self._planes, cv2.COLOR_YUV2BGR_I420), np.uint8)


def _size_of(head: bytes) -> tuple[int, int]:
    magic, *words = head.split()
    fields = {word[:1]: word[1:] for word in words}
    try:
        width, height = int(fields[b"W"]), int(fields[b"H"])
    except (KeyError, ValueError):
        width = height = 0
    if magic != _MAGIC or not (width and height) or not fields.get(b"C", b"420").startswith(b"420"):
        raise SourceError("the pipeline gives something else than raw video")
    check_size(width, height)
    if width % _ROW or height % 2:
        raise SourceError(
            f"frames of {width}x{height} pixels: the width has to be a multiple of {_ROW}, the height even; "
            "end the pipeline with videoscale ! video/x-raw,width=...,height=..."
        )
    return width, height
