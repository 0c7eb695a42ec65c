"""The adapter's calls, its stand-in and the real library agree.

Where the wheel is at hand, unpacked, `EDGE_LLM_WHEEL` names its folder, and the facts are compared with it.
"""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import agent.engine.edge_llm
import tests.stand_ins.edge_llm as stand_in
from tests.unit.engine.edge_llm_facts import BOARDS, SIGNATURES, SOURCES, VERSION

ADAPTER = sorted(Path(agent.engine.edge_llm.__file__).parent.glob("edge_llm*.py"))
STAND_IN = Path(stand_in.__file__).parent
WHEEL = Path(os.environ.get("EDGE_LLM_WHEEL", "not at hand"))
# What the adapter calls by another name, or what the stand-in has in another file.
CALLED = {
    "LLM": "LLM.__init__",
    "_params": "SamplingParams",
    **{name.partition(".")[2]: name for facts in SIGNATURES.values() for name in facts if "." in name},
}
MOVED = {"experimental/server/config.py": "experimental/server/runtime/engine.py"}
FACTS = [(file, name) for file, facts in SIGNATURES.items() for name in facts]
needs_wheel = pytest.mark.skipif(not WHEEL.is_dir(), reason="EDGE_LLM_WHEEL is not the folder of the unpacked wheel")


def signature(text: str) -> inspect.Signature:
    """Parameters with their defaults, which stay source text."""
    function = ast.parse(f"def f{text}: pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    return of_arguments(function.args, {})


def of_arguments(arguments: ast.arguments, constants: dict[str, str]) -> inspect.Signature:
    kind = inspect.Parameter
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*([None] * without), *arguments.defaults]
    parameters = [
        *(
            (argument, default, kind.POSITIONAL_OR_KEYWORD)
            for argument, default in zip(positional, defaults, strict=True)
        ),
        *((a, d, kind.KEYWORD_ONLY) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)),
    ]
    return inspect.Signature([kind(a.arg, how, default=_default(d, constants)) for a, d, how in parameters])


def _default(expression: ast.expr | None, constants: dict[str, str]) -> object:
    if expression is None:
        return inspect.Parameter.empty
    text = ast.unparse(expression)
    return constants.get(text, text)


def read(file: Path, name: str) -> inspect.Signature:
    """Of a function, a method or a dataclass in a source file; names of constants stand for their values."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        ast.unparse(node.targets[0]): ast.unparse(node.value) for node in module.body if isinstance(node, ast.Assign)
    }
    body: list[ast.stmt] = module.body
    found: ast.stmt | None = None
    for part in name.split("."):
        found = next(node for node in body if getattr(node, "name", None) == part)
        body = getattr(found, "body", [])
    if isinstance(found, ast.FunctionDef):
        return of_arguments(found.args, constants)
    fields = [node for node in body if isinstance(node, ast.AnnAssign)]
    how = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [inspect.Parameter(ast.unparse(f.target), how, default=_default(f.value, constants)) for f in fields]
    )


def calls() -> list[tuple[str, str, ast.Call]]:
    """The adapter's calls of what the facts name: where, of what, and how."""
    known = {name for facts in SIGNATURES.values() for name in facts}
    found = []
    for file in ADAPTER:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                fact = CALLED.get(name, name)
                if fact in known and fact != "LLM.close":  # `close` is the name of much else
                    found.append((f"{file.name}:{node.lineno}", fact, node))
    return found


def test_every_call_of_the_adapter_is_one_that_the_library_takes() -> None:
    by_name = {name: text for facts in SIGNATURES.values() for name, text in facts.items()}
    called = set()
    for where, fact, call in calls():
        own = [None] if "." in fact else []
        keywords = {keyword.arg: None for keyword in call.keywords if keyword.arg is not None}
        assert len(keywords) == len(call.keywords), where
        signature(by_name[fact]).bind(*own, *call.args, **keywords)  # raises TypeError
        called.add(fact)
    read_only = {"LLM.close", "StreamDelta", "PreparedModel", "ContextCacheConfig", "ResolvedPayload"}
    assert called == set(by_name) - read_only


