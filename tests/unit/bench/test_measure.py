"""What bench asks of an engine."""

from dataclasses import replace
from pathlib import Path

from agent.bench.cells import Cell
from agent.bench.measure import Candidate, Plan
from agent.bench.measured import CopyRate
from agent.engine.batching import BatchSearch
from agent.engine.catalog import TENSORRT_EDGE_LLM
from agent.engine.speculation import Speculation
from agent.units import Seconds

ONE, LONG, FOUR, EIGHT = Cell(1, 100, 100), Cell(1, 2000, 100), Cell(4, 2000, 100), Cell(8, 100, 100)


def candidate(label: str = "a", max_batch: int = 3, search: BatchSearch | None = None) -> Candidate:
    rate = CopyRate("cpu", None, "not measured")
    return Candidate(label, "m", Path("m"), "an engine", "x:load", "1", rate, 512, max_batch, search)


def plan(*candidates: Candidate) -> Plan:
    return Plan(candidates, (ONE, LONG, FOUR, EIGHT), 1, Seconds(1.0), Seconds(1.0), Speculation.ON)


def test_an_engine_is_to_have_room_for_the_largest_cell_and_may_have_been_built_for_more() -> None:
    subject = candidate(search=BatchSearch())
    spec = plan(subject).spec(subject, (ONE, FOUR))
    assert (spec.context_length, spec.max_batch, spec.cache_tokens) == (None, 3, 3 * 9 * 256)
    assert spec.speculation is Speculation.ON
    assert spec.prompt_chunk == 512
    assert spec.search == BatchSearch()


def test_one_at_a_time_is_measured_on_a_model_that_was_loaded_for_one() -> None:
    subject = candidate()
    measured = plan(subject)
    assert measured.loads() == ((ONE, LONG), (FOUR, EIGHT)), "for eight it is loaded as for four: for three"
    assert [measured.spec(subject, cells).max_batch for cells in measured.loads()] == [1, 3]


def test_two_are_loaded_anew_when_either_is_to_be_for_another_number() -> None:
    one, other = candidate(max_batch=1), candidate("b", max_batch=64)
    measured = plan(one, other)
    assert measured.loads() == ((ONE, LONG), (FOUR,), (EIGHT,))
    assert [measured.spec(one, cells).max_batch for cells in measured.loads()] == [1, 1, 1]
    assert [measured.spec(other, cells).max_batch for cells in measured.loads()] == [1, 4, 8]


def test_an_engine_that_was_built_ahead_is_loaded_once_for_as_many_as_it_was_built_for() -> None:
    built = replace(candidate(max_batch=4), engine=TENSORRT_EDGE_LLM.name)
    measured = plan(built)
    assert measured.loads() == ((ONE, LONG, FOUR, EIGHT),)
    assert measured.spec(built, measured.loads()[0]).max_batch == 4
