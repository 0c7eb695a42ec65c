"""An engine and the project's loop in a thread of this process, always busy with one request."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from agent.children.pipe import HEADER, decode, encode
from agent.engine.child import Loop
from agent.engine.pipe import Admit, EnginePipe, Pace
from agent.engine.protocol import Capabilities, Engine, Event, Finished, GenerationRequest, Progress, Refused, Tokens
from agent.prompt import FinishReason, Message, PromptId, Role, Sampling
from agent.units import Ratio


class Counted:
    """An engine that counts its steps: one request at a time, each is a token, but for the few that read its prompt."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.steps = 0

    def capabilities(self) -> Capabilities:
        return self._engine.capabilities()

    def admit(self, request: GenerationRequest) -> None:
        self._engine.admit(request)

    def step(self) -> Sequence[Event]:
        self.steps += 1
        return self._engine.step()

    def advanced(self) -> Mapping[PromptId, Tokens]:
        return self._engine.advanced()

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        self._engine.cancel(request_id, reason)

    def kept(self) -> int:
        return self._engine.kept()

    def forget(self) -> None:
        self._engine.forget()

    def close(self) -> None:
        self._engine.close()


class EngineThread:
    """The other end of the engine's pipe.

    Args:
        load: Makes the engine, in the thread that will use it.
        prompt: What it is asked again and again.
        max_tokens: Of each answer.
    """

    def __init__(self, load: Callable[[], Engine], prompt: str, max_tokens: int) -> None:
        self._load = load
        self._prompt = prompt
        self._max_tokens = max_tokens
        self._ours, theirs = socket.socketpair()
        self._pipe = EnginePipe(theirs)
        self._loaded = threading.Event()
        self._engine: Counted | None = None
        self._failure: BaseException | None = None
        self._names = count()
        self._duty = Ratio(1.0)
        self.prefill = self.decode = 0.0
        self.running = 0
        self._threads = [threading.Thread(target=target) for target in (self._serve, self._hear)]

    @property
    def tokens(self) -> int:
        """How many it has generated."""
        return 0 if self._engine is None else self._engine.steps

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Loaded, until the end of the block."""
        for thread in self._threads:
            thread.start()
        try:
            self._loaded.wait()
            self.check()
            yield
        finally:
            with contextlib.suppress(OSError):
                self._ours.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                thread.join()
            self._ours.close()

    def ask(self) -> None:
        """Have it busy from now on."""
        self.running = 1
        message = Message(Role.USER, self._prompt)
        sampling = Sampling(max_tokens=self._max_tokens, temperature=0.0)
        self._ours.sendall(encode(Admit(GenerationRequest(PromptId(f"r{next(self._names)}"), (message,), sampling))))

    def pace(self, duty: Ratio) -> None:
        """Set its duty."""
        if duty != self._duty:
            self._ours.sendall(encode(Pace(duty)))
        self._duty = duty

    def check(self) -> None:
        """Raise what went wrong in a thread."""
        if self._failure is not None:
            raise self._failure

    def _serve(self) -> None:
        try:
            self._engine = Counted(self._load())
            self._loaded.set()
            with contextlib.closing(self._engine), contextlib.suppress(EOFError, OSError):
                Loop(self._pipe, self._engine).run()
        except BaseException as error:  # noqa: BLE001 - raised in the main thread
            self._failure = error
            self._loaded.set()
        finally:
            self._pipe.close()

    def _hear(self) -> None:
        with self._ours.makefile("rb") as stream, contextlib.suppress(OSError):
            while header := stream.read(HEADER.size):
                (length,) = HEADER.unpack(header)
                match decode(stream.read(length)):
                    case Progress(busy=busy, prefill=prefill):
                        self.prefill += prefill
                        self.decode += busy - prefill
                    case Finished():
                        self.ask()
                    case Refused(_, _, message):
                        self._failure = RuntimeError(message)
                        return
