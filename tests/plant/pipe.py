"""The engine's end of a pipe in simulated time: waiting passes it."""

import math
from collections import deque
from collections.abc import Callable

from agent.engine.pipe import EnginePipe, ToAgent, ToEngine
from agent.units import Seconds
from tests.plant.world import World


class PlantPipe(EnginePipe):
    """Both ends in one.

    Args:
        world: Whose time passes.
        hear: Gets what the engine says.
    """

    def __init__(self, world: World, hear: Callable[[ToAgent], None]) -> None:
        self._world = world
        self._hear = hear
        self.inbox: deque[ToEngine] = deque()
        self.closed = False

    def waiting(self, timeout: Seconds | None) -> bool:
        self._world.rest(math.inf if timeout is None else timeout, lambda: self.closed or bool(self.inbox))
        if self.closed:
            raise EOFError
        return bool(self.inbox)

    def receive(self) -> object:
        return self.inbox.popleft()

    def send(self, *messages: ToAgent) -> None:
        for message in messages:
            self._hear(message)

    def close(self) -> None:
        self.closed = True
