"""A whole agent whose first engine does not load, or whose model none loads: the next answers, and it says why."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from agent.engine.edge_llm_build import build
from agent.models import find_model
from agent.platform.identity import has_nvidia_gpu
from tests.agent_process import PREFIX, serving
from tests.client import Client
from tests.integration.engine.edge_llm_models import STAND_IN
from tests.stand_ins.tensorrt_llm_loader import checkpoint
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(has_nvidia_gpu(Path("/")), reason="with a GPU, the engine that loads comes first")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model for two engines: of TensorRT-LLM's library there is only the name, of Edge-LLM's the stand-in."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "tensorrt_llm.py").touch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "lib"), str(Path.cwd()), STAND_IN]))
    monkeypatch.setenv("EDGE_LLM_STAND_IN_MODEL", str(find_model("edge-tiny", None, tmp_path)))
    folder = tmp_path / "models" / "both"
    folder.mkdir(parents=True)
    (checkpoint(folder) / "genai_config.json").unlink()
    build(folder, context_length=1024, tell=lambda _line: None)
    return folder.parent


def test_the_next_engine_answers_and_it_is_told_why(tmp_path: Path, models: Path) -> None:
    with (
        serving(tmp_path, models_dir=str(models), model={"name": "both"}) as (broker, agent),
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
        assert first["engine"] == "tensorrt-edge-llm"
        assert first["engine_reason"].startswith("tensorrt-llm was tried first: ")
        wait_for(failures, 10, "event of the failure")
        client.prompt({"id": "p1", "prompt": "Facts: a dog. Question: is there an animal?"})
        assert "error" not in client.reply("p1")
        agent.signal(signal.SIGTERM)
        assert agent.wait() == 0
        agent.start()
        second = wait_for(lambda: loaded(2), 60, "model in the status again")[-1]
        assert second["engine"] == "tensorrt-edge-llm"
        assert second["engine_reason"].startswith("tensorrt-llm is not tried again, it did not load: ")
        assert failures() == ["tensorrt-llm"], "it is remembered"


def test_the_fallback_answers_for_a_model_that_no_engine_loads(tmp_path: Path) -> None:
    """Built for CUDA, of which there is none here."""
    models = tmp_path / "models"
    shutil.copytree(find_model("edge-tiny", None, tmp_path), models / "broken")
    file = models / "broken" / "genai_config.json"
    config = json.loads(file.read_bytes())
    config["model"]["decoder"]["session_options"]["provider_options"] = [{"cuda": {}}]
    file.write_text(json.dumps(config))
    wanted = {"name": "broken", "fallback": "edge-tiny"}
    with (
        serving(tmp_path, models_dir=str(models), model=wanted) as (broker, _),
        Client(broker.port, topics=("status", "reply/#")) as client,
    ):
        client.wait_online()
        client.prompt({"id": "p1", "prompt": "Hello."})
        assert client.reply("p1", timeout=60)["model"] == "edge-tiny"
        reasons = [json.loads(payload)["engine_reason"] for payload in list(client.messages[f"{PREFIX}/status"])]
        assert any("broken does not load by onnxruntime-genai: " in (reason or "") for reason in reasons)
