"""Which model is wanted now, and who runs it: what the host was told last. Belongs to the event loop."""

import asyncio

from agent.engine.pipe import EngineSpec


class Wanted:
    """A model that is wanted, or none.

    Attributes:
        spec: The model that is wanted, or that was the last one.
        is_any: Whether one is wanted.
        left_for: Why the one before is not wanted any more, for the operator.

    Args:
        spec: Wanted at once.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.is_any = True
        self.left_for = ""
        self._changed = asyncio.Event()

    def now(self, spec: EngineSpec) -> None:
        """From now on, this."""
        by = f" by {spec.engine}" if spec.model == self.spec.model and spec.engine != self.spec.engine else ""
        self.spec, self.is_any, self.left_for = spec, True, f"{spec.model} is loaded{by} instead"
        self.stir()

    def none(self, reason: str) -> None:
        """From now on, none."""
        self.is_any, self.left_for = False, reason
        self.stir()

    def still(self, spec: EngineSpec) -> bool:
        """Whether this is what is wanted."""
        return self.is_any and spec == self.spec

    def stir(self) -> None:
        """Have who waits for a change look again."""
        self._changed.set()

    async def change(self) -> None:
        """Wait for the next change. For one at a time."""
        self._changed.clear()
        await self._changed.wait()
