"""Releases of this tree's own agent, good ones and bad ones, published to a real repository in the rehearsal's folder.

A release has two wheels: the agent's, made of the files of this tree, and one whose `.pth` file leads to what the agent
needs in the environment that runs the tests. So pip has work, and seconds instead of minutes of it.
"""

import hashlib
import shutil
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import agent
from agent.fleet.layout import channel_target
from agent.fleet.values import Canary, Proof, ReleaseName
from agent.fleet_admin.creating import NewFleet, create
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.promoting import Promotion, promote
from agent.fleet_admin.publishing import Parts, publish
from agent.units import Ratio, Seconds
from tests.tiny_release import quick_python, wheel

PACKAGE: Final = Path(agent.__file__).parent
MODEL: Final = PACKAGE.parent / "models/edge-tiny"
CHANNEL: Final = "stable"
QUESTION: Final = "Facts: two people and a dog at the door, 22:40. Question: is there an animal?"
_SCENE: Final = (
    "Facts: two people, a dog, a cat, three cars and four bicycles at the gate, 22:40. Extract people (integer), "
    "dog (boolean), cars (integer), cat (boolean), bicycles (integer), place (string), time, trucks (integer), "
    "birds (boolean) as JSON."
)
RIGHT: Final = (
    Canary("animal", QUESTION, 64, ("yes", "dog")),
    Canary("people", "Facts: three people at the gate, 08:10. Question: how many people are there?", 64, ("three",)),
    Canary("record", _SCENE, 64, ('"cars":3',)),  # of 48 tokens: the others are too short to tell a speed
)
PROOF: Final = Proof(
    within=Seconds(60.0), lasts=Seconds(2.0), least_speed=Ratio(0.3), most_energy=Ratio(2.0), most_failures=Ratio(0.5)
)
_SLOTS: Final = "ReleaseSlots(folder, blobs"
_STEP: Final = "        events = self._engine.step()\n"
_ENTRY: Final = "[console_scripts]\njetson-agent = agent.__main__:main\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a file of the agent: what makes a release a bad one.

    Attributes:
        file: Below `agent/`.
        old: A text that is there once.
        new: What it becomes.
    """

    file: str
    old: str
    new: str


CRASHES: Final = Edit("service.py", "    faulthandler.enable()", "    raise SystemExit(1)\n    faulthandler.enable()")
HANGS: Final = Edit("service.py", "    faulthandler.enable()", "    signal.pause()\n    faulthandler.enable()")
NEVER_LOADS: Final = Edit("engine/child.py", "            engine = load(spec)\n", "            pipe.waiting(None)\n")
SLOW: Final = Edit(
    "engine/child.py",
    _STEP,
    f"{_STEP}        __import__('time').sleep((self._now() - began) * 3 / 7)  # so it has 70 % of its speed\n",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a release is to be.

    Attributes:
        edits: To the agent.
        config: Its fragment.
        canaries: What it is asked.
        proof: What it has to show.
        model: What the end of the model's weights is, so that it is another model for whoever compares bytes.
    """

    edits: tuple[Edit, ...] = ()
    config: str = "log_level: INFO\n"
    canaries: tuple[Canary, ...] = RIGHT
    proof: Proof = PROOF
    model: bytes = b""


class Fleet:
    """An operator's fleet in a folder.

    Args:
        folder: Where; there is nothing yet.
        whole_venv: Whether environments get pip by `ensurepip`, as on a device; else it is linked there.
    """

    def __init__(self, folder: Path, *, whole_venv: bool) -> None:
        folder.mkdir()
        self._folder = folder
        self._place = Place(folder / "fleet")
        self._keys = KeyFolder(self._place.keys, lambda _: b"rehearsal")
        self._python = None if whole_venv else quick_python(folder)
        self._published = 0
        create(self._place, self._keys, NewFleet((CHANNEL,), 1, 1, 16), _now())

    @property
    def served(self) -> Path:
        """What a web server is given."""
        return self._place.repository.folder

    @property
    def root(self) -> Path:
        """What a device is installed with."""
        return self._place.root

    def publish(self, draft: Draft) -> ReleaseName:
        """Publish a release, under the next name."""
        self._published += 1
        name = ReleaseName(f"r{self._published}")
        parts = self._folder / name
        wheels, lock = self.wheels(parts, f"1.{self._published}", draft.edits)
        (parts / "fragment.yaml").write_text(draft.config, encoding="utf-8")
        made = Parts(
            wheels, lock, (_model(parts, draft.model),), parts / "fragment.yaml", draft.canaries, draft.proof, (), 1
        )
        publish(self._place, self._keys, name, made, now=_now(), progress=lambda _: None)
        shutil.rmtree(parts)
        return name

    def want(self, name: ReleaseName) -> None:
        """Have all devices run a release."""
        promote(self._place, self._keys, Promotion(channel_target(CHANNEL), name), _now())

    def wheels(self, folder: Path, version: str, edits: tuple[Edit, ...] = ()) -> tuple[Path, Path]:
        """A wheelhouse and its lock, made in a new folder."""
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        libraries = sysconfig.get_path("purelib")
        needed = wheel("rehearsed_needs", "1.0", {"rehearsed_needs.pth": f"{libraries}\n", "rehearsed_needs.py": ""})
        (wheels / "rehearsed_needs-1.0-py3-none-any.whl").write_bytes(needed)
        (wheels / f"jetson_agent-{version}-py3-none-any.whl").write_bytes(
            wheel("jetson_agent", version, _files(version, (*self._usual(), *edits)), _ENTRY)
        )
        lock = folder / "requirements.lock"
        lock.write_text(f"rehearsed-needs==1.0 --hash=sha256:{hashlib.sha256(needed).hexdigest()}\n", encoding="utf-8")
        return wheels, lock

    def _usual(self) -> tuple[Edit, ...]:
        """Of all releases: what makes environments."""
        if self._python is None:
            return ()
        return (Edit("fleet/building.py", _SLOTS, f"{_SLOTS}, python=Path({str(self._python)!r})"),)


def _files(version: str, edits: tuple[Edit, ...]) -> dict[str, str]:
    texts = {
        f"agent/{file.relative_to(PACKAGE)}": file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))
    }
    own = f'__version__ = "{agent.__version__}"'
    for edit in (*edits, Edit("__init__.py", own, f'__version__ = "{version}"')):
        text = texts[f"agent/{edit.file}"]
        assert text.count(edit.old) == 1, f"{edit.file} has {text.count(edit.old)} times {edit.old!r}"
        texts[f"agent/{edit.file}"] = text.replace(edit.old, edit.new)
    return texts


def _model(folder: Path, end: bytes) -> Path:
    """The shipped model, with something behind its weights that no runtime reads."""
    place = folder / MODEL.name
    place.mkdir()
    for file in MODEL.iterdir():
        if file.is_file():
            shutil.copy(file, place)
    with (place / "model.onnx.data").open("ab") as weights:
        weights.write(end)
    return place


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