@pytest.mark.parametrize(("file", "name"), FACTS)
def test_the_stand_in_has_what_the_library_has(file: str, name: str) -> None:
    """It may lack parameters, not have others."""
    real, ours = signature(SIGNATURES[file][name]).parameters, read(STAND_IN / MOVED.get(file, file), name).parameters
    for parameter in ours.values():
        same = real[parameter.name]
        assert parameter.kind is same.kind
        assert _value(parameter.default) == _value(same.default)


def _value(default: object) -> object:
    if not isinstance(default, str):
        return default
    return eval(default, {"field": lambda **how: how["default_factory"]()})  # noqa: S307 - from the sources above


@needs_wheel
@pytest.mark.parametrize(("file", "name"), FACTS)
def test_the_wheel_has_what_the_facts_say(file: str, name: str) -> None:
    assert str(read(WHEEL / file, name)) == str(signature(SIGNATURES[file][name]))


@needs_wheel
def test_the_wheel_is_of_this_version_and_for_these_boards() -> None:
    manifest = json.loads((WHEEL / "tensorrt_edgellm/_native/variants.json").read_bytes())
    assert manifest["package_version"] == VERSION
    assert {
        variant["variant_id"]: (variant["platform_probe_values"], variant["gpu_sm"])
        for variant in manifest["variants"]
        if variant["platform_family"] == "jetson"
    } == BOARDS
    for file, text in SOURCES.items():
        assert text in (WHEEL / file).read_text(encoding="utf-8")


ASKED = """
import sys
from pathlib import Path
from experimental.server import LLM, SamplingParams
from experimental.server.runtime import engine_build
from agent.engine.edge_llm_files import Record, cache_dir, options_for
from agent.engine.edge_llm_prompt import Prompts
from agent.prompt import Sampling

record = Record(machine="m", context_length=2048, max_batch=2, max_input=1024)
asked = []
def prepare_model(model, cache_dir, options, **how):
    asked.append((model, cache_dir, options))
    raise KeyboardInterrupt
engine_build.prepare_model = prepare_model
try:
    LLM("a model", cache_dir="a cache", max_input_len=1024, max_batch_size=2, max_kv_cache_capacity=2048,
        context_cache_config={"enabled": True}, enable_in_flight_batching=True)
except KeyboardInterrupt:
    pass
assert asked == [("a model", "a cache", options_for(record))], asked

model = Path(sys.argv[1])
(model / "config.json").write_text("{}")
before = engine_build.bundle_cache_path(str(model), str(cache_dir(model)), options_for(record))
(cache_dir(model) / "engines").mkdir(parents=True)
(cache_dir(model) / "engines" / "jetson-agent.json").write_text("{}")
assert engine_build.bundle_cache_path(str(model), str(cache_dir(model)), options_for(record)) == before
assert not engine_build._is_ready(str(model), before, options_for(record))

params = Prompts(None, SamplingParams, frozenset()).params(Sampling(seed=-1, temperature=1.0), "{}", 7)
assert (params.seed, params.top_k, params.guided_decoding) == (2**64 - 1, 50, ("json_schema", "{}"))
"""


@needs_wheel
def test_the_wheel_would_look_for_the_engine_that_was_built(tmp_path: Path) -> None:
    """Its own code, as far as it runs without a board: what `LLM` looks for is what we have built and asked for."""
    over_the_wheel("-c", ASKED, str(tmp_path))


@needs_wheel
def test_the_engine_works_over_the_wheels_own_python_code() -> None:
    over_the_wheel("-m", "tests.unit.engine.edge_llm_real_python")


def over_the_wheel(*command: str) -> None:
    """Run Python in a process of its own, where the wheel can be imported."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), str(WHEEL)])}
    run = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
