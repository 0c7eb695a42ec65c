"""What an engine is asked for, and what is remembered of its answer."""

from pathlib import Path

import pytest

from agent.batch_choice import BatchChoice
from agent.budget.memory import Geometry
from agent.engine.batching import BatchSearch, Rate, Trial
from agent.engine.protocol import Capabilities
from agent.units import Bytes

MODEL = Geometry("m", 4096, 10, 2, 64, 384, 4096, 4, Bytes(12_000_000), Bytes(264_541))
TRIAL = Trial("onnxruntime-genai 0.18.0, CPU", 64, (Rate(1, 15.0), Rate(2, 15.5)))


def test_a_trial_is_there_at_the_next_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    choice = BatchChoice(tmp_path / "batching.json", None)
    assert choice.search(MODEL) == BatchSearch(None)
    choice.loaded(MODEL, Capabilities("m", 4096, 1, guidance=True, trial=TRIAL))
    assert "batch_chosen" in caplog.messages
    assert not choice.is_saved
    choice.save()
    again = BatchChoice(tmp_path / "batching.json", None)
    assert again.search(MODEL) == BatchSearch(TRIAL)
    again.loaded(MODEL, Capabilities("m", 4096, 1, guidance=True, trial=TRIAL))
    assert again.is_saved


def test_a_configured_number_is_taken_as_it_is(tmp_path: Path) -> None:
    choice = BatchChoice(tmp_path / "batching.json", 4)
    assert (choice.most(MODEL), choice.search(MODEL)) == (4, None)
    choice.loaded(MODEL, Capabilities("m", 4096, 4, guidance=True))
    assert choice.is_saved


def test_without_a_prediction_one_runs_at_a_time_unless_it_is_configured(tmp_path: Path) -> None:
    assert BatchChoice(tmp_path / "batching.json", None).most(None) == 1
    assert BatchChoice(tmp_path / "batching.json", None).search(None) is None
    assert BatchChoice(tmp_path / "batching.json", 2).most(None) == 2
