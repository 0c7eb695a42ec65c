"""What those are told who have asked for a check."""

import asyncio

from agent.fleet.askers import Askers
from agent.fleet.update import State, Update

OVER = Update(State.COMMITTED, why="30.0 tokens/s")


async def test_who_is_slow_to_write_hears_the_newest_and_the_end() -> None:
    askers, told = Askers(), list[str]()
    is_writing, may_go_on = asyncio.Event(), asyncio.Event()

    async def tell(how_far: str) -> None:
        told.append(how_far)
        is_writing.set()
        await may_go_on.wait()

    asking = asyncio.create_task(askers.wait_for_outcome(tell, force=False))
    await askers.asked()
    askers.tell("1 of 9 MiB")
    await is_writing.wait()
    is_writing.clear()
    for size in range(2, 9):
        askers.tell(f"{size} of 9 MiB")
    may_go_on.set()
    await is_writing.wait()
    assert told == ["1 of 9 MiB", "8 of 9 MiB"]
    askers.answer(OVER)
    assert await asking == "30.0 tokens/s"


async def test_an_end_is_not_overtaken_by_how_far_it_was() -> None:
    askers, told = Askers(), list[str]()

    async def tell(how_far: str) -> None:
        told.append(how_far)

    asking = asyncio.create_task(askers.wait_for_outcome(tell, force=False))
    await askers.asked()
    askers.tell("8 of 9 MiB")
    askers.answer(OVER)
    assert await asking == "30.0 tokens/s"
    assert told == []
