"""What an image that came in a prompt says of itself, before anything decodes it. Pure, and imports no decoder.

Only the structure of the file is walked: every image that passes has one frame, a size within the limits, and an end.
Whether its pixels can be decoded is found out in the engine's process, which may be lost, or by a server upstream.
"""

from agent.images.check import MOST_PIXELS, check_image
from agent.images.header import ImageHeader, ImageKind

__all__ = ["MOST_PIXELS", "ImageHeader", "ImageKind", "check_image"]
