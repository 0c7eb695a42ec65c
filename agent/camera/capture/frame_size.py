"""How large a frame may be. Pure."""

from typing import Final

from agent.camera.capture.spec import SourceError

MOST_SIDE: Final = 8192
MOST_PIXELS: Final = 36_000_000


def check_size(width: int, height: int) -> None:
    """Refuse absurd frames.

    Raises:
        SourceError: It is one.
    """
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and width * height <= MOST_PIXELS):
        raise SourceError(f"frames of {width}x{height} pixels are too large; {MOST_PIXELS // 10**6} megapixels at most")
