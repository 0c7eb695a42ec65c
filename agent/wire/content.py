"""What a message consists of: text, and (for models that see) images. Which model sees is not decided here.

Every image is seen to be one, as far as its head tells (`images`), and goes on as the very text that came.
"""

import binascii
from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from agent.errors import ErrorCode, RejectedError
from agent.images import ImageKind, check_image
from agent.wire.payload import Payload

TOO_LARGE = "image_too_large"
"""The type of the validation errors that say: an image, but a larger one than is taken."""

_DATA_URLS = {f"data:{kind};base64": kind for kind in ImageKind}


def _see_image(base64: str, kinds: Collection[ImageKind]) -> None:
    try:
        data = binascii.a2b_base64(base64, strict_mode=True)
    except ValueError:
        raise PydanticCustomError("base64", "this is not base64 (RFC 4648, section 4)") from None
    try:
        check_image(data, kinds)
    except RejectedError as refusal:
        kind = TOO_LARGE if refusal.code is ErrorCode.TOO_LARGE else "image"
        raise PydanticCustomError(kind, "{why}", {"why": refusal.message}) from None


def _jpeg(base64: str) -> str:
    _see_image(base64, (ImageKind.JPEG,))
    return base64


def _data_url(url: str) -> str:
    head, _, base64 = url.partition(",")
    kind = _DATA_URLS.get(head.lower())
    if kind is None:
        raise PydanticCustomError(
            "data_url",
            "only data URLs (data:image/jpeg;base64,..., image/png, image/webp) are taken: the agent fetches nothing",
        )
    _see_image(base64, (kind,))
    return url


class TextPart(Payload):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageUrl(Payload):
    """Where an image is: in the URL itself."""

    url: Annotated[str, AfterValidator(_data_url)]
    """`data:image/jpeg;base64,...`; also `image/png` and `image/webp`."""


class ImagePart(Payload):
    """An image within a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


class Image(Payload):
    """An image beside the messages: one of the two."""

    camera: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """What this camera sees when the prompt is answered: its picture, or for a model that reads text only the facts."""
    jpeg_base64: Annotated[str, AfterValidator(_jpeg)] | None = None
    """The picture itself, a JPEG."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.camera is None) == (self.jpeg_base64 is None):
            raise PydanticCustomError("image", "give exactly one of camera and jpeg_base64")
        return self

    @property
    def url(self) -> str:
        """As a data URL; of one that is not a camera's."""
        return f"data:image/jpeg;base64,{self.jpeg_base64}"


Images = Annotated[list[Image], Field(max_length=16)]


def _part_kind(value: object) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return {"text": "~text", "image_url": "~image"}.get(kind) if isinstance(kind, str) else None


def _content_kind(value: object) -> str | None:
    if isinstance(value, str):
        return "~text"
    return "~parts" if isinstance(value, list) else None


# A tag becomes a step in the location of an error; the `~` marks it as none of the document's.
Part = Annotated[
    Annotated[TextPart, Tag("~text")] | Annotated[ImagePart, Tag("~image")],
    Discriminator(
        _part_kind,
        custom_error_type="part",
        custom_error_message='a part is an object with the type "text" or "image_url"',
    ),
]
Content = Annotated[
    Annotated[str, Field(min_length=1), Tag("~text")]
    | Annotated[list[Part], Field(min_length=1, max_length=64), Tag("~parts")],
    Discriminator(
        _content_kind, custom_error_type="content", custom_error_message="content is a string or a list of parts"
    ),
]


def text_of(content: str | list[TextPart | ImagePart]) -> str:
    """The text of a message, its parts on lines of their own."""
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content if isinstance(part, TextPart))


def images_of(content: str | list[TextPart | ImagePart]) -> tuple[str, ...]:
    """The images of a message, as data URLs."""
    if isinstance(content, str):
        return ()
    return tuple(part.image_url.url for part in content if isinstance(part, ImagePart))
