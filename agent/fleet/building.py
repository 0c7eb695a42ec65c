"""Builds the updater of this device. Imported only where the configuration has a fleet."""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.config import Config
from agent.counted_start import FLEET
from agent.errors import ConfigError
from agent.events import UpdateState
from agent.fleet.blobs import BlobStore
from agent.fleet.eligibility import Device
from agent.fleet.optional import Surroundings
from agent.fleet.service_port import AgentService
from agent.fleet.settings import Fleet
from agent.fleet.similar import make_from_similar
from agent.fleet.slots import ReleaseSlots
from agent.fleet.steps import Ports
from agent.fleet.telling import Reports
from agent.fleet.trust import FleetTrust
from agent.fleet.update_file import UpdateFile
from agent.fleet.updater import Updater
from agent.fleet.values import ReleaseName
from agent.fleet.web import Web
from agent.journal.schema import MAJOR
from agent.platform.identity import Jetson, identify
from agent.release_folder import THIS_RELEASE
from agent.units import Bytes

_LAUNCHER: Final = "JETSON_AGENT_LAUNCHER"
"""The launcher says its version here; without one, no release can be started."""

_LONGEST_LOCK: Final = 200
"""Characters of a site's lock that are told."""


def build_updater(config: Config, fleet: Fleet, around: Surroundings) -> Updater:
    """For the device of this configuration, in this process.

    Args:
        config: The configuration.
        fleet: Its section.
        around: The parts of the agent.

    Raises:
        ConfigError: What is configured cannot be used.
    """
    folder = config.state_dir / "fleet"
    _check_launcher_looks_in(folder)
    running = None if THIS_RELEASE is None else ReleaseName(THIS_RELEASE.name)
    web = Web()
    wall = around.clock.wall
    trust = FleetTrust(fleet, config.device.id, folder / "tuf", web, wall)
    rate = None if fleet.rate is None else Bytes(fleet.rate)
    blobs = BlobStore(folder / "blobs", (fleet.url, *fleet.mirrors), web, rate, make=make_from_similar)
    slots = ReleaseSlots(folder, blobs)
    service = AgentService(
        draining=around.draining,
        presence=around.presence,
        lanes=around.lanes,
        engine=around.engine,
        energy=around.energy,
        counters=around.counters,
        restarting=around.restarting,
        room=around.room,
        wake=around.wake,
    )

    around.presence.in_fleet(fleet.channel, fleet.group)

    def show(update: UpdateState) -> None:
        around.presence.updating(running, update)
        around.announcer.changed()

    return Updater(
        Ports(trust, blobs, slots, service, UpdateFile(folder), lock_of(config.state_dir / "updates.lock")),
        Reports(emit=around.emit, show=show),
        this_device(config.device.id),
        fleet,
        clock=around.clock,
        running=running,
    )


def _check_launcher_looks_in(folder: Path) -> None:
    """Raises `ConfigError`: an update that is staged elsewhere would never be started."""
    looks_in = os.environ.get(FLEET)
    if looks_in is not None and Path(looks_in).resolve() != folder.resolve():
        raise ConfigError(
            f"state_dir: the launcher looks for updates in {looks_in}, not in {folder}. With `fleet`, set it where the "
            "launcher sees it too: Environment=JETSON_AGENT__STATE_DIR=… in `systemctl edit jetson-agent`"
        )


def this_device(device_id: str) -> Device:
    """What a release may ask of this machine."""
    machine = identify()
    module = machine.module if isinstance(machine, Jetson) else None
    launcher = os.environ.get(_LAUNCHER, "")
    return Device(
        device_id,
        architecture=platform.machine(),
        board=module or machine.name,
        launcher=int(launcher) if launcher.isdecimal() else 0,
        journal=MAJOR,
    )


def lock_of(file: Path) -> Callable[[], str | None]:
    """Reads a site's lock: its first line; empty where it cannot be read, None where there is none."""

    def lock() -> str | None:
        try:
            with file.open(encoding="utf-8", errors="replace") as opened:
                return opened.readline(_LONGEST_LOCK).strip()
        except FileNotFoundError:
            return None
        except OSError:
            return ""

    return lock
