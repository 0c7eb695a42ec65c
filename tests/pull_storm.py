"""`python -m tests.pull_storm`: a download that is killed 20 times, over a connection that breaks, stalls and damages.

What is counted: bytes that the server sent, against the size of the model. It ends with 1 when they are more than 5 %
more, the model is not whole at the end, or its folder was there before. A byte that is damaged on its way costs its
whole file once more, as there is a digest of the whole file only. In every run one of the tokenizer is, a fiftieth of
the model; `--damage` has one of the weights damaged too, which may then come twice.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from agent.models.manifest import HubSource, Licence, Manifest
from agent.models.manifest_file import manifest_text
from tests.integration.models.hub_server import Hub, Trouble, serving

_NAME = "storm"
_WAIT_S = 60
_MOST_MORE = 0.05
"""Of the model's size, may be sent more than once."""


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        whole: Whether the model is there, byte for byte.
        seen_half: Whether its folder was there before.
        size: Of all files.
        sent: Bytes that the server sent.
        twice: Bytes that had to come twice, besides what may.
    """

    whole: bool
    seen_half: bool
    size: int
    sent: int
    twice: int

    @property
    def more(self) -> float:
        """What was sent beyond the model, as a share of it."""
        return self.sent / self.size - 1

    def faults(self) -> list[str]:
        """What must not be."""
        most = (1 + _MOST_MORE) * self.size + self.twice
        faults = {
            "the model is not whole": not self.whole,
            "its folder was there before it was whole": self.seen_half,
            f"more than {most:,.0f} bytes were sent": self.sent > most,
        }
        return [fault for fault, is_so in faults.items() if is_so]


def storm(folder: Path, size: int, kills: int, *, damage: bool = False) -> Result:
    """Kill a download again and again, each time when its connection has stalled, and let it end at last.

    Args:
        folder: An empty one.
        size: Of the weights, in bytes.
        kills: How often.
        damage: Whether the last answer has a wrong byte, too.
    """
    files = {
        "genai_config.json": b"{}",
        "tokenizer.json": _content(size // 50),
        "model.onnx.data": _content(size),
    }
    own = folder / "models"
    own.mkdir()
    (own / f"{_NAME}.yaml").write_text(manifest_text(_manifest()), encoding="utf-8")
    (folder / "agent.yaml").write_text(f"models_dir: {own}\nstate_dir: {folder}\n", encoding="utf-8")
    hub = Hub(files, frozenset({"tokenizer.json", "model.onnx.data"}))
    seen_half = False
    with serving(hub):
        hub.troubles = [Trouble(), Trouble(flipped=True), Trouble()]
        for kill in range(kills):
            # Half of each share comes before the connection breaks, half before it stalls.
            share = size // (kills + 1)
            hub.troubles += [Trouble(stop_after=share // 2), Trouble(stall_after=share - share // 2)]
            with _pull(folder, hub) as program:
                _wait_for(own / f".pull-{_NAME}" / "files" / "model.onnx.data.part", share * (kill + 1))
                program.kill()
            seen_half = seen_half or (own / _NAME).exists()
        if damage:
            hub.troubles = [Trouble(flipped=True)]
        with _pull(folder, hub) as program:
            ended = program.wait()
        whole = ended == 0 and all((own / _NAME / name).read_bytes() == content for name, content in files.items())
    return Result(whole, seen_half, sum(map(len, files.values())), hub.sent, size if damage else 0)


def _content(size: int) -> bytes:
    return (hashlib.shake_256(b"storm").digest(1 << 20) * (size // (1 << 20) + 1))[:size]


def _wait_for(part: Path, size: int) -> None:
    """Wait until all that was sent has come to the disk."""
    deadline = time.monotonic() + _WAIT_S
    while not part.exists() or part.stat().st_size < size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{part} does not come to {size:,} bytes")
        time.sleep(0.01)


def _pull(folder: Path, hub: Hub) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "agent", "models", "pull", _NAME, "--accept-new", "-c", str(folder / "agent.yaml")]
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def _manifest() -> Manifest:
    return Manifest(
        name=_NAME,
        title="A model",
        licence=Licence.model_validate({"name": "MIT", "url": "https://example.org/licence"}),
        source=HubSource(hub="owner/model"),
        engines=(),
        parameters=1,
        chat_template="none",
        quantization="none",
        minimum_board="any",
    )


def main() -> None:
    """Do it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=600_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--damage", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = storm(Path(folder), arguments.size, arguments.kills, damage=arguments.damage)
    print(f"{arguments.kills} kills, {result.size:,} bytes, {result.sent:,} sent: {result.more:+.2%}")
    if faults := result.faults():
        sys.exit("; ".join(faults))


if __name__ == "__main__":
    main()
