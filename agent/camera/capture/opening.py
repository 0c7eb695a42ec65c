"""How long the steps of opening a source may take, and so all of them. Pure."""

from typing import Final

from agent.camera.capture.source import Rtsp, Source
from agent.units import Seconds

CONNECT_TIMEOUT: Final = Seconds(5.0)
OPEN_TIMEOUT: Final = Seconds(10.0)
"""For a server's first answers and the first key frame."""
ASK_TIMEOUT: Final = Seconds(10.0)
"""For GStreamer to say which elements it has: the first time after its installation it looks through all of them."""
DECODER_TIMEOUT: Final = Seconds(10.0)
"""For a decoder's first frame: OpenCV opens a stream at a key frame."""
_USUAL: Final = CONNECT_TIMEOUT + OPEN_TIMEOUT
_BY_DECODER_IN_VAIN: Final = ASK_TIMEOUT + CONNECT_TIMEOUT + OPEN_TIMEOUT + DECODER_TIMEOUT


def opening_time(source: Source) -> Seconds:
    """How long a source may take to give its first frame, besides the stall timeout.

    Not less than the process itself allows: it knows better why nothing comes.
    """
    return Seconds(_USUAL + _BY_DECODER_IN_VAIN if isinstance(source, Rtsp) else _USUAL)
