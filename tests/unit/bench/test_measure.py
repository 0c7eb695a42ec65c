"""What bench asks of an engine."""

from pathlib import Path

from agent.bench.cells import Cell
from agent.bench.measure import Candidate, Plan
from agent.bench.measured import CopyRate
from agent.engine.speculation import Speculation
from agent.units import Seconds


def test_an_engine_is_to_have_room_for_the_largest_cell_and_may_have_been_built_for_more() -> None:
    candidate = Candidate("a", "m", Path("m"), "an engine", "x:load", "1", CopyRate("cpu", None, "not measured"), 512)
    cells = (Cell(1, 100, 100), Cell(4, 2000, 100))
    plan = Plan((candidate,), cells, 1, 3, Seconds(1.0), Seconds(1.0), Speculation.ON)
    spec = plan.spec(candidate)
    assert (spec.context_length, spec.max_batch, spec.cache_tokens) == (None, 3, 3 * 2100)
    assert spec.speculation is Speculation.ON
    assert spec.prompt_chunk == 512
