"""What is measured beside the engine: copies, files, meters; and what the measuring needs."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agent.bench import copy_rate as copying
from agent.bench import synthetic
from agent.bench.machine import this_machine
from agent.bench.touched import read_touched, runs_on
from agent.bench.watching import Bystanders, Meter, PeakMemory
from agent.clock import boottime
from agent.errors import ConfigError
from agent.models import find_model
from agent.platform.readings import DeviceReadings, PowerReadings
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors
from agent.units import Seconds
from tests.boards import BOARDS, BoardTree
from tests.waiting import wait_for

SHIPPED = find_model("edge-tiny", None, Path("/none"))
CORE = (
    "cells",
    "contender",
    "copy_rate",
    "cuda_copy",
    "figures",
    "machine",
    "measure",
    "measured",
    "prompts",
    "touched",
    "watching",
)
NOT_ON_EVERY_MACHINE = ("pydantic", "typer", "rich", "paho", "yaml", "httpx2", "huggingface_hub", "prometheus_client")


def test_what_a_step_of_the_shipped_model_touches() -> None:
    touched = read_touched(SHIPPED)
    assert touched is not None
    assert touched.token == 13 * 2 * 64 * 2 * 4
    # All of the file but the table of angles, a row of which is read for a token, and the norms.
    angles = 4096 * 32 * 4 * 2
    assert touched.weights == pytest.approx((SHIPPED / "model.onnx.data").stat().st_size - angles, rel=0.01)
    assert runs_on(SHIPPED) == "cpu"


DAMAGED = (
    "{",
    "{}",
    "[]",
    '{"model": null}',
    '{"model": {"decoder": []}}',
    '{"model": {"decoder": {"filename": 1}}}',
    '{"model": {"decoder": {"inputs": {"past_key_names": "x"}}}}',
    '{"model": {"decoder": {"session_options": {"provider_options": null}}}}',
    '{"model": {"decoder": {"session_options": {"provider_options": ["cuda", 1]}}}}',
)


@pytest.mark.parametrize("config", [None, *DAMAGED])
def test_files_that_do_not_tell(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "genai_config.json").write_text(config)
    assert read_touched(tmp_path) is None
    assert runs_on(tmp_path) == "cpu"


def test_a_model_for_the_gpu_is_told_by_its_provider(tmp_path: Path) -> None:
    text = '{"model": {"decoder": {"session_options": {"provider_options": [{"cuda": {"enable_cuda_graph": "0"}}]}}}}'
    (tmp_path / "genai_config.json").write_text(text)
    assert runs_on(tmp_path) == "cuda"


def test_the_copy_rate_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_SECONDS", 0.0)
    monkeypatch.setattr(copying, "_SIZE", 8 << 20)
    rate = copying.copy_rate("cpu")
    assert rate.bytes_per_s is not None
    assert 1e6 < rate.bytes_per_s < 1e14


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="here is a GPU")
def test_without_a_gpu_there_is_a_reason_instead_of_its_rate() -> None:
    rate = copying.copy_rate("cuda")
    assert rate.bytes_per_s is None
    assert rate.why is not None
    assert "libcuda" in rate.why or "CUDA driver" in rate.why


def test_this_machine() -> None:
    machine = this_machine()
    assert machine.cpus == len(os.sched_getaffinity(0))
    assert machine.memory > 0


def test_the_peak_of_a_process() -> None:
    with PeakMemory(os.getpid()) as peak:
        wait_for(lambda: peak.most is not None, 10, "a look")
    assert peak.most is not None
    assert peak.most > 1 << 20
    with PeakMemory(2**22 + 1) as nobody:
        pass
    assert nobody.most is None


def test_what_other_programs_take() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        others = Bystanders(os.getpid())
        before = psutil.Process(busy.pid).cpu_times().user
        wait_for(lambda: psutil.Process(busy.pid).cpu_times().user > before + 0.3, 60, "a busy program's time")
        assert 0 < others.share() <= 1
        busy.kill()
    with subprocess.Popen(["true"]) as gone:
        others = Bystanders(gone.pid)
    assert others.share() == 0.0


def test_the_energy_of_a_board(tmp_path: Path) -> None:
    with BoardTree(tmp_path / "board", BOARDS["orin-nano-super"]) as tree:
        tree.set_power("VDD_IN", 10_000)

        def sample(on_power: Callable[[PowerReadings], None], on_device: Callable[[DeviceReadings], None]) -> Sampler:
            return Sampler(lambda: Sensors(tree.root), on_power=on_power, on_device=on_device)

        with Meter(sample) as meter:
            began = boottime()
            wait_for(lambda: meter.energy(began, boottime()) is not None, 20, "enough readings of the meter")
            ended = boottime()
            joules = meter.energy(began, ended)
    assert meter.name == "ina3221"
    assert "too short" in meter.why_none
    assert joules == pytest.approx(10.0 * (ended - began), rel=0.02)


def test_without_a_meter_there_is_a_reason(tmp_path: Path) -> None:
    with Meter(
        lambda on_power, on_device: Sampler(lambda: Sensors(tmp_path), on_power=on_power, on_device=on_device)
    ) as meter:
        wait_for(lambda: meter.why_none == "no meter", 10, "the first reading")
    assert meter.energy(Seconds(0.0), boottime()) is None


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(ConfigError, match=r"not installed \(torch\): pip install 'jetson-agent\[build\]'"):
        synthetic.check_packages()


def test_synthetic_models_are_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert synthetic.cached("llama-3.2-1b") == Path("/cache/jetson-agent/synthetic/llama-3.2-1b")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert synthetic.cached("x") == Path.home() / ".cache/jetson-agent/synthetic/x"


def test_what_measures_needs_nothing_but_psutil() -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys({NOT_ON_EVERY_MACHINE}))  # None: their import fails
import importlib
for name in {CORE}:
    importlib.import_module(f"agent.bench.{{name}}")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
