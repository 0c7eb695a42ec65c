"""A machine that downloads a model, and the model."""

import hashlib
from pathlib import Path

from agent.download.pace import Pace
from agent.models.catalog import Catalog, Entry
from agent.models.manifest import HubSource, Licence, Manifest
from agent.models.manifest_file import manifest_text
from agent.models.pull import From, Pulled, Puller
from agent.models.transfer import Transfer, new_client
from agent.units import Bytes, Seconds

NAME = "some-model"
WEIGHTS = hashlib.shake_256(b"weights").digest(3_000_000)
FILES = {
    "README.md": b"of the whole repository",
    "cpu/.gitattributes": b"*",
    "cpu/genai_config.json": b"{}",
    "cpu/model.onnx.data": WEIGHTS,
    "cpu/empty.txt": b"",
    "cpu/deeper/model.onnx": b"another",
    "cpu/..\\up now": b"no name",
}
ANEW = From(accept_new=True)


class Told:
    """Remembers a download's progress."""

    def __init__(self) -> None:
        self.total = self.have = 0
        self.kept: int | None = None
        self.said: list[str] = []

    def begin(self, total: Bytes, have: Bytes) -> None:
        self.total, self.have, self.kept = total, have, have

    def advance(self, size: int) -> None:
        self.have += size

    def say(self, what: str) -> None:
        self.said.append(what)


class Device:
    """A machine with a folder for models.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.own = folder / "models"
        self.own.mkdir()
        self.shipped = folder / "shipped"
        self.shipped.mkdir()
        self.told = Told()
        self.waited: list[float] = []

    def knows(self, manifest: Manifest) -> None:
        (self.shipped / f"{manifest.name}.yaml").write_text(manifest_text(manifest), encoding="utf-8")

    def entry(self) -> Entry | None:
        return Catalog(self.own, self.own, (self.shipped,)).find(NAME)

    def pull(self, source: From = ANEW, silence: float = 5.0, rate: Bytes | None = None) -> Pulled:
        self.told = Told()
        with new_client(source.token, Seconds(silence)) as client:
            transfer = Transfer(client, Pace(rate), self.told, self.waited.append)
            return Puller(self.own, client, transfer, self.told).pull(NAME, self.entry(), source)

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in self.own.iterdir() if path.name.startswith("."))


def manifest(**changes: object) -> Manifest:
    return Manifest(
        name=NAME,
        title="A model",
        licence=Licence.model_validate({"name": "MIT", "url": "https://example.org/licence"}),
        source=HubSource(hub="owner/model", folder="cpu"),
        engines=(),
        parameters=1,
        chat_template="none",
        quantization="none",
        minimum_board="any",
    ).model_copy(update=changes)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


WHOLE = {"genai_config.json": b"{}", "model.onnx.data": WEIGHTS, "empty.txt": b""}
