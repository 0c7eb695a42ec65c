"""The recipes, and the programs that each takes."""

import json
import sys
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models.building.build import recipe_named
from agent.models.building.recipes import RECIPES, Recipe, Tool, find_recipe
from agent.models.building.stages import Inputs, Places, Programs, measurable, stages_of
from agent.models.manifest import Engine

PROGRAMS = Programs(("export",), ("quantize",), ("measure",), ("measure-built",))
WORK = Path("/models/.build-mine")
DOCS = Path(__file__).parents[4] / "docs" / "models.md"


def recipe(name: str) -> Recipe:
    found = find_recipe(name)
    assert found is not None
    return found


def commands(name: str, inputs: Inputs) -> list[tuple[str, ...]]:
    return [stage.command for stage in stages_of(recipe(name), inputs, Places(WORK), PROGRAMS)]


def test_names_are_unique_and_what_is_no_name_is_told() -> None:
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    assert recipe_named("fp8").engine is Engine.TENSORRT_LLM
    with pytest.raises(ConfigError, match="no recipe int3, but fp32, fp16, int8, int4-rtn"):
        recipe_named("int3")


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_is_in_the_documentation(recipe: Recipe) -> None:
    assert f"| `{recipe.name}` |" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_tool_goes_with_its_engine(recipe: Recipe) -> None:
    is_builder = recipe.tool is Tool.BUILDER
    assert (recipe.engine is Engine.ONNXRUNTIME_GENAI) == is_builder
    assert recipe.calibrates != is_builder
    assert recipe.extra == ("build" if is_builder else "build,modelopt")
    assert ("onnxruntime_genai" in recipe.modules) == is_builder


def test_the_builder_is_given_the_recipe() -> None:
    (command,) = commands("int4-rtn-block-128", Inputs(Path("/hf")))
    assert command == (
        "export", "-i", "/hf", "-o", f"{WORK}/model", "-c", f"{WORK}/cache", "-p", "int4", "-e", "cpu",
        "--extra_options", "hf_token=false", "block_size=128", "accuracy_level=4",
    )  # fmt: skip


def test_a_pruned_model_is_the_same_with_less_at_its_end_and_no_text_is_measured_with_it() -> None:
    pruned = recipe("int4-rtn-pruned")
    assert pruned.options == (*recipe("int4-rtn").options, ("prune_lm_head", "true"))
    assert [recipe.name for recipe in RECIPES if recipe.is_pruned] == ["int4-rtn-pruned"]
    both = Inputs(Path("/hf"), Path("/t.txt"), Path("/q.jsonl"))
    assert measurable(pruned, both) == Inputs(Path("/hf"), None, Path("/q.jsonl"))
    assert measurable(recipe("int4-rtn"), both) == both


def test_measured_before_and_after() -> None:
    before, _, after = commands("fp32", Inputs(Path("/hf"), Path("/t.txt"), Path("/q.jsonl")))
    given = ("--text", "/t.txt", "--questions", "/q.jsonl", "--windows", f"{WORK}/windows.json")
    assert before == ("measure", "/hf", *given, "--output", f"{WORK}/before.json")
    assert after == ("measure-built", f"{WORK}/model", *given, "--output", f"{WORK}/after.json")


def test_what_is_quantized_already_is_measured_against_what_it_was() -> None:
    before, export, _ = commands("awq-import", Inputs(Path("/awq"), Path("/t.txt"), full_precision=Path("/hf")))
    assert before[1] == "/hf"
    assert export[2] == "/awq"


def test_model_optimizer_measures_what_it_simulates() -> None:
    (quiet,) = commands("fp8", Inputs(Path("/hf"), calibration=Path("/c.txt")))
    assert quiet == (
        "quantize", "/hf", f"{WORK}/model", "--configuration", "FP8_DEFAULT_CFG", "--calibration", "/c.txt",
    )  # fmt: skip
    before, quantize = commands("int4-awq", Inputs(Path("/hf"), Path("/t.txt"), calibration=Path("/c.txt")))
    assert before[0] == "measure"
    assert quantize[-2:] == ("--output", f"{WORK}/after.json")


def test_the_real_programs_are_of_this_python() -> None:
    assert json.loads(json.dumps(Programs().export)) == [sys.executable, "-m", "onnxruntime_genai.models.builder"]
