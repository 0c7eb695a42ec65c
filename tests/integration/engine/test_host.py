"""The host keeps an engine alive, whatever its process does. The processes are real, the engine is scripted."""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

import agent
from agent.engine.child import OOM_SCORE_ADJ
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, Finished
from agent.errors import EngineGivenUpError, EngineLostError, EngineWithdrawnError
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.prompt import Delta, FinishReason, PromptId
from agent.units import Ratio, Seconds
from tests.integration.engine.hosting import PATIENCE, Hosting, engine_process, engine_processes, hosting, request
from tests.waiting import first_line, wait_for


async def begin(hosted: Hosting, text: str, name: str = "a") -> asyncio.Task[str]:
    """Start a request and wait until its first word is here."""
    started = asyncio.Event()

    async def generate() -> str:
        async for event in hosted.host.generate(request(text, name)):
            started.set()
            if isinstance(event, Finished):
                return event.reason
        raise AssertionError("no outcome")

    task = asyncio.create_task(generate())
    await asyncio.wait_for(started.wait(), PATIENCE)
    return task


async def test_deltas_come_in_order_and_one_outcome_last(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        assert await hosted.host.ready() == Capabilities("scripted", 1000, 2, guidance=False)
        assert isinstance(await hosted.event(), ModelLoaded)
        events = [event async for event in hosted.host.generate(request("one two three"))]
        assert events[:3] == [Delta(PromptId("a"), n, word) for n, word in enumerate(["one", "two", "three"])]
        assert [type(event) for event in events[3:]] == [Finished]


@pytest.mark.parametrize("named", ["", "/some/library"])
async def test_the_engine_imports_from_where_the_agent_is_and_not_from_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", named)
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        sources = str(Path(agent.__file__).parents[1])
        assert engine_process().environ()["PYTHONPATH"] == (f"{sources}:{named}" if named else sources)


async def test_without_streaming_the_outcome_alone_comes(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        (finished,) = [event async for event in hosted.host.generate(request("one two", stream=False))]
        assert isinstance(finished, Finished)
        assert finished.text == "onetwo"


async def test_two_requests_run_at_once_and_a_third_waits_for_its_slot(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        first, second = await begin(hosted, "x WAIT", "a"), await begin(hosted, "x WAIT", "b")
        third = asyncio.create_task(hosted.answer("third", "c"))
        hosted.host.cancel(PromptId("b"))
        assert await second == FinishReason.CANCELLED
        assert await third == "third"
        assert not first.done()
        hosted.host.cancel(PromptId("a"))
        assert await first == FinishReason.CANCELLED


async def test_a_request_that_waits_for_its_slot_is_lost_with_the_engine(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        running = [await begin(hosted, "x WAIT", name) for name in "ab"]
        third = asyncio.create_task(hosted.answer("third", "c"))
        await asyncio.sleep(0)  # it has come to its slot
        engine_process().kill()
        for task in [*running, third]:
            with pytest.raises(EngineLostError):
                await asyncio.wait_for(task, PATIENCE)


async def test_cancelling_an_unknown_request_is_nothing(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        hosted.host.cancel(PromptId("a"))
        await hosted.host.ready()
        hosted.host.cancel(PromptId("a"))
        assert await hosted.answer("fine") == "fine"


async def test_a_request_whose_task_is_cancelled_leaves_its_slot_and_its_id_free(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        for _ in range(3):
            abandoned = await begin(hosted, "x WAIT")
            abandoned.cancel()
            with pytest.raises(asyncio.CancelledError):
                await abandoned
        assert await hosted.answer("fine") == "fine"


@pytest.mark.parametrize(
    ("word", "reason"), [("DIE", "signal SIGKILL"), ("RAISE", "exit code 1"), ("EXIT", "exit code 3")]
)
async def test_a_process_that_ends_is_told_and_replaced(tmp_path: Path, word: str, reason: str) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        other = await begin(hosted, "x WAIT", "other")
        with pytest.raises(EngineLostError):
            await hosted.answer(f"x {word}")
        with pytest.raises(EngineLostError):
            await other
        assert hosted.host.capabilities is None
        assert isinstance(await hosted.event(), ModelLoaded)
        assert await hosted.event() == EngineLost(reason)
        await hosted.host.ready()
        assert await hosted.answer("again") == "again"


async def test_a_hung_engine_is_killed_after_its_step_timeout(tmp_path: Path) -> None:
    async with hosting(tmp_path, step_timeout=1.0) as hosted:
        await hosted.host.ready()
        began = asyncio.get_running_loop().time()
        with pytest.raises(EngineLostError):
            await hosted.answer("x HANG")
        assert 1.0 <= asyncio.get_running_loop().time() - began < PATIENCE / 2
        assert isinstance(await hosted.event(), ModelLoaded)
        assert await hosted.event() == EngineLost("no progress for 1 s")


async def test_a_slow_engine_is_not_killed(tmp_path: Path) -> None:
    async with hosting(tmp_path, step_timeout=1.5) as hosted:
        await hosted.host.ready()
        slow = asyncio.create_task(hosted.outcome(request("WAIT", stream=False)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(slow), 2.5)
        hosted.host.cancel(PromptId("a"))
        outcome = await slow
        assert isinstance(outcome, Finished)
        assert outcome.reason is FinishReason.CANCELLED


async def test_a_stopped_process_is_killed_and_never_blocks_the_agent(tmp_path: Path) -> None:
    async with hosting(tmp_path, step_timeout=1.0) as hosted:
        await hosted.host.ready()
        process = engine_process()
        process.suspend()
        large = [asyncio.create_task(hosted.answer("x " * 2_000_000, name)) for name in "ab"]
        hosted.host.cancel(PromptId("a"))
        for task in large:
            with pytest.raises(EngineLostError):
                await task
        assert isinstance(await hosted.event(), ModelLoaded)
        assert await hosted.event() == EngineLost("no progress for 1 s")
        assert not process.is_running()
        await hosted.host.ready()


async def test_an_idle_process_that_is_killed_is_replaced(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        engine_process().kill()
        assert await hosted.event() == EngineLost("signal SIGKILL")
        assert isinstance(await hosted.event(), ModelLoaded)


async def test_without_a_model_a_request_is_lost_at_once(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_if_there") as hosted:
        assert hosted.host.capabilities is None
        with pytest.raises(EngineLostError):
            await hosted.answer("x")


async def test_a_model_that_appears_is_loaded(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_if_there") as hosted:
        for _ in range(2):
            reason = f"{tmp_path / 'model'} is not there"
            assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.REFUSED)
        (tmp_path / "model").touch()
        assert await hosted.host.ready()
        assert await hosted.answer("there") == "there"


async def test_a_process_that_ends_while_loading_is_told(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_and_exit") as hosted:
        reason = "the engine's process ended: exit code 3"
        assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.CRASHED)


async def test_the_words_of_an_engine_that_fails_like_no_other_are_told(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_badly") as hosted:
        reason = "AttributeError: scripted has no attribute 'bool8'"
        assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.REFUSED)


async def test_a_process_that_is_killed_while_loading_is_told_from_one_that_crashes(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_for_ever") as hosted:
        await asyncio.to_thread(wait_for, (tmp_path / "loading").exists, PATIENCE, "engine that loads")
        engine_process().kill()
        reason = "the engine's process ended: signal SIGKILL"
        assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.KILLED)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_a_stop_of_the_agent_that_reaches_a_process_that_begins_is_no_fault_of_its_engine(
    tmp_path: Path, sent: signal.Signals
) -> None:
    async with hosting(tmp_path, "load_as_if_not_told_of_signals") as hosted:
        await asyncio.to_thread(wait_for, (tmp_path / "loading").exists, PATIENCE, "engine that loads")
        engine_process().send_signal(sent)
        reason = f"the engine's process ended: signal {sent.name}"
        assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.KILLED)


async def test_a_load_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_for_ever", load_timeout=1.0) as hosted:
        reason = "it had not loaded after 1 s"
        assert await hosted.event() == ModelLoadFailed("scripted", reason, "a name", LoadProblem.TIMED_OUT)
        assert not psutil.pid_exists(int((tmp_path / "loading").read_text(encoding="ascii")))


async def test_the_end_of_the_host_ends_its_process_and_its_requests(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        process = engine_process()
        waiting = await begin(hosted, "x WAIT")
    with pytest.raises(EngineLostError):
        await waiting
    assert not process.is_running()


def oom_score_adj(process: psutil.Process) -> int:
    return int(Path(f"/proc/{process.pid}/oom_score_adj").read_text(encoding="ascii"))


async def test_the_process_leaves_signals_to_the_agent_and_offers_itself_first(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        process = engine_process()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert await hosted.answer("still here") == "stillhere"
        assert engine_process() == process
        assert oom_score_adj(process) == OOM_SCORE_ADJ


async def test_a_switch_ends_what_runs_first_and_never_has_two_processes(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        first, running = engine_process(), await begin(hosted, "x WAIT")
        hosted.host.switch_to("other", tmp_path, context_length=500)
        taking = hosted.host.capabilities
        assert taking is None, "no more is taken"
        switching = hosted.host.is_loading
        assert switching
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(running), 0.2)
        assert engine_process() == first
        hosted.host.cancel(PromptId("a"))
        assert await running == FinishReason.CANCELLED
        assert await hosted.event() == ModelUnloaded("scripted", "other is loaded instead")
        assert not first.is_running()
        loaded = await hosted.event()
        assert isinstance(loaded, ModelLoaded)
        assert (loaded.model, loaded.context_length) == ("other", 500)
        assert hosted.host.capabilities == Capabilities("other", 500, 2, guidance=False)
        assert not hosted.host.is_loading
        assert engine_process() != first
        assert await hosted.answer("fine") == "fine"


async def test_unloaded_when_idle_and_loaded_again_on_demand(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        process = engine_process()
        hosted.host.unload("it had nothing to do")
        assert await hosted.event() == ModelUnloaded("scripted", "it had nothing to do")
        assert not process.is_running()
        assert not engine_processes()
        assert not hosted.host.is_loading
        hosted.host.switch_to("scripted", tmp_path)
        assert isinstance(await hosted.event(), ModelLoaded)
        assert await hosted.answer("fine") == "fine"


async def test_what_runs_when_it_is_unloaded_at_once_may_be_to_blame(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        running = await begin(hosted, "x WAIT")
        hosted.host.unload("memory is nearly used up", at_once=True)
        with pytest.raises(EngineGivenUpError):
            await running
        assert await hosted.event() == ModelUnloaded("scripted", "memory is nearly used up")


async def test_a_model_that_still_loads_can_be_given_up(tmp_path: Path) -> None:
    async with hosting(tmp_path, "load_for_ever") as hosted:
        await asyncio.to_thread(wait_for, (tmp_path / "loading").exists, PATIENCE, "engine that loads")
        hosted.host.unload("changed our mind")
        assert await hosted.event() == ModelUnloaded("scripted", "changed our mind")
        assert not engine_processes()


async def test_a_model_that_still_loads_is_given_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineProcess, "leave_grace", Seconds(2 * PATIENCE))
    async with hosting(tmp_path, "load_for_ever") as hosted:
        await asyncio.to_thread(wait_for, (tmp_path / "loading").exists, PATIENCE, "engine that loads")
        hosted.host.unload("memory is nearly used up", at_once=True)
        assert await hosted.event() == ModelUnloaded("scripted", "memory is nearly used up")


async def test_a_switch_waits_for_what_does_not_end_no_longer_than_its_grace(tmp_path: Path) -> None:
    async with hosting(tmp_path, leave_grace=0.3) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        hosted.host.pace(Ratio(0.0))
        running = asyncio.create_task(hosted.outcome(request("one two")))
        await asyncio.sleep(0)  # it is in the engine
        assert hosted.host.running == 1
        hosted.host.switch_to("other", tmp_path)
        with pytest.raises(EngineWithdrawnError):
            await asyncio.wait_for(running, PATIENCE)
        assert await hosted.event() == ModelUnloaded("scripted", "other is loaded instead")
        assert isinstance(await hosted.event(), ModelLoaded)


async def test_an_engine_that_is_killed_while_it_is_to_leave_is_lost(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        assert isinstance(await hosted.event(), ModelLoaded)
        engine_process().kill()
        hosted.host.unload("memory is low")
        assert await hosted.event() == EngineLost("signal SIGKILL")


async def test_fifty_restarts_leave_nothing_behind(tmp_path: Path) -> None:
    me = psutil.Process()

    def held() -> tuple[int, int, int]:
        gc.collect()  # what other tests have left
        return me.num_fds(), threading.active_count(), len(me.children(recursive=True))

    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        before = held()
        for _ in range(50):
            assert await hosted.answer("fine") == "fine"
            with pytest.raises(EngineLostError):
                await hosted.answer("DIE")
            await hosted.host.ready()
        assert held() == before


AGENT = """
import asyncio, sys
from pathlib import Path
from tests.integration.engine.hosting import hosting, request

async def main():
    async with hosting(Path(sys.argv[1]), sys.argv[2]) as hosted:
        if sys.argv[2] == "load":
            await hosted.host.ready()
            async for event in hosted.host.generate(request("x " + sys.argv[3])):
                print("running", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("doing", ["WAIT", "HANG", "loading"])
def test_an_engine_never_outlives_a_killed_agent(tmp_path: Path, doing: str) -> None:
    loader = "load_for_ever" if doing == "loading" else "load"
    command = [sys.executable, "-c", AGENT, str(tmp_path), loader, doing]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as agent:
        if doing == "loading":
            wait_for((tmp_path / "loading").exists, PATIENCE, "engine that loads")
        else:
            assert first_line(agent, PATIENCE)
        (engine,) = psutil.Process(agent.pid).children()
        agent.kill()
    wait_for(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, PATIENCE, "end of the engine")


async def test_a_pace_holds_for_the_process_after_this_one_too(tmp_path: Path) -> None:
    async with hosting(tmp_path) as hosted:
        await hosted.host.ready()
        hosted.host.pace(Ratio(0.0))
        ran = asyncio.create_task(hosted.outcome(request("one two")))
        assert isinstance(await hosted.event(), ModelLoaded)
        hosted.host.cancel(PromptId("a"))
        outcome = await asyncio.wait_for(ran, PATIENCE)
        assert isinstance(outcome, Finished)
        assert outcome.reason is FinishReason.CANCELLED
        engine_process().kill()
        assert isinstance(await hosted.event(), EngineLost)
        assert isinstance(await hosted.event(), ModelLoaded)
        ran = asyncio.create_task(hosted.outcome(request("three four")))
        await asyncio.sleep(0.3)  # it rests: nothing is to be waited for
        assert not ran.done()
        hosted.host.pace(Ratio(1.0))
        assert isinstance(await asyncio.wait_for(ran, PATIENCE), Finished)
