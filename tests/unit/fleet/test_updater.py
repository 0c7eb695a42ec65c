"""The updater on a simulated device: every way of an update, and what holds one back."""

import asyncio
import errno
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest

from agent.errors import RetryError
from agent.events import UpdateRefused, UpdateState
from agent.fleet.long_command import CommandError
from agent.fleet.ports import NoRoomError
from agent.fleet.settings import DownloadHours
from agent.fleet.values import Distrust, ReleaseName
from agent.units import Ratio, Seconds
from tests.fleet.device import SETTINGS, SimulatedDevice
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import BAD, GOOD, PROOF, SimulatedFleet
from tests.fleet.simulated_time import simulate

WAY = ["downloading", "staged", "draining", "switching", "proving"]


def during(device: SimulatedDevice, then: Callable[[], Awaitable[None]]) -> None:
    async def live() -> None:
        async with living(device):
            await then()

    simulate(live())


async def silent(_how_far: str) -> None:
    """Tell nobody."""


def test_a_good_release_is_committed(device: SimulatedDevice) -> None:
    async def then() -> None:
        assert await settled(device) < PROOF.lasts + 60
        assert device.service is not None
        assert not device.service.is_drained

    during(device, then)
    assert device.disk.good == device.running == "r1"
    assert [state for _, state in device.states()] == [*WAY, "committed"]
    assert device.starts == 2


@pytest.mark.parametrize("badness", BAD)
def test_a_bad_release_is_rolled_back_and_told(fleet: SimulatedFleet, device: SimulatedDevice, badness: str) -> None:
    fleet.publish("r1", BAD[badness])

    async def then() -> None:
        await settled(device)
        asked = fleet.asked
        await asyncio.sleep(10 * BOUND)
        assert fleet.asked > asked, "it asks again"

    during(device, then)
    assert device.is_settled
    assert device.running is None
    assert device.states()[-1] == ("r1", "rolled_back")
    assert device.states().count(("r1", "switching")) == 1, "and does not try it again"
    assert device.shown is not None
    assert (device.shown.release, device.shown.state) == ("r1", "rolled_back")
    assert device.shown.why


