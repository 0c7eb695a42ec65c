"""An engine that dies amid a run costs what it was running, and no more."""

import os
import signal
from pathlib import Path

from agent.bench.cells import Cell
from agent.bench.measure import Candidate, Found, Plan, measure
from agent.bench.measured import CopyRate, Round
from agent.bench.watching import Meter
from agent.models import find_model
from agent.units import Seconds
from tests.integration.engine.hosting import engine_process

FIRST, SECOND = Cell(1, 16, 4), Cell(1, 20, 4)


class Killing:
    """Kills the engine when the first round is over."""

    def __init__(self) -> None:
        self._rounds = 0

    def doing(self, what: str) -> None:
        """Nothing."""

    def advance(self, tokens: int) -> None:
        """Nothing."""

    def done(self, _run: Round) -> None:
        self._rounds += 1
        if self._rounds == 1:
            os.kill(engine_process().pid, signal.SIGKILL)


async def test_the_others_are_run_by_the_next_process(tmp_path: Path) -> None:
    candidate = Candidate(
        "edge-tiny",
        "edge-tiny",
        find_model("edge-tiny", None, tmp_path),
        "onnxruntime-genai",
        "agent.engine.ort_genai:load",
        "",
        CopyRate("cpu", None, "not asked for"),
    )
    plan, found = Plan((candidate,), (FIRST, SECOND), 2, Seconds(60.0), Seconds(60.0)), Found()
    with Meter() as meter:
        await measure(plan, meter, found, Killing())
    assert [run.number for run in found.rounds if run.cell == FIRST] == [0, 1]
    # The second cell began before the death was known, or after: then it was run, too.
    lost = [skipped.why for skipped in found.skipped]
    assert lost == ["the engine's process ended"] or [run.number for run in found.rounds if run.cell == SECOND] == [
        0,
        1,
    ]
