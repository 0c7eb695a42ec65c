"""The configuration's section `fleet`."""

from pathlib import Path
from typing import Annotated

from pydantic import ByteSize, Field

from agent.config_values import Duration, Section, Size, TimeOfDay, TopicLevel, Url
from agent.units import Seconds


class DownloadHours(Section):
    """When updates may be downloaded and installed, each day."""

    begins: TimeOfDay = Field(alias="from")
    """When they may begin, local time: 01:00."""
    ends: TimeOfDay = Field(alias="to")
    """When they may no longer; at or before `from`, on the next day."""


class Fleet(Section):
    """Where this device's releases come from: docs/fleet.md."""

    url: Url
    """Where the fleet's repository is: `https://updates.plant.local/fleet`."""
    mirrors: tuple[Url, ...] = ()
    """Other places of the same repository, tried in turn when the first does not answer."""
    root: Path
    """File with the first root of trust, which came with the installation: `root.json`."""
    channel: TopicLevel = "stable"
    """Which channel's releases it takes."""
    group: TopicLevel | None = None
    """A group of devices that may have a release of its own."""
    every: Annotated[Duration, Field(ge=10)] = Seconds(6 * 3600.0)
    """How often it asks, give or take a tenth."""
    hours: DownloadHours | None = None
    """When updates may be downloaded and installed. Default: always."""
    rate: Annotated[Size, Field(ge=1024)] | None = None
    """The most bytes a second of a download: `2MiB`. Default: no limit."""
    keep: Annotated[Size, Field(ge=1024 * 1024)] = ByteSize(16 * 1024**3)
    """What releases and their models may take on the disk, less where little is free; the running one and the one
    before stay in any case."""
