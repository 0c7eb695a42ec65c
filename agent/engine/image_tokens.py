"""How many tokens an image becomes at least, before anything decodes it. Pure.

Processors that keep an image's proportions (`smart_resize`: Qwen-VL, Pixtral) make a token of each square of so many
pixels, of an image that is at most so large. Others make the same number of every image, which is seen afterwards.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resizing:
    """How a processor resizes.

    Attributes:
        square: The side of the square that becomes a token, in pixels.
        most_pixels: Of the resized image.
    """

    square: int
    most_pixels: int

    @classmethod
    def read(cls, processor: Mapping[str, Any]) -> "Resizing | None":
        """What a `processor_config.json` of onnxruntime-genai says; None: another way of resizing.

        Raises:
            KeyError: It lacks what is needed.
        """
        for step in processor["processor"]["transforms"]:
            attributes = step["operation"].get("attrs", {})
            if attributes.get("smart_resize"):
                return cls(attributes["patch_size"] * attributes["merge_size"], attributes["max_pixels"])
        return None

    def fewest_tokens(self, width: int, height: int) -> int:
        """Tokens of an image of so many pixels, at least: a side is rounded to whole squares, here always down."""
        shrunk = max(1.0, math.sqrt(width * height / self.most_pixels))
        return int(width / shrunk / self.square) * int(height / shrunk / self.square)
