"""A whole agent whose first engine does not load: the next one answers, and both starts say why."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from agent.candidates import find_candidate
from agent.config import Config, Device, Model
from agent.engine_outcomes import EngineOutcomes
from agent.models import find_model
from tests.agent_process import PREFIX, serving
from tests.client import Client
from tests.waiting import wait_for


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A model in two forms; llama.cpp's is no model, and its library is there in name only.

    To the agent it is the faster of the two.
    """
    shutil.copytree(find_model("edge-tiny", None, tmp_path), tmp_path / "models" / "both")
    (tmp_path / "models" / "both" / "m.gguf").touch()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "llama_cpp.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    monkeypatch.syspath_prepend(tmp_path / "lib")
    (tmp_path / "state").mkdir()
    config = Config(
        device=Device(id="d"), models_dir=tmp_path / "models", state_dir=tmp_path / "state", model=Model(name="both")
    )
    candidate = find_candidate("both", config)
    outcomes = EngineOutcomes(config.state_dir / "engines.json")
    for way, speed in zip(candidate.ways, (10.0, 20.0), strict=True):
        outcomes.generated(candidate, way, speed)
    outcomes.save()
    return config


def test_the_next_engine_answers_and_it_is_told_why(tmp_path: Path, config: Config) -> None:
    with (
        serving(tmp_path, models_dir=str(config.models_dir), model={"name": "both"}) as (broker, agent),
        Client(broker.port, topics=("status", "event", "reply/#")) as client,
    ):

        def statuses() -> list[dict[str, Any]]:
            return [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/status"])]

        def loaded(times: int) -> list[dict[str, Any]]:
            loads = [status for status in statuses() if status.get("model") == "both"]
            return loads if len({status["since"] for status in loads}) >= times else []

        def failures() -> list[str]:
            events = [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/event"])]
            return [event["detail"]["engine"] for event in events if event["event"] == "model_load_failed"]

        first = wait_for(lambda: loaded(1), 60, "model in the status")[-1]
        assert first["engine"] == "onnxruntime-genai"
        assert first["engine_reason"].startswith("llama.cpp was tried first: ")
        wait_for(failures, 10, "event of the failure")
        client.prompt({"id": "p1", "prompt": "Facts: a dog. Question: is there an animal?"})
        assert "error" not in client.reply("p1")
        agent.signal(signal.SIGTERM)
        assert agent.wait() == 0
        agent.start()
        second = wait_for(lambda: loaded(2), 60, "model in the status again")[-1]
        assert second["engine"] == "onnxruntime-genai"
        assert second["engine_reason"].startswith("llama.cpp is not tried again, it did not load: ")
        assert failures() == ["llama.cpp"], "it is remembered"
