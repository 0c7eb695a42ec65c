"""How long to wait before a child that ended is started anew."""

import pytest

from agent.children.restarts import wait_before_restart


@pytest.mark.parametrize(
    ("failures", "at_most"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (8, 30), (100_000, 30)]
)
def test_the_wait_doubles_up_to_its_cap(failures: int, at_most: float) -> None:
    waits = [wait_before_restart(failures) for _ in range(200)]
    assert all(at_most / 2 <= wait <= at_most for wait in waits)
    assert len(set(waits)) > 1 or not at_most
