"""A `genai_config.json` that is JSON, and of another form."""

import shutil
from pathlib import Path

import pytest

from agent.engine.ort_genai import load
from agent.engine.pipe import EngineSpec, LoadError
from agent.models import find_model


@pytest.mark.parametrize(
    "config",
    [
        "[]",
        '{"model": null}',
        '{"model": {"decoder": {"session_options": {"provider_options": null}}}}',
        '{"model": {"decoder": {}}, "engine": {"dynamic_batching": [1]}}',
    ],
)
def test_it_is_told_what_to_do(tmp_path: Path, config: str) -> None:
    shutil.copy(find_model("edge-tiny", None, tmp_path) / "tokenizer.json", tmp_path)
    (tmp_path / "genai_config.json").write_text(config)
    with pytest.raises(LoadError, match=r"genai_config\.json is not what the model builder writes: bring the model"):
        load(EngineSpec("edge-tiny", tmp_path, ""))
