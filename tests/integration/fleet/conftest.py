"""A fleet of one device, which has checked once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.fleet.device import CHANNEL, Device, desired, release
from tests.integration.fleet.repository import Repository
from tests.integration.fleet.site import Site, serving


@dataclass
class Fleet:
    """Who signs, who serves, who checks."""

    repository: Repository
    site: Site
    device: Device

    def publish(self, name: str) -> None:
        """An honest release, which the channel is to run."""
        self.repository.release(release(self.repository, name))
        self.repository.desire(CHANNEL, desired(name))

    def goes_on(self, name: str = "after") -> None:
        """The server is honest again: the device takes a new release."""
        self.site.troubles.clear()
        self.site.files = self.repository.files
        self.publish(name)
        wanted, manifest = self.device.check()
        assert wanted == desired(name)
        assert manifest is not None
        assert manifest.name == name


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    repository = Repository()
    with serving(Site(repository.files)) as site:
        device = Device(tmp_path, [site.url], repository.root_bytes())
        it = Fleet(repository, site, device)
        it.publish("one")
        device.check()
        with device.web:
            yield it
