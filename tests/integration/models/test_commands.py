"""`jetson-agent models …` as programs: killed, interrupted, on a full disk."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.models.manifest_file import manifest_text
from tests.integration.models.device import FILES, NAME, WEIGHTS, WHOLE, content, manifest
from tests.integration.models.hub_server import Hub, Trouble, serving
from tests.pull_storm import Result, storm


class Command:
    """The command line of one machine.

    Args:
        folder: For its configuration and its models.
        hub: The only one that it knows.
    """

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.own = folder / "models"
        self.own.mkdir(exist_ok=True)
        (self.own / f"{NAME}.yaml").write_text(manifest_text(manifest()), encoding="utf-8")
        self.config = folder / "agent.yaml"
        self.configure("")
        self._environment = {**os.environ, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}

    def configure(self, more: str) -> None:
        self.config.write_text(f"models_dir: {self.own}\nstate_dir: {self.own}\n{more}\n", encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "agent", "models", *arguments, "-c", str(self.config)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as program:
            out, err = program.communicate(timeout=60)
            return program.returncode, out, err


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(dict(FILES), frozenset({"cpu/model.onnx.data"}))) as hub:
        yield hub


@pytest.fixture
def command(tmp_path: Path, hub: Hub) -> Command:
    return Command(tmp_path, hub)


PULL = ("pull", NAME, "--accept-new")


def test_the_way_of_a_model(command: Command) -> None:
    code, out, err = command.run(*PULL)
    assert code == 0
    assert f"{command.own / NAME} is there: 3 files, verified" in out
    assert f"To use it: model: {{name: {NAME}}}" in out
    assert "2.9 MiB of 2.9 MiB" in err or "3 MiB of 3 MiB" in err
    assert "was there already" in command.run(*PULL)[1]
    code, out, _ = command.run("list")
    assert code == 0
    assert re.search(rf"{NAME} +3 MiB +MIT +yes +\? ", out)
    assert re.search(r"edge-tiny +\d+ MiB +Apache-2\.0 +yes, ships +yes, 4,096 tokens +onnxruntime-genai", out)
    assert re.search(r"llama-3\.2-90b-vision-instruct +- .* openai", out)
    assert command.run("verify", NAME)[0] == 0
    (command.own / NAME / "model.onnx.data").write_bytes(bytes(len(WEIGHTS)))
    code, out, err = command.run("verify", NAME)
    assert code == 1
    assert "WRONG  model.onnx.data" in out
    assert "must not be used" in err
    assert "models remove" in command.run(*PULL)[2]
    command.configure(f"model: {{name: {NAME}}}")
    code, _, err = command.run("remove", NAME)
    assert code == 1
    assert "in use" in err
    command.configure("")
    code, out, _ = command.run("remove", NAME)
    assert code == 0
    assert "3 MiB more are free" in out
    assert f"{NAME}.yaml stays" in out
    assert sorted(path.name for path in command.own.iterdir()) == [f"{NAME}.yaml"]


def test_ctrl_c_loses_nothing(hub: Hub, command: Command) -> None:
    hub.troubles = [Trouble(), Trouble(stall_after=2_000_000)]
    with command.start(*PULL) as program:
        assert hub.stalled.wait(30)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=30)
    assert program.returncode == 130
    assert "is kept: the same command goes on from there" in err
    assert "Traceback" not in err
    assert not (command.own / NAME).exists()
    assert command.run(*PULL)[0] == 0
    assert content(command.own / NAME) == WHOLE


def test_an_unfinished_download_can_be_removed(hub: Hub, command: Command) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=2_000_000), Trouble(status=404)]
    assert command.run(*PULL)[0] == 1
    (command.own / f"{NAME}.yaml").unlink()
    assert "a download of it was begun" in command.run("show", NAME)[2]
    code, out, _ = command.run("remove", NAME)
    assert code == 0
    assert "more are free" in out
    assert not (command.own / f".pull-{NAME}").exists()


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Smaller than `python -m tests.pull_storm`, which kills 20 times in 600 MB."""
    result = storm(tmp_path, size=20_000_000, kills=4)
    assert result.faults() == []
    assert result.more > 0.01, "the tokenizer was damaged, and came twice"


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (Result(whole=False, seen_half=False, size=100, sent=100, twice=0), "not whole"),
        (Result(whole=True, seen_half=True, size=100, sent=100, twice=0), "there before"),
        (Result(whole=True, seen_half=False, size=100, sent=106, twice=0), "more than 105 bytes"),
        (Result(whole=True, seen_half=False, size=100, sent=204, twice=98), "more than 203 bytes"),
    ],
)
def test_what_a_storm_must_not_show(result: Result, fault: str) -> None:
    (told,) = result.faults()
    assert fault in told


def test_room_is_asked_for_first(hub: Hub, small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(2_000_000))
    code, _, err = Command(small_disk, hub).run(*PULL)
    assert code == 1
    assert re.search(r"has [\d,]+ bytes free, and 4,048,578 more are needed", err)
    assert hub.sent == 0


def test_the_token_comes_from_a_file(hub: Hub, command: Command, tmp_path: Path) -> None:
    hub.token = "hf_secret"  # noqa: S105 - of this test
    (tmp_path / "token").write_text("hf_secret\n", encoding="utf-8")
    code, _, err = command.run(*PULL, "--token-file", str(tmp_path / "token"))
    assert code == 0
    assert "hf_secret" not in err
    code, _, err = command.run(*PULL, "--token-file", str(tmp_path / "none"))
    assert code == 78
    assert "No such file" in err
