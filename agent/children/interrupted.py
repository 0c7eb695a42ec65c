"""Signals that end us end what we have started too, and let us keep what is done: they are as Ctrl-C."""

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

_Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextlib.contextmanager
def interrupted_by(*signals: signal.Signals) -> Iterator[None]:
    """Meanwhile these signals do what Ctrl-C does: raise KeyboardInterrupt in the main thread, or end `asyncio.run` so.

    Those that are ignored, as `nohup` has it, stay so.
    """
    with _handled([number for number in signals if signal.getsignal(number) is not signal.SIG_IGN], _as_ctrl_c):
        yield


@contextlib.contextmanager
def held_off(*signals: signal.Signals) -> Iterator[None]:
    """Meanwhile these signals do nothing: for what is over in a moment and must not be left half done."""
    with _handled(signals, signal.SIG_IGN):
        yield


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)  # asyncio has one of its own
    if callable(handler):
        handler(number, frame)
    else:  # a program in the background does not heed Ctrl-C
        signal.default_int_handler(number, frame)


@contextlib.contextmanager
def _handled(signals: Sequence[signal.Signals], by: _Handler) -> Iterator[None]:
    before = {number: signal.signal(number, by) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
