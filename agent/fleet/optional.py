"""Updates as the other parts see them, whether the device belongs to a fleet or not.

Invariant: without `fleet` in the configuration, nothing more of it is imported than settings and values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.accounting import EnergyAccounting
from agent.announcer import Announcer
from agent.budget.admission import Room
from agent.clock import Clock
from agent.commands import Tell
from agent.config import Config
from agent.counters import Counters
from agent.draining import Draining
from agent.engine.host import EngineHost
from agent.errors import ErrorCode, RejectedError
from agent.events import Event
from agent.lanes import Lanes
from agent.presence import Presence
from agent.restarting import Restarting

if TYPE_CHECKING:  # a device without a fleet does without
    from agent.fleet.updater import Updater


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What updates have to do with.

    Attributes:
        draining: The device's draining.
        presence: Says how far an update is.
        announcer: Told when that has changed.
        lanes: Who starts prompts.
        engine: Who answers canaries.
        energy: The joules.
        counters: How prompts went.
        restarting: Ends the process.
        room: The memory that there is for a prompt.
        wake: Has a model loaded that left because it had nothing to do.
        clock: The time.
        emit: Reports an event to the operator.
    """

    draining: Draining
    presence: Presence
    announcer: Announcer
    lanes: Lanes
    engine: EngineHost
    energy: EnergyAccounting
    counters: Counters
    restarting: Restarting
    room: Callable[[], Room | None]
    wake: Callable[[], None]
    clock: Clock
    emit: Callable[[Event], None]


class OptionalUpdates:
    """Asked and run like an updater; without a fleet, it does nothing."""

    def __init__(self) -> None:
        self._updater: Updater | None = None

    def build(self, config: Config, surroundings: Surroundings) -> None:
        """Build the updater, if the configuration has a fleet.

        Args:
            config: Which.
            surroundings: What it has to do with.
        """
        if config.fleet is None:
            return
        from agent.fleet.building import build_updater  # noqa: PLC0415 - what it imports is for a fleet alone

        self._updater = build_updater(config, config.fleet, surroundings)

    async def run(self) -> None:
        """Until cancelled; without a fleet, not at all."""
        if self._updater is not None:
            await self._updater.run()

    async def check_now(self, tell: Tell, force: bool) -> str:  # noqa: FBT001 - as in `commands.Handlers`
        """As `Updater.check_now`.

        Raises:
            RejectedError: This device belongs to no fleet.
        """
        if self._updater is None:
            raise RejectedError(ErrorCode.UNSUPPORTED, "this device belongs to no fleet")
        return await self._updater.check_now(tell, force=force)
