"""The stand-in has the signatures that TensorRT-LLM publishes, and the adapter uses no others."""

import ast
import inspect
import sys
from pathlib import Path

import pytest

import agent
from tests.stand_ins.check_tensorrt_llm import differences
from tests.stand_ins.tensorrt_llm_api import UNSAID, Kept, Parameter, read_table
from tests.stand_ins.tensorrt_llm_loader import install

ADAPTER = sorted((Path(agent.__file__).parent / "engine").glob("tensorrt_llm*.py"))
TABLE = read_table()
FIELDS = {entry.name: entry.fields for entry in TABLE.sourced if entry.fields}
CALLED = {
    **{kept.name: kept.methods["__init__"] for kept in TABLE.kept if "__init__" in kept.methods},
    "generate_async": next(kept.methods["generate_async"] for kept in TABLE.kept if kept.name == "LLM"),
    **FIELDS,
}
"""Of everything that is called with arguments, what may be passed."""
install()


def stand_in(name: str) -> type:
    """The class that passes for the library's."""
    found = getattr(sys.modules["tensorrt_llm"], name)
    assert isinstance(found, type)
    return found


def signature(cls: type, method: str) -> dict[str, object]:
    """Parameters and their defaults, without `self`."""
    parameters = list(inspect.signature(getattr(cls, method)).parameters.values())[1:]
    return {it.name: UNSAID if it.default is it.empty else it.default for it in parameters}


def agrees(found: dict[str, object], expected: tuple[Parameter, ...]) -> None:
    """Everything that is passed is there, nothing that is unknown, and the defaults are as noted down."""
    known = {parameter.name: parameter.default for parameter in expected}
    assert {parameter.name for parameter in expected if parameter.is_passed} <= set(found) <= set(known)
    for name, default in found.items():
        assert known[name] is UNSAID or default == known[name], name


@pytest.mark.parametrize("kept", TABLE.kept)
def test_a_class_of_the_stand_in_is_as_published(kept: Kept) -> None:
    cls = stand_in(kept.name)
    for method, parameters in kept.methods.items():
        agrees(signature(cls, method), parameters)


@pytest.mark.parametrize("name", FIELDS)
def test_a_configuration_of_the_stand_in_is_as_published(name: str) -> None:
    agrees(signature(stand_in(name), "__init__"), FIELDS[name])


def test_what_the_stand_in_lets_be_seen_is_published() -> None:
    published = {
        kept.name: {*kept.methods, *kept.properties, *(it.name for it in kept.methods.get("__init__", ()))}
        for kept in TABLE.kept
    }
    for sourced in TABLE.sourced:
        published.setdefault(sourced.name, set()).update(sourced.attributes, (field.name for field in sourced.fields))
    module = sys.modules["tensorrt_llm"]
    for name in ("LLM", "SamplingParams", "GuidedDecodingParams", "RequestOutput", "CompletionOutput", "KvCacheConfig"):
        tree = ast.parse(inspect.getsource(getattr(module, name)))
        attributes = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
        }
        methods = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        seen = {it for it in attributes | methods if not it.startswith("_")}
        assert seen <= published[name], name


def test_the_adapter_passes_only_what_is_published() -> None:
    passed = {
        (name, keyword.arg)
        for file in ADAPTER
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and (name := ast.unparse(call.func).rpartition(".")[2]) in CALLED
        for keyword in call.keywords
    }
    expected = {(name, it.name) for name, parameters in CALLED.items() for it in parameters if it.is_passed}
    by_position = {("generate_async", "inputs"), ("generate_async", "sampling_params")}
    assert passed == expected - by_position


def test_the_adapter_imports_only_what_is_published() -> None:
    published = {(kept.module, kept.name) for kept in TABLE.kept} | {(it.module, it.name) for it in TABLE.sourced}
    for file in ADAPTER:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tensorrt_llm"):
                assert {(node.module, alias.name) for alias in node.names} <= published


def test_the_adapter_is_for_the_release_of_the_table() -> None:
    assert TABLE.tag.startswith(f"v{install().RELEASE}.")
    assert f"v{sys.modules['tensorrt_llm'].__version__}" == TABLE.tag


REFERENCE = """
methods:
  __init__:
    parameters:
      max_tokens: {annotation: int, default: 32}
      temperature: {annotation: "Optional[float]", default: None}
      top_k: {annotation: "Optional[int]", default: null}
"""
SOURCE = """
class KvCacheConfig(StrictBaseModel):
    enable_block_reuse: bool = Field(default=True, description="")
    max_tokens: Optional[int] = Field(default=None, description="")
    free_gpu_memory_fraction: Optional[float] = Field(default=0.8, ge=0, description="")
"""


def test_what_has_changed_in_the_project_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "tests/unittest/api_stability/references_committed"
    folder.mkdir(parents=True)
    (folder / "sampling_params.yaml").write_text(REFERENCE)
    (tmp_path / "tensorrt_llm/llmapi").mkdir(parents=True)
    (tmp_path / "tensorrt_llm/llmapi/llm_args.py").write_text(SOURCE)
    found = differences(TABLE, tmp_path)
    assert "SamplingParams.__init__: seed is not there" in found
    assert not [line for line in found if "temperature" in line or "max_tokens" in line]
    assert "KvCacheConfig: free_gpu_memory_fraction defaults to 0.8, not 0.9" in found
    assert [line for line in found if line.startswith("LLM: ")]
    assert [line for line in found if "result.py is not there" in line]
