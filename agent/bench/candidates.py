"""What is to run, loaded as the agent loads it: for the configured number at once, or for what was found to pay.

Reads `<state_dir>/batching.json`, which is the agent's.
"""

from collections.abc import Sequence
from dataclasses import replace

from agent.batch_choice import BatchChoice
from agent.bench.cells import Cell
from agent.bench.copy_rate import copy_rate
from agent.bench.measure import Candidate
from agent.bench.subjects import Named, labels
from agent.bench.touched import runs_on
from agent.budget.memory import Fits, Geometry, judge, predict
from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.candidates import bounds_of
from agent.config import Config
from agent.errors import ConfigError, StopError
from agent.models.geometries import geometry_for
from agent.models.table import human
from agent.platform.memory_now import MemoryGauge
from agent.units import Bytes


def candidates_of(config: Config, named: Sequence[Named], cells: Sequence[Cell]) -> tuple[Candidate, ...]:
    """One for each of what was named; all of them are loaded together.

    Raises:
        ConfigError: An engine's library is not installed.
        StopError: There is no memory for one request of the largest cell.
    """
    rates = {where: copy_rate(where) for where in dict.fromkeys(runs_on(each.model_dir) for each in named)}
    batches = BatchChoice(config.state_dir / "batching.json", config.model.max_running)
    geometries = [_geometry(each) for each in named]
    room = _most_at_once(config, named, geometries, cells)
    return tuple(
        Candidate(
            label,
            each.model,
            each.model_dir,
            each.engine.name,
            each.engine.loader,
            each.library,
            rates[runs_on(each.model_dir)],
            _prompt_chunk(config, geometry, len(named)),
            min(room, batches.most(geometry)),
            batches.search(geometry),
        )
        for label, each, geometry in zip(labels(named), named, geometries, strict=True)
    )


def _geometry(named: Named) -> Geometry | None:
    """None where its files do not tell; what is broken is told when it is loaded."""
    try:
        return geometry_for(named.engine.name, named.model, named.model_dir)
    except ConfigError:
        return None


def _most_at_once(
    config: Config, named: Sequence[Named], geometries: Sequence[Geometry | None], cells: Sequence[Cell]
) -> int:
    """How many requests there is memory for while all models are loaded, as far as their files tell.

    Raises:
        StopError: Not for one.
    """
    known = [geometry for geometry in geometries if geometry is not None]
    now, longest = MemoryGauge().read(), max(cell.context for cell in cells)
    most = max(cell.batch for cell in cells)
    if now is None or not known:
        return most
    room = bounds_of(config.memory).room(now.available)

    def needed(batch: int) -> int:
        lengths = (min(longest, geometry.context_length) for geometry in known)
        return sum(predict(*each, batch=batch).total for each in zip(known, lengths, strict=True))

    if needed(1) > room:
        raise StopError(
            f"{' and '.join(each.model for each in named)} with {longest:,} tokens need {human(needed(1))} of memory, "
            f"and {human(room)} are available: smaller cells, or stop what else runs, the agent too"
        )
    return next(batch for batch in range(most, 0, -1) if needed(batch) <= room)


def _prompt_chunk(config: Config, geometry: Geometry | None, models: int) -> int:
    """As the memory governor has it, where so many models share the memory."""
    now = MemoryGauge().read()
    if geometry is None or now is None:
        return LEAST_CHUNK
    fit = judge(geometry, replace(now, available=Bytes(now.available // models)), bounds_of(config.memory))
    return fit.chunk if isinstance(fit, Fits) else LEAST_CHUNK
