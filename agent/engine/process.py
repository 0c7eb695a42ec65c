"""The engine's process, as the agent starts it."""

import os
from typing import ClassVar, Final, Self

from agent.children.talking import TalkingProcess
from agent.engine.pipe import EngineSpec, ToAgent, ToEngine, message_of
from agent.units import Seconds

_ALLOCATOR: Final = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20)}
"""Large buffers go back to the system when they are freed. By itself glibc raises this threshold with each that is, and
keeps more and more of them in a heap full of holes: how many depends on what was there before (mallopt(3))."""


class EngineProcess(TalkingProcess[ToEngine, ToAgent]):
    """A running engine process. Build it with `start`, and `end` it."""

    killed_grace: ClassVar[Seconds] = Seconds(5.0)
    """For the kernel, and a GPU's driver, to take back a model's memory."""

    @classmethod
    async def start(cls, spec: EngineSpec) -> Self:
        """Start one that loads `spec`; returns when it runs, before it has loaded. In the main thread, as `launch`.

        Raises:
            OSError: There is no room for another process.
        """
        started = await cls.launch("agent.engine.child", environ={**_ALLOCATOR, **os.environ})
        started.send(spec)
        return started

    def _message(self, form: object) -> ToAgent:
        return message_of(form)
