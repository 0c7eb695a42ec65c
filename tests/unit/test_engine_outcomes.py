"""What came of engines outlives a start, as long as it is about the same version and the same files."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.candidates import Candidate, Way
from agent.engine.catalog import LLAMA_CPP, ONNXRUNTIME_GENAI
from agent.engine.preference import Remembered
from agent.engine_outcomes import EngineOutcomes
from agent.units import Seconds

GENAI, LLAMA = Way(ONNXRUNTIME_GENAI, "0.18.0", None), Way(LLAMA_CPP, "0.3", None)
MODEL = Candidate("m", Path("/m"), None, ONNXRUNTIME_GENAI, (GENAI, LLAMA), "f1")
MINUTE = Seconds(60.0)


def outcomes(folder: Path) -> EngineOutcomes:
    return EngineOutcomes(folder / "engines.json")


def test_it_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = outcomes(tmp_path)
    assert first.of(MODEL, MINUTE) == {}
    first.failed(MODEL, GENAI, "broken", None)
    first.generated(MODEL, LLAMA, 20.0)
    first.save()
    assert first.is_saved
    assert outcomes(tmp_path).of(MODEL, MINUTE) == {
        "onnxruntime-genai": Remembered("broken"),
        "llama.cpp": Remembered(None, 20.0),
    }


def test_another_version_other_files_and_another_model_are_another_matter(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.failed(MODEL, GENAI, "broken", None)
    assert known.of(replace(MODEL, ways=(replace(GENAI, version="0.19.0"), LLAMA)), MINUTE) == {}
    assert known.of(replace(MODEL, fingerprint="f2"), MINUTE) == {}
    assert known.of(replace(MODEL, model="other"), MINUTE) == {}


def test_what_took_too_long_may_succeed_within_a_longer_time(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.failed(MODEL, GENAI, "it had not loaded after 60 s", MINUTE)
    assert known.of(MODEL, MINUTE)["onnxruntime-genai"].failure is not None
    assert known.of(MODEL, Seconds(30.0))["onnxruntime-genai"].failure is not None
    assert known.of(MODEL, Seconds(61.0))["onnxruntime-genai"].failure is None


def test_a_failure_is_forgotten_and_the_speed_is_not(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.generated(MODEL, GENAI, 20.0)
    known.failed(MODEL, GENAI, "broken", None)
    known.forget_failure(MODEL, GENAI)
    assert known.of(MODEL, MINUTE) == {"onnxruntime-genai": Remembered(None, 20.0)}


def test_what_is_no_news_is_not_written(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.forget_failure(MODEL, GENAI)
    assert known.is_saved
    known.generated(MODEL, GENAI, 20.0)
    known.save()
    known.generated(MODEL, GENAI, 21.0)
    assert known.is_saved
    known.generated(MODEL, GENAI, 30.0)
    assert not known.is_saved


def test_the_oldest_is_forgotten(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    for number in range(65):
        known.failed(replace(MODEL, model=f"m{number}"), GENAI, "broken", None)
    assert known.of(replace(MODEL, model="m0"), MINUTE) == {}
    assert known.of(replace(MODEL, model="m64"), MINUTE) != {}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": {"tokens_per_s": "many"}}', b"\xff"])
def test_a_file_that_is_not_what_it_should_be(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "engines.json").write_bytes(content)
    assert outcomes(tmp_path).of(MODEL, MINUTE) == {}
    assert "outcomes_not_read" in caplog.messages


def test_a_file_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = outcomes(tmp_path / "none")
    known.failed(MODEL, GENAI, "broken", None)
    known.save()
    assert known.is_saved
    assert "outcomes_not_saved" in caplog.messages
