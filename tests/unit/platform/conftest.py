"""A clock and the boards' trees."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.platform.sensors import Nvml, Sensors
from agent.units import Seconds
from tests.boards import BOARDS, BoardTree

Build = Callable[..., BoardTree]


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = Seconds(1000.0)

    def __call__(self) -> Seconds:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now = Seconds(self.now + seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Writes a board's tree: `build("thor", first_hwmon=4)`."""
    with ExitStack() as stack:

        def build_one(name: str, first_hwmon: int = 1) -> BoardTree:
            return stack.enter_context(BoardTree(tmp_path / name, BOARDS[name], first_hwmon=first_hwmon))

        yield build_one


def sensors_of(tree: BoardTree, clock: HandClock, nvml: Nvml | None = None) -> Sensors:
    return Sensors(tree.root, nvml=nvml, now=clock)