def test_the_figures_are_told(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.publish("r1", BAD["is 30 % slower"])
    during(device, lambda: settled_only(device))
    assert device.shown is not None
    assert device.shown.why == "21.0 tokens/s, 30.0 before: 70% of the speed, at least 80% are asked for"


async def settled_only(device: SimulatedDevice) -> None:
    await settled(device)


def test_the_next_release_is_tried_after_a_bad_one_and_then_the_bad_one_again(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    fleet.publish("r1", BAD["hangs"])
    fleet.publish("r2")

    async def then() -> None:
        await settled(device)
        fleet.want("r2")
        await asyncio.sleep(2 * BOUND)
        assert device.running == "r2"
        fleet.publish("r1", GOOD)
        fleet.want("r1")
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.disk.good == device.running == "r1"


def test_back_to_an_older_release(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.publish("r2")

    async def then() -> None:
        await settled(device)
        fleet.want("r2")
        await asyncio.sleep(2 * BOUND)
        fleet.want("r1")
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.disk.good == device.running == "r1"
    assert [release for release, state in device.states() if state == "committed"] == ["r1", "r2", "r1"]


@pytest.mark.parametrize(
    ("badness", "back", "runs"),
    [
        ("is 30 % slower", True, "r1"),
        ("takes more energy", True, "r1"),
        ("is 30 % slower", False, "r2"),
        ("answers wrongly", True, "r2"),
    ],
)
def test_on_a_way_back_a_release_may_be_slower_but_not_wrong(
    fleet: SimulatedFleet,
    device: SimulatedDevice,
    badness: str,
    back: bool,  # noqa: FBT001 - a case
    runs: str,
) -> None:
    fleet.publish("r2")

    async def then() -> None:
        await settled(device)
        fleet.want("r2")
        await asyncio.sleep(2 * BOUND)
        assert device.running == "r2"
        fleet.publish("r1", BAD[badness])
        fleet.want("r1", back=back)
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.disk.good == device.running == runs


def test_an_operator_can_have_a_rejected_release_tried_again(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.publish("r1", BAD["answers wrongly"])

    async def then() -> None:
        await settled(device)
        assert device.updater is not None
        with pytest.raises(RetryError, match=r'Berlin.*; r1 is not tried here again, except with "force": true$'):
            await device.updater.check_now(silent)
        fleet.publish("r1", GOOD)
        told: list[str] = []

        async def tell(how_far: str) -> None:
            told.append(how_far)

        asking = asyncio.create_task(device.updater.check_now(tell, force=True))
        await asyncio.sleep(2 * BOUND)
        asking.cancel()
        assert told[-1] == "r1 is switching", "the next process has the last word"

    during(device, then)
    assert device.running == "r1"


def test_a_force_that_comes_too_late_for_one_check_has_the_next_one(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    fleet.publish("r1", BAD["loads no model"])

    async def then() -> None:
        await settled(device)
        assert device.updater is not None
        fleet.is_reachable = False
        with pytest.raises(RetryError, match="nobody answers"):
            await device.updater.check_now(silent)  # goes on with pauses
        fleet.is_reachable = True
        asking = asyncio.create_task(device.updater.check_now(silent, force=True))
        await asyncio.sleep(60)
        assert device.running == "r1"
        asking.cancel()

    during(device, then)


def test_who_asks_in_the_new_process_is_told_the_end(device: SimulatedDevice) -> None:
    async def then() -> None:
        await asyncio.sleep(100)
        assert device.running == "r1"
        assert device.updater is not None
        assert "tokens/s" in await device.updater.check_now(silent)
        assert await device.updater.check_now(silent) == "r1 runs already"

    during(device, then)


def test_a_site_can_hold_an_update_back(device: SimulatedDevice) -> None:
    device.lock = "the line runs until Friday"

    async def then() -> None:
        await asyncio.sleep(3 * BOUND)
        assert device.states() == [("r1", "idle")]
        assert device.shown is not None
        assert device.shown.why == "updates.lock: the line runs until Friday"
        assert device.updater is not None
        assert await device.updater.check_now(silent) == device.shown.why
        device.lock = None
        await asyncio.sleep(PROOF.lasts + 200)

    during(device, then)
    assert device.running == "r1"


def test_a_device_that_an_operator_drains_is_not_switched(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.want("r1", urgent=True)

    def begin_service(what: str) -> None:
        if what == "written draining" and device.service is not None:
            device.service.is_serviced = True

    device.disk.touched = begin_service

    async def then() -> None:
        await asyncio.sleep(3 * BOUND)
        assert (device.starts, device.running) == (1, None)
        assert device.shown is not None
        assert device.shown.why == "an operator drains the device"
        assert device.service is not None
        device.disk.touched = lambda _what: None
        device.service.is_serviced = False
        await asyncio.sleep(PROOF.lasts + 200)

    during(device, then)
    assert device.running == "r1"


@pytest.mark.parametrize("urgent", [False, True])
def test_quiet_hours_count_unless_it_is_urgent(fleet: SimulatedFleet, urgent: bool) -> None:  # noqa: FBT001
    fleet.want("r1", urgent=urgent)
    device = SimulatedDevice(fleet)

    async def then() -> None:
        await asyncio.sleep(1)
        now = device.clock.minute_of_day()
        hours = DownloadHours.model_validate({"from": (now + 120) % 1440, "to": (now + 300) % 1440})
        device.settings = SETTINGS.model_copy(update={"hours": hours})
        device.lock = None
        device.kill()
        await asyncio.sleep(100 * 60)
        assert (device.running == "r1") == urgent
        await asyncio.sleep(60 * 60)
        assert device.running == "r1"

    device.lock = "not before the hours are known"
    during(device, then)


def test_devices_do_not_begin_as_one_when_the_hours_do(fleet: SimulatedFleet) -> None:
    async def live() -> None:
        clock = SimulatedDevice(fleet).clock
        begins = clock.minute_of_day() + 120
        hours = DownloadHours.model_validate({"from": begins % 1440, "to": (begins + 240) % 1440})
        settings = SETTINGS.model_copy(update={"hours": hours, "every": Seconds(6 * 3600.0)})
        devices = [
            SimulatedDevice(fleet, id=f"d{number}", settings=settings, jitter=partial(float, number / 50))
            for number in range(50)
        ]
        lives = [asyncio.create_task(device.run()) for device in devices]
        begun: list[int] = []
        for _ in range(120 + 240):
            await asyncio.sleep(60)
            begun.append(sum(len(device.states()) > 1 for device in devices))
        for life in lives:
            life.cancel()
        await asyncio.wait(lives)
        assert begun[110] == 0
        assert max(after - before for before, after in itertools.pairwise(begun)) <= 3, "in any one minute"
        assert begun[120 + 125] == 50, "each has half of the hours left"

    simulate(live())


def test_a_release_for_half_of_the_devices_comes_to_about_half_of_them(fleet: SimulatedFleet) -> None:
    fleet.want("r1", share=0.5)
    devices = [SimulatedDevice(fleet, id=f"device-{number}") for number in range(100)]

    async def live() -> None:
        lives = [asyncio.create_task(device.run()) for device in devices]
        await asyncio.sleep(BOUND)
        first = {device.id for device in devices if device.running == "r1"}
        assert 30 < len(first) < 70
        fleet.wants = replace(fleet.wants, share=Ratio(0.8)) if fleet.wants is not None else None
        await asyncio.sleep(2 * BOUND)
        second = {device.id for device in devices if device.running == "r1"}
        assert first < second
        assert len(second) < 95
        for life in lives:
            life.cancel()
        await asyncio.wait(lives)

    simulate(live())


def test_without_its_server_it_serves_and_asks_again(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.is_reachable = False

    async def then() -> None:
        await asyncio.sleep(BOUND)
        assert device.states() == []
        assert device.shown is not None
        assert (device.shown.state, device.shown.why) == ("failed", "nobody answers")
        assert 5 < fleet.asked < 20
        assert device.updater is not None
        with pytest.raises(RetryError, match="nobody answers"):
            await device.updater.check_now(silent)
        fleet.is_reachable = True
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.running == "r1"


def test_a_server_that_goes_once_a_release_is_on_trial_is_not_needed(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    async def then() -> None:
        while device.running != "r1":  # noqa: ASYNC110 - in simulated time
            await asyncio.sleep(1)
        fleet.is_reachable = False
        await settled(device)

    during(device, then)
    assert device.disk.good == "r1"


def test_what_is_not_trusted_is_told_once_and_changes_nothing(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.distrust = Distrust.ROLLED_BACK

    async def then() -> None:
        await asyncio.sleep(3 * BOUND)
        assert device.is_settled
        assert device.events == [UpdateRefused("rolled_back", "it is rolled_back, asked 1 times")]
        fleet.distrust, fleet.wants = None, None
        await asyncio.sleep(2 * BOUND)
        fleet.distrust = Distrust.ROLLED_BACK
        await asyncio.sleep(2 * BOUND)
        assert [event.kind for event in device.events if isinstance(event, UpdateRefused)] == ["rolled_back"] * 2

    during(device, then)
    assert device.running is None


def test_a_release_of_which_no_slot_can_be_made_has_failed_for_good(device: SimulatedDevice) -> None:
    device.disk.unusable.add(ReleaseName("r1"))
    during(device, lambda: asyncio.sleep(5 * BOUND))
    assert device.states() == [("r1", "downloading"), ("r1", "failed")]
    assert device.shown == UpdateState("r1", "failed", "a wheel does not suit", rejected=True)


def test_a_site_that_is_away_amid_a_download_is_not_held_against_the_release(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    def touched(what: str) -> None:
        if what == "written downloading" and ("r1", "failed") not in device.states():
            fleet.is_reachable = False

    device.disk.touched = touched

    async def then() -> None:
        while ("r1", "failed") not in device.states():  # noqa: ASYNC110 - in simulated time
            await asyncio.sleep(1)
        assert device.shown == UpdateState("r1", "failed", "nobody answers", rejected=False)
        fleet.is_reachable = True
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.running == "r1"


def test_a_content_that_the_disk_has_damaged_comes_again(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    damaged = fleet.releases[ReleaseName("r1")].wheels[0].blob.digest
    device.disk.blobs.add(damaged)
    device.disk.damaged.add(damaged)
    during(device, lambda: settled_only(device))
    assert device.disk.good == "r1"
    assert ("r1", "failed") not in device.states()


def test_a_trouble_of_the_disk_that_passes_rejects_no_release(device: SimulatedDevice) -> None:
    troubles = [OSError(errno.EMFILE, "Too many open files"), CommandError("pip: exit code 137: Killed", None)]

    def touched(what: str) -> None:
        if what == "stage" and troubles:
            raise troubles.pop()

    device.disk.touched = touched
    during(device, lambda: settled_only(device))
    assert device.disk.good == "r1"
    assert troubles == []


@pytest.mark.parametrize("access", ["fetch", "stage"])
def test_a_disk_that_old_releases_fill_is_cleared_for_the_next_one(
    fleet: SimulatedFleet, device: SimulatedDevice, access: str
) -> None:
    fleet.publish("r2")
    fleet.publish("r3")

    def has_room_for_two(what: str) -> None:
        if what == access and len(device.disk.slots) == 2:
            raise NoRoomError("no room for a third one")

    device.disk.touched = has_room_for_two

    async def then() -> None:
        await settled(device)
        for name in ("r2", "r3"):
            fleet.want(name)
            await asyncio.sleep(2 * BOUND)
            assert device.running == name

    during(device, then)
    assert device.disk.slots == {"r2", "r3"}, "the one before stays"


def test_a_start_that_a_full_disk_does_not_let_be_counted_is_tried_again(device: SimulatedDevice) -> None:
    def fill(what: str) -> None:
        device.disk.is_full = device.disk.is_full or (what == "trial begun" and device.starts == 1)

    device.disk.touched = fill

    async def then() -> None:
        while device.starts < 2:  # noqa: ASYNC110 - in simulated time
            await asyncio.sleep(1)
        assert device.running is None
        device.disk.is_full = False
        await settled(device)
        assert device.shown is not None
        assert (device.shown.state, device.shown.rejected) == ("rolled_back", False)
        await asyncio.sleep(2 * BOUND)

    during(device, then)
    assert device.running == device.disk.good == "r1"


def test_a_release_that_is_withdrawn_before_the_switch_is_not_run(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    def withdraw(what: str) -> None:
        if what == "staged":
            fleet.wants = None

    device.disk.touched = withdraw
    during(device, lambda: asyncio.sleep(BOUND))
    assert device.running is None
    assert device.is_settled


def test_a_device_without_a_launcher_says_so(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.releases[ReleaseName("r1")] = replace(
        fleet.releases[ReleaseName("r1")],
        requires=replace(fleet.releases[ReleaseName("r1")].requires, launcher=2),
    )

    async def then() -> None:
        await asyncio.sleep(1)
        assert device.updater is not None
        assert "version 2 of the launcher" in await device.updater.check_now(silent)

    during(device, then)
