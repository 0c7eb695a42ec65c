"""What each request has cost: between the meter, the engine's messages and the ledger. Belongs to the event loop."""

from collections.abc import Callable

from agent.budget.energy import EnergyLedger, EnergyTotals
from agent.engine.protocol import Progress
from agent.platform.readings import PowerReadings
from agent.prompt import NOT_MEASURED, Energy, PromptId


class EnergyAccounting:
    """Feeds the ledger, and asks it.

    Args:
        is_loaded: Whether the engine has a model.
    """

    def __init__(self, is_loaded: Callable[[], bool]) -> None:
        self._is_loaded = is_loaded
        self._ledger = EnergyLedger()
        self._source: str | None = None

    @property
    def totals(self) -> EnergyTotals | None:
        """Since the agent's start; None where nothing has measured yet."""
        return None if self._source is None else self._ledger.totals()

    def sampled(self, power: PowerReadings) -> None:
        """The meter has a sample."""
        if power.total.value is not None:
            self._source = power.chosen.meters
        self._ledger.measured(power.at, power.total.value, loaded=self._is_loaded())

    def ran(self, model: str, progress: Progress) -> None:
        """The engine's process told what ran."""
        self._ledger.ran(model, progress)

    def begin(self, request: PromptId) -> None:
        """A request goes to the engine."""
        self._ledger.open(request)

    def pause(self, request: PromptId) -> None:
        """A request is back from the engine, perhaps to go to it again."""
        self._ledger.pause(request)

    def end(self, request: PromptId) -> Energy:
        """What a request has cost; it is forgotten."""
        joules = self._ledger.close(request)
        return NOT_MEASURED if joules is None else Energy(joules, self._source)
