"""Calls that block run beside the loop, and hold up nobody."""

import asyncio
import threading

import pytest

from agent.fleet.blocking import at_once, in_thread


async def test_what_it_gives_comes_back() -> None:
    here = threading.get_ident()
    assert await in_thread(threading.get_ident) != here
    assert await at_once(threading.get_ident) == here


@pytest.mark.parametrize("caller", [in_thread, at_once])
async def test_what_it_raises_comes_back(caller: object) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    assert callable(caller)
    with pytest.raises(OSError, match="No space left"):
        await caller(fail)


async def test_the_loop_goes_on_meanwhile() -> None:
    go_on = threading.Event()
    call = asyncio.create_task(in_thread(lambda: go_on.wait(10)))
    await asyncio.sleep(0)
    assert not call.done()
    go_on.set()
    assert await call


async def test_who_is_cancelled_does_not_wait_for_it() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    call = asyncio.create_task(in_thread(block))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not ended.is_set()
    go_on.set()
    assert await asyncio.to_thread(ended.wait, 10)
