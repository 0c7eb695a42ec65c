"""The values that are read from the head of an image file."""

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ErrorCode, RejectedError


class ImageKind(StrEnum):
    """The kinds that are taken, by their media types (RFC 2045, RFC 9649)."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"

    @property
    def label(self) -> str:
        """As people write it."""
        return {ImageKind.JPEG: "JPEG", ImageKind.PNG: "PNG", ImageKind.WEBP: "WebP"}[self]


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image is.

    Attributes:
        kind: By its content.
        width: Pixels.
        height: Pixels.
        is_heavy: Whether a decoder needs far more memory for it than for others of its size: a JPEG in four channels,
            or in several scans, as all coefficients are kept until the last.
    """

    kind: ImageKind
    width: int
    height: int
    is_heavy: bool = False


def broken(kind: ImageKind, why: str) -> RejectedError:
    """The refusal of a file that begins like one of its kind and is none that can be shown."""
    return RejectedError(ErrorCode.INVALID_REQUEST, f"the {kind.label} image {why}")
