"""What the signed documents look like as JSON, and what is checked of each value. pydantic: the edge.

A device may be older than a document, therefore:

- Keys that it does not know are ignored at the top of both documents, in `proof` and in `canaries`: a release is
  proved by the agent that comes with it, and that one knows them.
- They are refused in `requires` (a condition that is not understood is not met), and in files and models (what is not
  understood of them might have to be fetched).
- `format` is 1; a document that an older agent must not read in this way has another number.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.fleet.release_paths import RELEASE_NAME

_DAY = 86400.0
_MOST_FILES = 4096

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0, le=2**43)]
Name = Annotated[str, Field(pattern=f"^{RELEASE_NAME}$")]
Text = Annotated[str, Field(min_length=1, max_length=512)]
"""Names of files and models: `release_paths` has their rules."""
Share = Annotated[float, Field(ge=0, le=1)]


class Open(BaseModel):
    """No conversion between types; what is not known is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class Closed(Open):
    """What is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class ContentForm(Closed):
    """A content."""

    sha256: Sha256
    size: Size


class FileForm(ContentForm):
    """A file of a release."""

    path: Text
    index: ContentForm | None = None


Files = Annotated[list[FileForm], Field(min_length=1, max_length=_MOST_FILES)]


class ModelForm(Closed):
    """A model of a release."""

    name: Text
    files: Files


class RequirementsForm(Closed):
    """Where a release can run."""

    architectures: list[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]] = []
    boards: list[Annotated[str, Field(min_length=1, max_length=128)]] = []
    launcher: Annotated[int, Field(ge=1)] = 1
    journal: Annotated[int, Field(ge=1)] = 1


class CanaryForm(Open):
    """A prompt whose answer is known."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    prompt: Annotated[str, Field(min_length=1, max_length=16384)]
    max_tokens: Annotated[int, Field(ge=1, le=4096)]
    contains: Annotated[list[Annotated[str, Field(min_length=1, max_length=1024)]], Field(max_length=32)] = []


class ProofForm(Open):
    """What a release has to show."""

    within_s: Annotated[float, Field(gt=0, le=_DAY)]
    lasts_s: Annotated[float, Field(ge=0, le=7 * _DAY)]
    least_speed: Annotated[float, Field(ge=0)]
    most_energy: Annotated[float, Field(gt=0)]
    most_failures: Share


class DesiredForm(Open):
    """What a channel's, a group's devices or one device should run."""

    format: Literal[1] = 1
    release: Name
    share: Share
    cohort: Annotated[str, Field(max_length=128)]
    urgent: bool = False
    back: bool = False


class ReleaseForm(Open):
    """A release's manifest."""

    format: Literal[1] = 1
    name: Name
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9_.+!-]{0,63}$")]
    wheels: Files
    lock: ContentForm
    models: Annotated[list[ModelForm], Field(max_length=64)] = []
    config: ContentForm | None = None
    requires: RequirementsForm
    canaries: Annotated[list[CanaryForm], Field(max_length=64)] = []
    proof: ProofForm
