"""Compares what the adapter relies on with TensorRT-LLM's files: `python -m tests.stand_ins.check_tensorrt_llm DIR`.

DIR is a checkout of the project at the tag that `tensorrt_llm_api.yaml` names, or at another, to see what has changed
there. Prints each difference, and what could not be compared because its file is not there; exits with 1 at either.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.stand_ins.tensorrt_llm_api import UNSAID, Kept, Parameter, Sourced, Table, read_table

REFERENCES = Path("tests/unittest/api_stability")


def differences(table: Table, checkout: Path) -> list[str]:
    """What is otherwise in the checkout; empty when it is as noted down."""
    kept = [line for entry in table.kept for line in _compare_kept(entry, checkout)]
    return kept + [line for entry in table.sourced for line in _compare_sourced(entry, checkout)]


def _compare_kept(kept: Kept, checkout: Path) -> Iterator[str]:
    folders = (checkout / REFERENCES / "references_committed", checkout / REFERENCES / "references")
    references = [
        yaml.safe_load((folder / kept.file).read_text(encoding="utf-8"))
        for folder in folders
        if (folder / kept.file).exists()
    ]
    if not references:
        yield f"{kept.name}: {REFERENCES}/references*/{kept.file} is not there"
        return
    for method, parameters in kept.methods.items():
        found: list[dict[str, Any]] = [them["methods"][method] for them in references if method in them["methods"]]
        if not found:
            yield f"{kept.name}.{method} is not there"
            continue
        known = {name: facts.get("default") for them in found for name, facts in (them["parameters"] or {}).items()}
        yield from _compare_parameters(f"{kept.name}.{method}", parameters, known)
    properties = {name for them in references for name in them.get("properties") or {}}
    yield from (f"{kept.name}.{name} is not there" for name in kept.properties if name not in properties)


def _compare_parameters(where: str, expected: tuple[Parameter, ...], known: dict[str, object]) -> Iterator[str]:
    for parameter in expected:
        if parameter.name not in known:
            yield f"{where}: {parameter.name} is not there"
        elif parameter.default is not UNSAID and _plain(known[parameter.name]) != parameter.default:
            yield f"{where}: {parameter.name} defaults to {known[parameter.name]!r}, not {parameter.default!r}"


def _plain(default: object) -> object:
    """The references have the name of Python's None in some places, and YAML's null in others."""
    return None if default == "None" else default


def _compare_sourced(sourced: Sourced, checkout: Path) -> Iterator[str]:
    file = checkout / sourced.file
    if not file.exists():
        yield f"{sourced.name}: {sourced.file} is not there"
        return
    text = file.read_text(encoding="utf-8")
    yield from (f"{sourced.name}: {sourced.file} has no {wanted!r}" for wanted in sourced.texts if wanted not in text)
    yield from (
        f"{sourced.name}: {sourced.file} sets no {name}" for name in sourced.attributes if f"self.{name} =" not in text
    )
    if sourced.fields or sourced.base:
        classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
        found = next((node for node in classes if node.name == sourced.name), None)
        if found is None:
            yield f"{sourced.name} is not in {sourced.file}"
            return
        yield from _compare_parameters(sourced.name, sourced.fields, _fields(found))
        if sourced.base and sourced.base not in [ast.unparse(base) for base in found.bases]:
            yield f"{sourced.name} is no {sourced.base}"


def _fields(found: ast.ClassDef) -> dict[str, object]:
    """Fields of a pydantic model, and their defaults."""
    return {
        node.target.id: _default(node.value)
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def _default(value: ast.expr | None) -> object:
    if isinstance(value, ast.Call):
        value = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    return value.value if isinstance(value, ast.Constant) else UNSAID


def main(checkout: Path) -> int:
    """Print them; gives the exit code."""
    table = read_table()
    found = differences(table, checkout)
    print("\n".join(found) or f"as noted down for {table.tag}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
