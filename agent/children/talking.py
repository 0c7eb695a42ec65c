"""A child that values are exchanged with, as `pipe` puts them on its socket."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar, cast

from agent.children.pipe import HEADER, decode, encode
from agent.children.process import ChildProcess

_Told = TypeVar("_Told")
_Said = TypeVar("_Said")


class TalkingProcess(ChildProcess, Generic[_Told, _Said]):
    """A running child that is told values and says some. What these may be are the type's parameters.

    What a stopped child does not read stays in the transport's buffer until it is ended.
    """

    def send(self, message: _Told) -> None:
        """Queue a message for it. Lost when it is gone."""
        self.write(encode(message))

    async def messages(self) -> AsyncGenerator[_Said, None]:
        """What it says, until it closes its end, by leaving or by dying."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                yield self._message(decode(await self._reader.readexactly(length)))

    def _message(self, form: object) -> _Said:
        """The message for which `ChildPipe._form` gave this."""
        return cast("_Said", form)
