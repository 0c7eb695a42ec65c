"""How many requests at once a model is loaded for, and what was found to pay on this machine.

Owns `<state_dir>/batching.json`. The engine's process measures, where nothing is known; this remembers.
"""

import logging
from pathlib import Path

from pydantic import TypeAdapter

from agent.budget.memory import Geometry
from agent.engine.batching import BatchSearch, Trial
from agent.engine.protocol import Capabilities
from agent.remembered import Remembered

_MOST = 64
"""No trial goes further."""
_log = logging.getLogger(__name__)


class BatchChoice:
    """What is asked of an engine.

    Args:
        file: Where trials are kept.
        max_running: Requests at once, as configured; None: as many as pay.
    """

    def __init__(self, file: Path, max_running: int | None) -> None:
        self._trials = Remembered(file, TypeAdapter(dict[str, Trial]))
        self._max_running = max_running

    def most(self, geometry: Geometry | None) -> int:
        """Requests at once to have memory for. Without a prediction, one: nothing says that there is memory for two."""
        if self._max_running is not None:
            return self._max_running
        return 1 if geometry is None else _MOST

    def search(self, geometry: Geometry | None) -> BatchSearch | None:
        """How the engine finds out how many of them pay; None: it takes as many as it is given."""
        if self._max_running is not None or geometry is None:
            return None
        return BatchSearch(self._trials.of(geometry))

    def loaded(self, geometry: Geometry | None, able: Capabilities) -> None:
        """The engine has loaded the model: tell what it has found, and remember it."""
        trial = able.trial
        if trial is None:
            return
        rates = {str(rate.batch): round(rate.tokens_per_s, 1) for rate in trial.rates}
        _log.info("batch_chosen", extra={"model": able.model, "max_running": able.max_batch, "tokens_per_s": rates})
        if geometry is not None and self._trials.of(geometry) != trial:
            self._trials.put(geometry, trial)

    @property
    def is_saved(self) -> bool:
        """Whether there is nothing to `save`."""
        return self._trials.is_saved

    def save(self) -> None:
        """Write the file. Blocks."""
        self._trials.save()
