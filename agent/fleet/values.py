"""Releases, what a fleet wants of a device, and what a device makes of it, as values. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from agent.units import Bytes, Ratio, Seconds

ReleaseName = NewType("ReleaseName", str)
"""1 to 64 of `A-Z a-z 0-9 _ - . +`, begins with a letter or digit. Never used again for another content."""

Digest = NewType("Digest", str)
"""SHA-256 of a content, 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A content, named by what it is; its file on the server is `blobs/<first two digits>/<digest>`.

    Attributes:
        digest: Its SHA-256.
        size: Its bytes.
        index: The blob that lists its chunks, where a device that has a similar one may fetch less (`delta.py`).
    """

    digest: Digest
    size: Bytes
    index: "Blob | None" = None


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release.

    Attributes:
        path: A relative one of plain names: no `..`, no empty part, no leading `/`.
        blob: Its content.
    """

    path: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class ReleasedModel:
    """A model of a release: the files of its folder."""

    name: str
    files: tuple[ReleaseFile, ...]


@dataclass(frozen=True, slots=True)
class Canary:
    """A prompt whose answer is known, asked of a new release before it is trusted.

    Attributes:
        name: For people.
        prompt: The user's message.
        max_tokens: The most tokens of the answer.
        contains: Texts that the answer must have, whatever their case.
    """

    name: str
    prompt: str
    max_tokens: int
    contains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a new release has to show before it is committed.

    Attributes:
        within: So long it may take until it serves.
        lasts: So long it has to serve then.
        least_speed: Tokens a second on the canaries, as a share of what the release before reached.
        most_energy: Joules a token likewise; not looked at where nothing measures.
        most_failures: The share of prompts that may fail beyond the share that failed before.
    """

    within: Seconds
    lasts: Seconds
    least_speed: Ratio
    most_energy: Ratio
    most_failures: Ratio


@dataclass(frozen=True, slots=True)
class Requirements:
    """On which devices a release can run. Empty: on all.

    Attributes:
        architectures: As `uname -m` says: `aarch64`, `x86_64`.
        boards: As `identity` names the module; one that begins so.
        launcher: The least version of the launcher, which an update does not replace.
        journal: The major version of the journal's form that it reads and writes.
    """

    architectures: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    launcher: int = 1
    journal: int = 1


@dataclass(frozen=True, slots=True)
class Release:
    """One signed thing: an agent, its models, its configuration.

    Attributes:
        name: Its name.
        version: The agent's version.
        wheels: The agent's wheel, and all that the lock names for the architectures it is for.
        lock: pip's requirements file with hashes.
        models: The models that come with it.
        config: A fragment that the device's own configuration is laid over; None: there is none.
        requires: Where it can run.
        canaries: What it is asked before it is trusted.
        proof: What it has to show.
    """

    name: ReleaseName
    version: str
    wheels: tuple[ReleaseFile, ...]
    lock: Blob
    models: tuple[ReleasedModel, ...]
    config: Blob | None
    requires: Requirements
    canaries: tuple[Canary, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Desired:
    """What the fleet wants of the devices of a channel, of a group, or of one device: a signed document.

    Attributes:
        release: What to run.
        share: Which share of the devices is to take it so far.
        cohort: Goes into the hash that tells which devices those are, so that not always the same are the first.
        urgent: Whether quiet hours do not count.
        back: Whether it is a way back, on which no release is held to the speed and energy of the one that it replaces.
    """

    release: ReleaseName
    share: Ratio
    cohort: str
    urgent: bool
    back: bool = False


class Distrust(StrEnum):
    """Why what a server gave was not accepted. Never renamed: operators' alarms name them."""

    EXPIRED = "expired"
    """Signed, but no longer fresh; or the device's clock is wrong."""
    ROLLED_BACK = "rolled_back"
    """Older than what this device has seen."""
    UNSIGNED = "unsigned"
    """Not enough valid signatures of the right keys."""
    WRONG_CONTENT = "wrong_content"
    """Length or digest differ from what is signed."""
    TOO_LARGE = "too_large"
    """More bytes than are signed or allowed."""
    TOO_SLOW = "too_slow"
    """Less than the least rate: perhaps on purpose."""
    MALFORMED = "malformed"
    """Signed, but it makes no sense."""


@dataclass(frozen=True, slots=True)
class CanaryAnswer:
    """What a release said to a canary.

    Attributes:
        text: The answer.
        tokens_per_second: While it was generated; None: too few of them tell nothing.
        joules_per_token: None: likewise, or nothing measures.
    """

    text: str
    tokens_per_second: float | None
    joules_per_token: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Prompts that were answered and that failed (by the engine or the agent, not by their senders) since the start."""

    answered: int
    failed: int
