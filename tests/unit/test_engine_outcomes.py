"""What came of engines outlives a start, as long as it is about the same version and the same files."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.candidates import Candidate, Way
from agent.engine.catalog import ONNXRUNTIME_GENAI, TENSORRT_LLM
from agent.engine_outcomes import EngineOutcomes
from agent.units import Seconds

GENAI, TRT = Way(ONNXRUNTIME_GENAI, "0.18.0", None), Way(TENSORRT_LLM, "1.2.1", None)
MODEL = Candidate("m", Path("/m"), None, ONNXRUNTIME_GENAI, (GENAI, TRT), "f1")
MINUTE = Seconds(60.0)


def outcomes(folder: Path) -> EngineOutcomes:
    return EngineOutcomes(folder / "engines.json")


def test_it_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = outcomes(tmp_path)
    assert first.of(MODEL, MINUTE) == {}
    first.failed(MODEL, GENAI, "broken", None)
    first.save()
    assert first.is_saved
    assert outcomes(tmp_path).of(MODEL, MINUTE) == {"onnxruntime-genai": "broken"}


def test_another_version_other_files_and_another_model_are_another_matter(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.failed(MODEL, GENAI, "broken", None)
    assert known.of(replace(MODEL, ways=(replace(GENAI, version="0.19.0"), TRT)), MINUTE) == {}
    assert known.of(replace(MODEL, fingerprint="f2"), MINUTE) == {}
    assert known.of(replace(MODEL, model="other"), MINUTE) == {}


def test_what_took_too_long_may_succeed_within_a_longer_time(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.failed(MODEL, GENAI, "it had not loaded after 60 s", MINUTE)
    assert "onnxruntime-genai" in known.of(MODEL, MINUTE)
    assert "onnxruntime-genai" in known.of(MODEL, Seconds(30.0))
    assert known.of(MODEL, Seconds(61.0)) == {}


def test_a_failure_is_forgotten_and_that_is_written_too(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.failed(MODEL, GENAI, "broken", None)
    known.save()
    known.forget(MODEL, GENAI)
    assert not known.is_saved
    known.save()
    assert outcomes(tmp_path).of(MODEL, MINUTE) == {}


def test_what_is_no_news_is_not_written(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    known.forget(MODEL, GENAI)
    assert known.is_saved


def test_the_oldest_is_forgotten(tmp_path: Path) -> None:
    known = outcomes(tmp_path)
    for number in range(65):
        known.failed(replace(MODEL, model=f"m{number}"), GENAI, "broken", None)
    assert known.of(replace(MODEL, model="m0"), MINUTE) == {}
    assert known.of(replace(MODEL, model="m64"), MINUTE) != {}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": {"reason": "broken", "within_s": "many"}}', b"\xff"])
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
