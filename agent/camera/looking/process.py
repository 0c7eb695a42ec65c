"""The looking process, as the agent starts it."""

from collections.abc import Collection, Mapping
from typing import Self

from agent.camera.frames import FrameSlots
from agent.camera.looking.pipe import Begin, ToAgent, ToLooking, Watched
from agent.camera.looking.plan import LookPlan
from agent.camera.values import CameraName
from agent.children.talking import TalkingProcess


class LookingProcess(TalkingProcess[ToLooking, ToAgent]):
    """A running looking process. Build it with `start`, and `end` it: a look's time after that it leaves by itself."""

    @classmethod
    async def start(
        cls, cameras: Mapping[CameraName, tuple[FrameSlots, LookPlan]], left_out: Collection[CameraName] = ()
    ) -> Self:
        """Start one that looks at these cameras, but for those that are left out for now. As `launch`, main thread.

        Raises:
            OSError: There is no room for another process.
        """
        slots = [slots.fd for slots, _ in cameras.values()]
        started = await cls.launch("agent.camera.looking.child", inherited=slots)
        watched = {name: Watched(slots.fd, plan) for name, (slots, plan) in cameras.items()}
        started.send(Begin(watched, tuple(left_out)))
        return started
