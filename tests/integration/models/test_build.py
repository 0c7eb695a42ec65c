"""The way of a build: programs, manifest, appearance; and that nothing is left of one that fails.

The tools that need torch are stood in for; what is built is measured for real. `make build-check` does all of it.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.errors import ConfigError, StopError
from agent.models.building.build import Builder, Built, Order, recipe_named
from agent.models.building.run_stage import BuildError
from agent.models.building.stages import Inputs, Programs, Stage
from agent.models.catalog import Catalog
from agent.models.manifest import BuiltSource, Licence
from agent.models.manifest_file import read_manifest
from agent.models.verify import verify
from tests.integration.models.checkpoint import place_checkpoint

TOOL = (sys.executable, str(Path(__file__).with_name("stand_in_tool.py")))
QUESTION = (
    '{"messages": [{"role": "user", "content": "dock 3 at 4 °C. Is dock 3 colder than 9 °C?"}, '
    '{"role": "assistant", "content": "%s"}]}\n'
)


class Workshop:
    """A workstation.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.own = folder / "models"
        self.checkpoint = place_checkpoint(folder / "some-checkpoint")
        self.text = folder / "held-out.txt"
        self.text.write_text("Text.", encoding="utf-8")
        self.questions = folder / "questions.jsonl"
        self.questions.write_text(QUESTION % "No such answer." * 2, encoding="utf-8")
        self.told: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def tell(self, stage: Stage) -> Iterator[None]:
        self.told.append(stage.title)
        self.meanwhile()
        yield

    def build(
        self,
        export: str = "export",
        *,
        measured: bool = False,
        replace: bool = False,
        recipe: str = "int4-rtn",
        programs: Programs | None = None,
    ) -> Built:
        inputs = Inputs(self.checkpoint, self.text, self.questions) if measured else Inputs(self.checkpoint)
        licence = Licence.model_validate({"name": "MIT", "url": "https://example.org/licence"})
        order = Order("mine", recipe_named(recipe), inputs, licence, self.own, replace)
        programs = programs or Programs(export=(*TOOL, export), measure_checkpoint=(*TOOL, "measure"))
        return Builder(self.catalog, self.tell, programs, has=lambda _: True).build(order)

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.own, self.own, ())

    def there(self) -> list[str]:
        return sorted(path.name for path in self.own.iterdir())


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_a_model_is_built_measured_and_described(workshop: Workshop) -> None:
    built = workshop.build(measured=True)
    assert [title.split(" ")[0] for title in workshop.told] == ["measuring", "building", "measuring"]
    assert workshop.there() == ["mine", "mine.yaml"]
    manifest = read_manifest(workshop.own / "mine.yaml")
    assert manifest == built.manifest
    assert all(checked.wrong is None for checked in verify(manifest, built.folder))
    assert manifest.source == BuiltSource(
        built="int4-rtn of some-checkpoint",
        recipe="int4-rtn",
        tools=manifest.source.tools if isinstance(manifest.source, BuiltSource) else (),
    )
    assert manifest.parameters == 4096 * 384 + 384
    assert manifest.chat_template == "llama-3"
    assert manifest.minimum_board == "any"
    assert manifest.geometry is not None
    assert [figure.context for figure in manifest.memory] == [512, 4096]
    accuracy = manifest.accuracy
    assert accuracy is not None
    assert accuracy.perplexity is not None
    assert accuracy.questions is not None
    assert not accuracy.simulated
    assert accuracy.perplexity.before == pytest.approx(8)
    assert accuracy.perplexity.after > 100  # of counting, which the shipped model has not learnt
    assert accuracy.perplexity.tokens == 60
    assert (accuracy.questions.asked, accuracy.questions.before, accuracy.questions.after) == (2, 2, 0)
    entry = workshop.catalog.find("mine")
    assert entry is not None
    assert entry.folder == workshop.own / "mine"


def test_nothing_is_measured_without_something_to_measure_with(workshop: Workshop) -> None:
    built = workshop.build()
    assert workshop.told == ["building int4-rtn"]
    assert (built.before, built.after, built.manifest.accuracy) == (None, None, None)


def test_a_pruned_model_is_asked_its_questions_only(workshop: Workshop) -> None:
    built = workshop.build(measured=True, recipe="int4-rtn-pruned")
    assert [title.split(" ")[0] for title in workshop.told] == ["measuring", "building", "measuring"]
    assert built.after is not None
    assert (built.after.tokens, built.after.asked) == (0, 2)
    accuracy = built.manifest.accuracy
    assert accuracy is not None
    assert accuracy.perplexity is None
    assert accuracy.questions is not None


