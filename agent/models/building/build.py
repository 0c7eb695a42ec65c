"""Builds a model: checks first, runs the programs, writes the manifest, lets the model appear.

Invariant: a model's folder is there whole, measured and described, or not at all.
"""

import contextlib
import importlib.util
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.errors import ConfigError
from agent.models.building.accuracy import Measured
from agent.models.building.checkpoint import Checkpoint, read_checkpoint
from agent.models.building.manifest_of import accuracy_of, manifest_of
from agent.models.building.measuring import read_measured
from agent.models.building.questions import parse_questions
from agent.models.building.recipes import RECIPES, Recipe, find_recipe
from agent.models.building.run_stage import BuildError, run_stage
from agent.models.building.stages import Inputs, Places, Programs, Stage, measurable, stages_of
from agent.models.building.work import appear, held
from agent.models.catalog import Catalog
from agent.models.manifest import Licence, Manifest
from agent.models.manifest_file import write_manifest
from agent.plain_file import read_text

_INTERMEDIATE_BITS = 32
"""Of a weight, in the files that the tools write on their way."""
_MARGIN = 16 << 20
"""Bytes for the graph, the tokenizer and the log."""

Tell = Callable[[Stage], contextlib.AbstractContextManager[object]]
"""Shows a program while it runs."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built.

    Attributes:
        own: The folder in which it appears.
        replace: Whether one of that name may be there, and goes.
    """

    name: str
    recipe: Recipe
    inputs: Inputs
    licence: Licence
    own: Path
    replace: bool = False

    @property
    def log(self) -> Path:
        """What its programs say; it stays after a failure."""
        return self.own / f".build-{self.name}.log"


@dataclass(frozen=True, slots=True)
class Built:
    """A model that is there.

    Attributes:
        before: What the checkpoint made of text and questions; None: nothing was measured.
        after: What the built one did.
    """

    manifest: Manifest
    folder: Path
    before: Measured | None
    after: Measured | None


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds models.

    Attributes:
        catalog: The models that are known.
        tell: Who is told which program runs.
        programs: How they are started.
        has: Whether a Python package can be imported.
    """

    catalog: Catalog
    tell: Tell
    programs: Programs = field(default_factory=Programs)
    has: Callable[[str], bool] = lambda module: importlib.util.find_spec(module) is not None

    def build(self, order: Order) -> Built:
        """Build a model.

        Raises:
            BuildError: It is not there; the message says why.
            ConfigError: What it should be built from, or with, is not right.
        """
        order = replace(order, inputs=measurable(order.recipe, order.inputs))
        checkpoint = self._checked(order)
        with held(order.own, order.name) as places:
            try:
                _check_space(order, checkpoint)
                order.log.unlink(missing_ok=True)
                for stage in stages_of(order.recipe, order.inputs, places, self.programs):
                    with self.tell(stage):
                        run_stage(stage, order.log)
                built = _finish(order, checkpoint, places)
                order.log.unlink()
            except OSError as error:
                raise BuildError(f"{error.filename or order.own}: {error.strerror}") from error
            except KeyboardInterrupt:
                order.log.unlink(missing_ok=True)
                raise
        return built

    def _checked(self, order: Order) -> Checkpoint:
        recipe, inputs = order.recipe, order.inputs
        missing = [module for module in recipe.modules if not self.has(module)]
        if missing:
            raise BuildError(
                f"{recipe.name} takes Python packages that are not installed here ({', '.join(missing)}): "
                f"pip install 'jetson-agent[{recipe.extra}]'"
            )
        if recipe.calibrates and inputs.calibration is None:
            raise ConfigError(f"{recipe.name} has to see the model read a text: name one with --calibration FILE")
        if inputs.questions is not None:
            parse_questions(_text(inputs.questions), str(inputs.questions))
        for file in (inputs.text, inputs.calibration):
            if file is not None and not _text(file).strip():
                raise ConfigError(f"{file}: there is no text in it")
        self._refuse_what_is_there(order)
        if inputs.full_precision is not None:
            read_checkpoint(inputs.full_precision)
        elif recipe.reads is not None and inputs.is_measured:
            raise ConfigError("a checkpoint that is quantized already is measured against --full-precision HF_DIR")
        return read_checkpoint(inputs.checkpoint, recipe.reads)

    def _refuse_what_is_there(self, order: Order) -> None:
        if order.replace:
            return
        ours = order.own / order.name
        if ours.exists() or ours.with_name(f"{order.name}.yaml").exists() or self.catalog.find(order.name) is not None:
            raise BuildError(f"there is a model {order.name} already: take another name, or --replace it")


def recipe_named(name: str) -> Recipe:
    """A recipe.

    Raises:
        ConfigError: There is none of that name; the message names those that there are.
    """
    recipe = find_recipe(name)
    if recipe is None:
        raise ConfigError(f"there is no recipe {name}, but {', '.join(known.name for known in RECIPES)}")
    return recipe


def _finish(order: Order, checkpoint: Checkpoint, places: Places) -> Built:
    before = after = accuracy = None
    if order.inputs.is_measured:
        before, after = read_measured(places.before), read_measured(places.after)
        for whose, measured in (("the checkpoint's", before), ("its", after)):
            if measured.perplexity is not None and not math.isfinite(measured.perplexity):
                raise BuildError(f"{whose} perplexity is no number: not usable. What its programs said: {order.log}")
        accuracy = accuracy_of(order.recipe, order.inputs, before, after)
    manifest = manifest_of(order.name, order.recipe, checkpoint, order.licence, places.model).model_copy(
        update={"accuracy": accuracy}
    )
    # Before the model is: a power cut must not leave a model whose bytes nothing vouches for.
    write_manifest(manifest, order.own)
    appear(places.model, order.own / order.name)
    return Built(manifest, order.own / order.name, before, after)


def _check_space(order: Order, checkpoint: Checkpoint) -> None:
    bits = _INTERMEDIATE_BITS + order.recipe.bits
    needed, free = round(checkpoint.parameters * bits / 8) + _MARGIN, shutil.disk_usage(order.own).free
    if needed > free:
        raise BuildError(
            f"{order.own} has {free:,} bytes free, and about {needed:,} are needed while it is being built. Make room, "
            "or name a folder on a larger disk with -o"
        )


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error.strerror if isinstance(error, OSError) else error}") from error
