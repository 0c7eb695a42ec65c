"""What a message consists of: text, and (for models that see) images. Which model sees is not decided here."""

import binascii
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from agent.wire.payload import Payload

_DATA_URL = "data:image/"


def _base64(text: str) -> str:
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise PydanticCustomError("base64", "this is not base64 (RFC 4648, section 4)") from None
    return text


def _data_url(url: str) -> str:
    head, comma, data = url.partition(";base64,")
    if not (head.startswith(_DATA_URL) and comma):
        raise PydanticCustomError(
            "data_url", "only data URLs (data:image/jpeg;base64,...) are taken: the agent fetches nothing"
        )
    _base64(data)
    return url


class TextPart(Payload):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageUrl(Payload):
    """Where an image is: in the URL itself."""

    url: Annotated[str, AfterValidator(_data_url)]
    """`data:image/jpeg;base64,...`."""


class ImagePart(Payload):
    """An image within a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


class Image(Payload):
    """An image beside the messages: one of the two."""

    camera: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """What this camera sees when the prompt is answered: its picture, or for a model that reads text only the facts."""
    jpeg_base64: Annotated[str, AfterValidator(_base64)] | None = None
    """The picture itself."""

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
