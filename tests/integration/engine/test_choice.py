"""An engine that does not load gives way to the next, and is remembered: real processes, scripted engines."""

from pathlib import Path

import pytest

from agent.events import LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from tests.integration.engine.choosing import Choosing, choosing

TRT, GENAI = "tensorrt-llm", "onnxruntime-genai"


async def loaded(chosen: Choosing) -> str:
    """The engine that has loaded, as the next thing that is told."""
    event = await chosen.event()
    assert isinstance(event, ModelLoaded), event
    return event.engine


async def failed(chosen: Choosing) -> tuple[str, LoadProblem]:
    """The engine that has not, likewise."""
    event = await chosen.event()
    assert isinstance(event, ModelLoadFailed), event
    return event.engine, event.problem


@pytest.mark.parametrize(
    ("failing", "problem"),
    [
        ("load_if_there", LoadProblem.REFUSED),
        ("load_and_exit", LoadProblem.CRASHED),
        ("load_for_ever", LoadProblem.TIMED_OUT),
    ],
)
async def test_the_next_is_tried_and_the_failure_remembered(tmp_path: Path, failing: str, problem: LoadProblem) -> None:
    timeout = 4.0 if problem is LoadProblem.TIMED_OUT else 20.0
    async with choosing(tmp_path, failing, "load", load_timeout=timeout) as chosen:
        assert await failed(chosen) == (TRT, problem)
        assert await loaded(chosen) == GENAI
        why = chosen.engines.why("m", GENAI)
        assert why is not None
        assert why.startswith("tensorrt-llm was tried first: ")
    (tmp_path / "model" / "loading").unlink(missing_ok=True)
    async with choosing(tmp_path, failing, "load", load_timeout=timeout) as chosen:
        assert await loaded(chosen) == GENAI, "what is remembered is not tried"
        why = chosen.engines.why("m", GENAI)
        assert why is not None
        assert why.startswith("tensorrt-llm is not tried again, it did not load: ")


async def test_other_files_or_another_version_are_tried_anew(tmp_path: Path) -> None:
    async with choosing(tmp_path, "load_if_there", "load") as chosen:
        assert await failed(chosen) == (TRT, LoadProblem.REFUSED)
        assert await loaded(chosen) == GENAI
    async with choosing(tmp_path, "load_if_there", "load", version="2") as chosen:
        assert await failed(chosen) == (TRT, LoadProblem.REFUSED)
        assert await loaded(chosen) == GENAI
    (tmp_path / "model" / "model").touch()
    async with choosing(tmp_path, "load_if_there", "load") as chosen:
        assert await loaded(chosen) == TRT


async def test_want_of_memory_is_not_remembered(tmp_path: Path) -> None:
    for _ in range(2):
        async with choosing(tmp_path, "load_out_of_memory", "load") as chosen:
            assert await failed(chosen) == (TRT, LoadProblem.REFUSED)
            assert await loaded(chosen) == GENAI


async def test_all_fail_one_after_the_other_and_then_anew_after_a_wait(tmp_path: Path) -> None:
    async with choosing(tmp_path, "load_and_exit", "load_if_there") as chosen:
        rounds = [await failed(chosen) for _ in range(4)]
        assert [engine for engine, _ in rounds] == [TRT, GENAI] * 2
        (tmp_path / "model" / "model").touch()
        assert await failed(chosen) == (TRT, LoadProblem.CRASHED)
        assert await loaded(chosen) == GENAI


async def test_the_only_engine_is_not_replaced_and_tried_again(tmp_path: Path) -> None:
    async with choosing(tmp_path, "load_if_there") as chosen:
        assert [await failed(chosen) for _ in range(2)] == [(TRT, LoadProblem.REFUSED)] * 2
        (tmp_path / "model" / "model").touch()
        assert await loaded(chosen) == TRT


async def test_a_model_that_was_unloaded_comes_back_by_the_engine_that_is_known_to_load(tmp_path: Path) -> None:
    async with choosing(tmp_path, "load_and_exit", "load") as chosen:
        assert await failed(chosen) == (TRT, LoadProblem.CRASHED)
        assert await loaded(chosen) == GENAI
        chosen.host.unload("it had nothing to do")
        assert isinstance(await chosen.event(), ModelUnloaded)
        assert await loaded(chosen) == GENAI
