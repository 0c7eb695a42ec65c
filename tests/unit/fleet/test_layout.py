"""Paths and roles that the operator's tool and the devices have to agree on."""

import pytest

from agent.fleet import layout
from agent.fleet.values import Digest, ReleaseName


def test_where_things_are() -> None:
    assert layout.release_target(ReleaseName("2026.11")) == "releases/2026.11.json"
    assert layout.channel_target("stable") == "channels/stable.json"
    assert layout.group_target("north") == "groups/north.json"
    assert layout.device_target("press-7") == "devices/press-7.json"
    assert layout.channel_role("stable") == "channel-stable"
    assert layout.blob_path(Digest("0f" * 32)) == f"blobs/0f/{'0f' * 32}"


@pytest.mark.parametrize(("devices", "bits"), [(0, 1), (1, 1), (100, 4), (10_000, 8), (1_000_000, 11), (10**12, 14)])
def test_bins_grow_with_the_root_of_the_fleet(devices: int, bits: int) -> None:
    assert layout.bin_bits(devices) == bits
