"""The agent in a control group with little memory. A real kernel kills here; needs root and a memory controller."""

from collections.abc import Iterator

import pytest

from tests.memory_group import MemoryGroup, memory_group, unavailable
from tests.memory_scenarios import killed, refused, runs, squeezed

WHY_NOT = unavailable()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")

MEMORY = {"reserve": "64MiB"}


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    with memory_group(384 << 20) as group:
        yield group


def test_the_group_has_no_swap(group: MemoryGroup) -> None:
    swap = {"memory.memsw.limit_in_bytes": group.limit, "memory.swap.max": 0}
    found = {name: int((group.folder / name).read_text()) for name in swap if (group.folder / name).exists()}
    assert found == {name: swap[name] for name in found}


def test_a_model_that_does_not_fit_is_refused_with_the_numbers(group: MemoryGroup) -> None:
    message = refused(group, memory={"reserve": "320MiB"})
    assert message.startswith("edge-tiny needs ")


def test_a_budget_shortens_the_context(group: MemoryGroup) -> None:
    status = runs(group, memory={**MEMORY, "budget": "72MiB"})
    (shortened,) = status["shortened"]
    assert 512 <= status["context_length"] == shortened["context_length"] < shortened["model_context_length"] == 4096


def test_memory_that_others_eat_is_shed_and_comes_back(group: MemoryGroup) -> None:
    found = squeezed(group, 20 << 20, memory=MEMORY)
    assert found["low"]["level"] in {"low", "critical"}
    assert found["during"].startswith("edge-tiny needs ")


def test_what_the_kernel_kills_is_the_engine(group: MemoryGroup) -> None:
    found = killed(group, memory=MEMORY)
    assert found["lost"] == "signal SIGKILL"
