"""Pictures that say their own number: in black and white blocks along the upper edge, which survive compression.

This made the clip: `python -m tests.cameras.marked | ffmpeg -f rawvideo -pix_fmt bgr24 -s 1280x720 -r 25 -i -
-c:v libx264 -profile:v baseline -g 25 -bf 0 -crf 30 -x264-params slices=1:scenecut=0 -pix_fmt yuv420p
-bsf:v filter_units=remove_types=6 clip.h264`
"""

import sys

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720
COUNT = 100
"""Numbers are below this; the next picture has 0 again."""
_BITS = 7
_SHARE = 16
"""A block's side is the picture's width over this."""


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A picture: blue, green, red; shape (height, width, 3). A shade, and a bright bar that walks."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = np.linspace(40, 180, width, dtype=np.uint8)[None, :, None]
    side = width // _SHARE
    left = (width - side) * (number % COUNT) // COUNT
    pixels[height // 2 :, left : left + side] = (40, 160, 240)
    for bit in range(_BITS):
        pixels[:side, bit * side : (bit + 1) * side] = 255 if number % COUNT >> bit & 1 else 0
    return pixels


def number_in(pixels: NDArray[np.uint8]) -> int:
    """The number in a picture, at any size."""
    side = pixels.shape[1] // _SHARE
    blocks = [
        pixels[side // 4 : 3 * side // 4, bit * side + side // 4 : bit * side + 3 * side // 4] for bit in range(_BITS)
    ]
    return sum((block.mean() > 127) << bit for bit, block in enumerate(blocks))


def main() -> None:
    """All of them, raw, to standard output."""
    for number in range(COUNT):
        sys.stdout.buffer.write(picture(number).tobytes())


if __name__ == "__main__":
    main()
