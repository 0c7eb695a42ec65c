"""The broker, as cameras have to do with it."""

import asyncio

from agent.link import Link
from agent.prompt import OutMessage


class FakeLink(Link):
    """A broker that does with a message as it is told."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.up.set()
        self.published: list[OutMessage] = []
        self.errors: list[Exception] = []
        self.heard = asyncio.Event()
        self.refused = asyncio.Event()

    async def connected(self) -> None:
        await self.up.wait()

    async def publish(self, message: OutMessage) -> None:
        if self.errors:
            self.refused.set()
            raise self.errors.pop(0)
        self.published.append(message)
        self.heard.set()
