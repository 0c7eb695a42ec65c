"""`jetson-agent models build-engine` as a program, over the stand-in of TensorRT Edge-LLM."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent.engine.edge_llm_files import Record, cache_dir, engines
from tests.integration.engine.edge_llm_models import stand_in_installed
from tests.stand_ins.tensorrt_llm_loader import CONTEXT, checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint in `models_dir`."""
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    (checkpoint(folder) / "genai_config.json").unlink()
    (tmp_path / "agent.yaml").write_text(f"models_dir: {tmp_path}/models\nstate_dir: {tmp_path}\n", encoding="utf-8")
    return folder


@pytest.fixture
def installed() -> Iterator[None]:
    """The library is there, for programs."""
    with stand_in_installed():
        yield


def start(folder: Path, *arguments: str, trouble: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "agent", "models", "build-engine", folder.name, *arguments]
    return subprocess.Popen(
        [*command, "-c", str(folder.parents[1] / "agent.yaml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "EDGE_LLM_STAND_IN_BUILD": trouble},
    )


def run(folder: Path, *arguments: str, trouble: str = "") -> tuple[int, str, str]:
    with start(folder, *arguments, trouble=trouble) as program:
        out, err = program.communicate(timeout=60)
        return program.returncode, out, err


def built(folder: Path) -> list[tuple[int, int, int]]:
    """The numbers of the engines that are there."""
    records: list[Record] = [engine.record for engine in engines(folder)]
    return sorted((record.context_length, record.max_batch, record.max_input) for record in records)


@pytest.mark.usefixtures("installed")
def test_an_engine_is_built_and_those_before_stay(folder: Path) -> None:
    code, out, err = run(folder)
    assert (code, built(folder)) == (0, [(CONTEXT, 1, CONTEXT)])
    assert out == f"{folder} has an engine, for 1 at once of 2,560 tokens, prompts of 2,560 at most\n"
    assert "Building component llm" in err, "the library's own lines"
    assert run(folder, "--context", "1024", "--batch", "2", "--max-input", "512")[0] == 0
    assert built(folder) == [(1024, 2, 512), (CONTEXT, 1, CONTEXT)]
    code, out, err = run(folder, "--context", "512", trouble="fail")
    assert (code, out) == (1, "")
    assert err.endswith(f"no engine was built for {folder}: RuntimeError: the builder ran out of memory\n")
    assert len(built(folder)) == 2


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_leaves_nothing_and_nobody(folder: Path, by: signal.Signals) -> None:
    with start(folder, trouble="hang") as program:
        assert program.stderr is not None
        while "Building component llm" not in program.stderr.readline():
            pass
        builders = psutil.Process(program.pid).children(recursive=True)
        program.send_signal(by)
        _, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert err.endswith("Stopped. Nothing is left of it; what was built before is there.\n")
    assert builders
    assert not any(builder.is_running() for builder in builders)
    assert built(folder) == []
    assert not (cache_dir(folder) / "building").exists()


def test_what_is_wrong_is_told_plainly(folder: Path) -> None:
    code, out, err = run(folder)
    assert (code, out) == (78, "")
    assert err.startswith("tensorrt-edge-llm is not installed: pip install")
    (folder / "tokenizer.json").unlink()
    assert run(folder)[2] == f"{folder} is no checkpoint in Hugging Face's form: it has no tokenizer.json\n"
