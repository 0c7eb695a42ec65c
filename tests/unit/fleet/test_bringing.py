"""What those who have asked hear while a release is brought here."""

import pytest

from agent.fleet.blocking import at_once
from agent.fleet.bringing import Bringing
from tests.fleet.disk import Disk, SimulatedBlobs, SimulatedSlots
from tests.fleet.releases import release


@pytest.mark.parametrize(("held", "last"), [(None, "installing r1"), ("the line runs", None)])
async def test_what_pip_does_for_minutes_is_told_as_such(held: str | None, last: str | None) -> None:
    disk = Disk()
    blobs = SimulatedBlobs(disk)
    told: list[str] = []

    def tell(how_far: str) -> None:
        assert not disk.slots, "before it begins"
        told.append(how_far)

    bringing = Bringing(blobs, SimulatedSlots(disk, blobs), at_once, tell)
    assert await bringing.bring(release("r1"), lambda: held) == held
    assert (told[-1] if told else None) == last
    assert bool(disk.slots) == (held is None)
