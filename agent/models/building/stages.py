"""The programs that a build runs, one after the other, with their arguments. Pure."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from agent.models.building.recipes import Recipe, Tool

_OURS = (sys.executable, "-m")


@dataclass(frozen=True, slots=True)
class Programs:
    """How each tool is started.

    In processes of their own: one that aborts ends nothing else, and its memory is free before the next begins.
    """

    export: tuple[str, ...] = (*_OURS, "onnxruntime_genai.models.builder")
    quantize: tuple[str, ...] = (*_OURS, "agent.models.building.quantize")
    measure_checkpoint: tuple[str, ...] = (*_OURS, "agent.models.building.measure_checkpoint")
    measure_built: tuple[str, ...] = (*_OURS, "agent.models.building.measure_built")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The operator's files.

    Attributes:
        checkpoint: The folder in Hugging Face's form.
        text: For the perplexity.
        questions: JSON lines (`questions.parse_questions`).
        full_precision: The same checkpoint before it was quantized, for recipes that read a quantized one.
        calibration: A text that the recipe's tool lets the model read; another one than `text`.
    """

    checkpoint: Path
    text: Path | None = None
    questions: Path | None = None
    calibration: Path | None = None
    full_precision: Path | None = None

    @property
    def is_measured(self) -> bool:
        """Whether there is anything to measure with."""
        return self.text is not None or self.questions is not None


def measurable(recipe: Recipe, inputs: Inputs) -> Inputs:
    """Without the text, where the model has no logits for it."""
    return replace(inputs, text=None) if recipe.is_pruned else inputs


@dataclass(frozen=True, slots=True)
class Places:
    """Where the programs write, all in the work folder."""

    work: Path

    @property
    def model(self) -> Path:
        """What becomes the model's folder."""
        return self.work / "model"

    @property
    def cache(self) -> Path:
        """The builder's intermediate files."""
        return self.work / "cache"

    @property
    def windows(self) -> Path:
        """The text as tokens, so that both models are measured on the same."""
        return self.work / "windows.json"

    @property
    def before(self) -> Path:
        """Figures of the checkpoint."""
        return self.work / "before.json"

    @property
    def after(self) -> Path:
        """Figures of what was built."""
        return self.work / "after.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """One program to run.

    Attributes:
        title: For people: what it does.
    """

    title: str
    command: tuple[str, ...]


def stages_of(recipe: Recipe, inputs: Inputs, places: Places, programs: Programs) -> tuple[Stage, ...]:
    """What to run, in this order."""
    checkpoint, model = str(inputs.checkpoint.absolute()), str(places.model)
    measured = (*_given(inputs), "--windows", str(places.windows))
    found = []
    if inputs.is_measured:
        full = str((inputs.full_precision or inputs.checkpoint).absolute())
        before = (*programs.measure_checkpoint, full, *measured, "--output", str(places.before))
        found.append(Stage("measuring the checkpoint in 32-bit floats", before))
    if recipe.tool is Tool.BUILDER:
        found.append(Stage(f"building {recipe.name}", (*programs.export, *builder_arguments(recipe, inputs, places))))
        after = (*programs.measure_built, model, *measured, "--output", str(places.after))
        if inputs.is_measured:
            found.append(Stage("measuring what was built", after))
    else:
        command = [*programs.quantize, checkpoint, model, "--configuration", recipe.precision]
        command += ["--calibration", str(inputs.calibration)]
        if inputs.is_measured:
            command += [*measured, "--output", str(places.after)]
        found.append(Stage(f"quantizing to {recipe.name}, and measuring it", tuple(command)))
    return tuple(found)


def builder_arguments(recipe: Recipe, inputs: Inputs, places: Places) -> tuple[str, ...]:
    """Of onnxruntime-genai's model builder, 0.18."""
    options = [f"{key}={value}" for key, value in recipe.options]
    where = ("-i", str(inputs.checkpoint.absolute()), "-o", str(places.model), "-c", str(places.cache))
    return (*where, "-p", recipe.precision, "-e", recipe.provider, "--extra_options", "hf_token=false", *options)


def _given(inputs: Inputs) -> list[str]:
    given = []
    if inputs.text is not None:
        given += ["--text", str(inputs.text.absolute())]
    if inputs.questions is not None:
        given += ["--questions", str(inputs.questions.absolute())]
    return given