@pytest.mark.parametrize(("broken", "whose"), [("built", "its"), ("checkpoint", "the checkpoint's")])
def test_a_perplexity_that_is_no_number_ends_it(workshop: Workshop, broken: str, whose: str) -> None:
    measures = [(*TOOL, "broken" if broken == model else "measure") for model in ("checkpoint", "built")]
    programs = Programs((*TOOL, "export"), measure_checkpoint=measures[0], measure_built=measures[1])
    with pytest.raises(BuildError, match=rf"{whose} perplexity is no number: not usable.*\.build-mine\.log"):
        workshop.build(measured=True, programs=programs)
    assert workshop.there() == [".build-mine.log"]


def test_a_tool_that_fails_leaves_its_words_and_nothing_else(workshop: Workshop) -> None:
    with pytest.raises(BuildError, match=r"exited with 1\. (.|\n)*an odd number of legs"):
        workshop.build("fail")
    assert workshop.there() == [".build-mine.log"]
    workshop.build()
    assert workshop.there() == ["mine", "mine.yaml"]


@pytest.mark.parametrize("how", ["interrupt", "stop"])
def test_ctrl_c_and_a_stop_leave_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    started: list[int] = []

    class Seen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]  # as given
            started.append(self.pid)

    monkeypatch.setattr("agent.models.building.run_stage.subprocess.Popen", Seen)
    with pytest.raises(KeyboardInterrupt):
        workshop.build(how)
    assert workshop.there() == []
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_what_a_killed_build_has_left_goes_at_the_next(workshop: Workshop) -> None:
    left = workshop.own / ".build-mine"
    (left / "model").mkdir(parents=True)
    (left / "windows.json").touch()
    (workshop.own / ".replaced-mine").mkdir()
    workshop.build()
    assert workshop.there() == ["mine", "mine.yaml"]


def test_a_name_is_taken_once_unless_replaced(workshop: Workshop) -> None:
    workshop.build()
    (workshop.own / "mine" / "old").touch()
    with pytest.raises(BuildError, match="there is a model mine already: take another name, or --replace it"):
        workshop.build()
    with pytest.raises(BuildError, match="exited with 1"):
        workshop.build("fail", replace=True)
    assert (workshop.own / "mine" / "old").exists()
    workshop.build(replace=True)
    assert not (workshop.own / "mine" / "old").exists()
    assert workshop.there() == ["mine", "mine.yaml"]


def test_two_at_once_are_one_too_many(workshop: Workshop) -> None:
    def build_again() -> None:
        with pytest.raises(BuildError, match="mine is being built by another process"):
            workshop.build()

    workshop.meanwhile = build_again
    workshop.build()
    assert workshop.told == ["building int4-rtn"]
    assert workshop.there() == ["mine", "mine.yaml"]


@pytest.mark.parametrize(
    ("recipe", "says"),
    [("fp8", "--calibration FILE"), ("awq-import", "--full-precision HF_DIR")],
)
def test_what_a_recipe_has_to_be_given(workshop: Workshop, recipe: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        workshop.build(recipe=recipe, measured=True)
    assert not workshop.own.exists()


@pytest.mark.parametrize("name", ["text", "questions"])
def test_empty_files_are_no_measure(workshop: Workshop, name: str) -> None:
    (workshop.text if name == "text" else workshop.questions).write_text(" \n", encoding="utf-8")
    with pytest.raises(ConfigError, match="there is no"):
        workshop.build(measured=True)


def test_room_is_asked_for_first(small_disk: Path, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.own = small_disk
    with pytest.raises(BuildError, match=r"bytes free, and about [\d,]+ are needed"):
        workshop.build()
    assert workshop.told == []


def test_a_missing_extra_is_named(workshop: Workshop) -> None:
    builder = Builder(workshop.catalog, workshop.tell, has=lambda module: module != "torch")
    licence = Licence.model_validate({"name": "MIT", "url": "https://example.org/licence"})
    order = Order("mine", recipe_named("int4-rtn"), Inputs(workshop.checkpoint), licence, workshop.own)
    with pytest.raises(StopError, match=r"\(torch\): pip install 'jetson-agent\[build\]'"):
        builder.build(order)


def test_the_command_tells_what_is_wrong(workshop: Workshop, tmp_path: Path) -> None:
    config = tmp_path / "agent.yaml"
    config.write_text(f"models_dir: {workshop.own}\nstate_dir: {workshop.own}\n", encoding="utf-8")
    command = [sys.executable, "-m", "agent", "models", "build", "mine", "-c", str(config)]
    command += ["--from", str(workshop.checkpoint), "--recipe", "int4-rtn"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 78
    assert "no model card there names its licence: say which: --licence NAME" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_command_says_what_a_pruned_model_cannot(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent", "models", "build", "mine", "--from", str(tmp_path), "-o", str(tmp_path)]
    command += ["--recipe", "int4-rtn-pruned", "--licence", "MIT", "--licence-url", "https://example.org/licence"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode != 0  # there is no checkpoint
    assert "its perplexity cannot be measured" in told.stderr
    assert "cannot draft ahead" in told.stderr
