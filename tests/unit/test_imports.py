"""Imports point inward: who may import whom, enforced."""

import ast
from functools import cache
from pathlib import Path

import pytest

import agent

PACKAGE = Path(agent.__file__).parent
VALUES = {"units", "errors", "observed", "prompt"}

# What each module may import of the package. A package's name stands for all its modules.
PURE: dict[str, set[str]] = {
    "units": set(),
    "errors": {"units"},
    "fault_words": set(),
    "observed": {"units"},
    "prompt": {"units", "errors", "observed"},
    "camera.wording": VALUES | {"camera.values", "printable"},
    "demo.clip.story": VALUES | {"camera.values"},
    "demo.clip.yard": VALUES | {"demo.clip.story"},
    "demo.clip.lens": set(),
    "camera.asking": VALUES | {"camera.settings", "camera.values"},
    "events": VALUES,
    "budget.modes": VALUES,
    "deferrals": VALUES,
    "budget.prompt_chunk": VALUES,
    "budget.memory": VALUES | {"budget.prompt_chunk"},
    "budget.sharing": VALUES | {"budget.memory", "budget.prompt_chunk"},
    "budget.admission": VALUES | {"budget.memory", "budget.prompt_chunk", "budget.sharing"},
    "budget.pressure": VALUES | {"budget.memory"},
    "budget.memory_state": VALUES | {"budget.pressure"},
    "scheduler": VALUES,
    "replies": VALUES | {"engine.protocol"},
    "allowance": VALUES | {"budget.admission", "engine.protocol", "replies", "scheduler"},
    "platform.readings": VALUES,
    "platform.sensors.total": VALUES | {"platform.readings"},
    "printable": set(),
    "day_span": {"units"},
    "camera.values": {"units"},
    "camera.losses": {"units"},
    "camera.troubles": {"units", "camera.losses", "camera.values"},
    "camera.light": {"camera.values"},
    "camera.conditions": {"units", "camera.light", "camera.structure", "camera.values"},
    "camera.structure": {"units", "camera.values"},
    "camera.movers": {"units", "camera.values"},
    "camera.motion": {"units", "camera.movers", "camera.values"},
    "camera.changes": {"units", "camera.values"},
    "camera.sightings": {"units", "camera.values"},
    "camera.rate": {"units"},
    "camera.code_prompt": {"printable", "camera.values"},
    "camera.scene": {
        "units",
        "camera.changes",
        "camera.conditions",
        "camera.motion",
        "camera.movers",
        "camera.settings",
        "camera.sightings",
        "camera.values",
    },
    "camera.triggers": {
        "units",
        "day_span",
        "camera.losses",
        "camera.rate",
        "camera.scene",
        "camera.settings",
        "camera.troubles",
        "camera.values",
    },
    "images": VALUES | {"images"},
    "engine.image_tokens": set(),
    "schema_limits": VALUES,
    "download.pace": VALUES,
    "fleet.values": {"units"},
    "fleet.layout": {"fleet.values"},
    "fleet.least_rate": {"units"},
    "fleet.release_paths": {"units", "fleet.values"},
    "fleet.chunk_index": VALUES | {"fleet.ports", "fleet.values"},
    "fleet.recipe": {"units", "fleet.chunk_index"},
    "models.listing": VALUES,
    "models.building.accuracy": VALUES,
    "models.building.questions": VALUES,
    "models.building.recipes": VALUES | {"models.manifest"},
    "models.building.stages": VALUES | {"models.building.recipes"},
    "counters": VALUES,
    "commands.values": VALUES,
    "alarms": VALUES | {"events", "platform.readings"},
    "snapshot": VALUES
    | {
        "counters",
        "budget.energy",
        "budget.memory_state",
        "budget.state",
        "platform.identity",
        "platform.readings",
        "spool",
    },
    "budget": VALUES | {"budget", "day_span", "engine.protocol", "events", "platform.readings", "scheduler"},
    "children": {"units", "children"},
    "fleet.update": VALUES | {"events", "fleet.values"},
    "fleet.happenings": VALUES | {"fleet.update", "fleet.values"},
    "fleet.state": VALUES | {"fleet.happenings", "fleet.update", "fleet.values"},
    "fleet.waking": VALUES | {"fleet.happenings", "fleet.update", "fleet.values"},
    "fleet.eligibility": VALUES | {"day_span", "fleet.settings", "fleet.values"},
    "fleet.proving": VALUES | {"fleet.update", "fleet.values"},
    "engine.catalog": set(),
    "engine.preference": VALUES | {"engine.catalog", "events"},
    "engine.kv_pool": VALUES | {"budget.memory"},
    "engine.pacing": VALUES,
    "engine.turns": VALUES,
    "engine.batching": VALUES,
    "engine.protocol": VALUES | {"budget.admission", "engine.batching"},
    "engine.work_log": VALUES | {"engine.protocol"},
    "engine.text": VALUES,
    "bench.cells": VALUES,
    "bench.measured": VALUES | {"bench.cells"},
    "bench.figures": VALUES | {"bench.cells", "bench.measured"},
    "bench.prompts": VALUES,
    "engine.compact_json": VALUES,
    "engine.xgrammar_guide": VALUES | {"schema_limits"},
    "engine.edge_llm_answer": VALUES | {"engine.compact_json", "engine.text"},
    "engine.speculation": VALUES,
    "engine.exactness": set(),
    "camera.looking.plan": VALUES | {"camera.settings", "camera.values"},
    "camera.looking.turns": VALUES | {"camera.values"},
    "camera.looking.blame": VALUES,
    "camera.looking.shedding": VALUES | {"camera.looking.pipe"},
    "credentials": set(),
    "camera.capture.source": set(),
    "camera.capture.spec": VALUES | {"printable"},
    "camera.capture.frame_size": {"camera.capture.spec"},
    "camera.capture.multipart": VALUES | {"camera.capture.spec"},
    "camera.capture.pipelines": {"camera.capture.source"},
    "camera.capture.progress": VALUES,
    "camera.capture.opening": {"units", "camera.capture.source"},
    "fleet_admin.roles": {"fleet.layout"} | VALUES | {"fleet.values"},
    "fleet_admin.history": VALUES | {"fleet.values"},
    "fleet_admin.phases": VALUES | {"fleet.eligibility", "fleet.update", "fleet.values", "fleet_admin.seen"},
    "camera.capture.shortcomings": {"camera.capture.abilities", "camera.capture.source"},
    "config_file.layers": set(),
    "fleet.collecting": {"units", "fleet.values"},
}
# Who may import the parts that own something. `app` builds them; `cli` calls `app`.
ONLY_IMPORTED_BY: dict[str, set[str]] = {
    "app": {"service"},
    "service": {"cli"},
    "cli": {"__main__"},
    "cli_models": {"cli"},
    "cli_bench": {"cli"},
    "cli_fleet": {"cli"},
    "cli_fleet_desired": {"cli_fleet"},
    "cli_fleet_devices": {"cli_fleet"},
    "cli_fleet_upkeep": {"cli_fleet"},
    "cli_fleet_parts": {"cli_fleet", "cli_fleet_desired", "cli_fleet_devices", "cli_fleet_upkeep"},
    # A device needs nothing of the operator's side.
    "fleet_admin": {"cli_fleet", "cli_fleet_desired", "cli_fleet_devices", "cli_fleet_parts", "cli_fleet_upkeep"},
    "cli_build": {"cli_models"},
    "bench": {"cli_bench"},
    "cli_parts": {
        "cli",
        "cli_models",
        "cli_bench",
        "cli_build",
        "cli_fleet",
        "cli_fleet_desired",
        "cli_fleet_devices",
        "cli_fleet_upkeep",
    },
    "demo": {"cli"},
    # They import OpenCV: started as programs.
    "demo.clip.backdrop": {"demo.clip"},
    "demo.clip.frames": {"demo.clip"},
    "demo.clip.write": set(),
    "ask": {"cli", "demo"},
    "doctor": {"cli"},
    "top": {"cli"},
    "engine.ort_genai": set(),  # loaded by name, in the engine's process
    "engine.tensorrt_llm": set(),  # likewise
    "engine.tensorrt_llm_streams": {"engine.tensorrt_llm"},
    "engine.tensorrt_llm_terms": {"engine.tensorrt_llm"},
    "engine.edge_llm": set(),  # likewise
    "engine.edge_llm_files": {"engine.edge_llm", "engine.edge_llm_build"},
    "engine.child": set(),  # a program
    "engine.life": {"engine.host"},
    "engine.process": {"engine.life", "engine.serving"},
    # What is the same for all processes of ours; neither the engine nor the cameras have it from the other.
    "children.process": {"children.talking", "engine.process", "engine.edge_llm_build", "camera.capture.process"},
    "children.interrupted": {"bench.command", "engine.edge_llm_build", "models.building.run_stage"},
    "children.talking": {"engine.process", "camera.looking.process"},
    "children.restarts": {"engine.host", "camera.capture.keeper", "camera.looking.host"},
    "children.lifeline": {"engine.child", "camera.capture.child", "camera.capture.gstreamer", "camera.looking.child"},
    "children.pipe": {"children.talking", "engine.pipe", "camera.looking.pipe"},
    "memory_governor": {"app", "vitals", "model_choice"},
    "model_memory": {"memory_governor", "prompt_room"},
    "prompt_room": {"memory_governor"},
    "learnt": {"app", "memory_governor", "model_memory"},
    "engine_choice": {"app", "model_choice"},
    "engine_outcomes": {"app", "doctor", "engine_choice"},
    "batch_choice": {"app", "bench", "memory_governor", "model_memory"},
    "remembered": {"learnt", "batch_choice"},
    # They import torch, Model Optimizer, onnxruntime-genai: started as programs.
    "models.building.measure_checkpoint": set(),
    "models.building.measure_built": set(),
    "models.building.quantize": set(),
    "models.building.torch_model": {"models.building.measure_checkpoint", "models.building.quantize"},
    "models.building.build": {"cli_build", "models.building.view"},
    "models.engine_plan": {"cli_build"},
    "engine.edge_llm_build": {"cli_build"},
    "fleet.distrusting": {"fleet.trust"},
    "fleet.fetcher": {"fleet.metadata", "fleet.trust"},
    "fleet.fetching": {"fleet.blobs", "fleet.similar"},
    "fleet.delta": {"fleet.similar", "fleet_admin.contents"},
    "fleet.recipe": {"fleet.delta"},
    "fleet.chunk_index": {"fleet.chunking", "fleet.delta", "fleet.recipe"},
    "fleet.known_time": {"fleet.trust"},
    "fleet.metadata": {"fleet.trust"},
    "fleet.patience": {"fleet.web"},
    "fleet.document_forms": {"fleet.documents"},
    "metrics": {"app"},
    "telemetry": {"app", "backlog"},
    "vitals": {"app"},
    "backlog": {"app"},
    "draining": {"app", "fleet.optional", "fleet.service_port"},
    "commands.commander": {"app", "sources"},
    "spool.thread": {"spool", "vitals", "backlog", "app"},
    "platform.sampler": {"app", "vitals", "bench.watching"},
    "governor": {"app", "vitals", "power_plan", "mode_keeper"},
    "mode_keeper": {"app"},
    "health": {"app"},
    "settling": {"worker"},
    "allowance": {"worker"},
    "systemd": {"app", "health", "service"},
    "model_choice": {"app"},
    "sensing": {"app"},
    # Without cameras nothing of them is imported but values and settings.
    "camera.optional": {"app", "camera.building"},
    "camera.building": {"camera.optional"},
    # Likewise without a fleet.
    "fleet.optional": {"app", "fleet.building"},
    "fleet.building": {"fleet.optional"},
    "fleet.service_port": {"fleet.building"},
    "fleet.updater": {"fleet.building", "fleet.optional"},
    "fleet.steps": {"fleet.building", "fleet.updater"},
    "fleet.trying": {"fleet.steps"},
    "restarting": {"app", "service", "fleet"},
    "camera.cameras": {"camera.building", "camera.optional"},
    "camera.observing": {"camera.building", "camera.cameras", "camera.parts"},
    "camera.former": {"camera.optional"},
    "camera.ring": {"camera.building", "camera.former", "camera.observing"},
    "camera.states": {"camera.building", "camera.cameras", "camera.parts"},
    "camera.watch": {"camera.building", "camera.cameras", "camera.parts"},
    "camera.looking.host": {"camera.building"},
    "camera.looking.process": {"camera.looking.host"},
    "camera.looking.child": set(),  # a program
    "camera.looking.eye": {"camera.looking.child"},
    "camera.looking.detector": {"camera.looking.detecting"},
    # The configuration only knows what a source is: pure.
    "camera.capture": {
        "camera.building",
        "camera.looking.child",
        "camera.settings",
        "config_file",
        "doctor",
    },
    "camera.capture.child": set(),  # started as a program
    "camera.capture.reading": {"camera.capture.child"},
    "config_file": {
        "app",
        "cli",
        "cli_models",
        "cli_bench",
        "cli_build",
        "cli_fleet_parts",
        "cli_fleet_upkeep",
        "cli_parts",
        "fleet_admin.demands",
        "ask",
        "demo",
    },
    # Folders of releases have one owner.
    "fleet.slots": {"fleet.building"},
    "fleet.staging": {"fleet.slots"},
    "fleet.environment": {"fleet.slots", "fleet.staging"},
    "fleet.long_command": {"fleet.environment"},
    "fleet.leash": {"fleet.long_command"},
    "fleet.inventory": {"fleet.slots"},
    "fleet.links": {"fleet.slots", "fleet.staging"},
}
THIRD_PARTY_OWNERS: dict[str, set[str]] = {
    "sqlite3": {"journal"},
    "jinja2": {"engine.tensorrt_llm_terms"},
    "onnxruntime_genai": {"engine.ort_genai", "models.building.measure_built"},
    "tensorrt_llm": {"engine.tensorrt_llm", "engine.tensorrt_llm_streams", "engine.tensorrt_llm_terms"},
    "torch": {"bench.synthetic", "engine.tensorrt_llm", "models.building.torch_model"},
    "modelopt": {"models.building.quantize"},
    "experimental": {"engine.edge_llm", "engine.edge_llm_build"},  # TensorRT Edge-LLM's
    "yaml": {"config_file", "demo", "fleet_admin.demands", "models.manifest_file", "models.building.licence"},
    "typer": {
        "cli",
        "cli_models",
        "cli_bench",
        "cli_build",
        "cli_fleet",
        "cli_fleet_desired",
        "cli_fleet_devices",
        "cli_fleet_parts",
        "cli_fleet_upkeep",
        "cli_parts",
        "ask",
    },
    "cryptography": {"fleet_admin.keys"},
    "securesystemslib": {"fleet", "fleet_admin"},
    "packaging": {"fleet_admin.lock_file", "fleet_admin.wheelhouse"},
    "prometheus_client": {"metrics"},
    "huggingface_hub": {"models.hub"},
    "httpx2": {
        "models",
        "engine.openai_connection",
        "camera.capture.http",
        "fleet.fetcher",
        "fleet.fetching",
        "fleet.web",
    },
    # The operator's tool signs with it; on a device nothing else knows of it.
    "tuf": {"fleet.distrusting", "fleet.fetcher", "fleet.metadata", "fleet.trust", "fleet_admin"},
    "onnxruntime": {"camera.looking.detector"},
    # In processes of their own: the agent itself never decodes a picture.
    "cv2": {
        "camera.capture.opencv",
        "camera.capture.outlet",
        "camera.capture.reading",
        "camera.capture.rtsp",
        "camera.capture.still",
        "camera.capture.y4m",
        "camera.looking",
        "demo.clip",
    },
    "PIL": {"camera.capture.still", "camera.looking.picture", "engine.ort_genai.pictures"},
    "transformers": {"bench.synthetic", "models.building.torch_model"},
}


@cache
def _modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@cache
def _internal(path: Path) -> set[str]:
    known = _modules()
    names = {name.removeprefix("agent.") for name in _imports(path) if name.startswith("agent.")}
    return {name for name in names if name in known}


def _within(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


@pytest.mark.parametrize("pure", PURE)
def test_a_pure_module_imports_only_values(pure: str) -> None:
    for module in _modules():
        if _within(module, {pure}):
            assert all(_within(name, PURE[pure]) for name in _internal(_modules()[module])), module


@pytest.mark.parametrize("module", _modules())
def test_parts_are_imported_only_by_who_wires_them(module: str) -> None:
    for imported in _internal(_modules()[module]):
        for part, allowed in ONLY_IMPORTED_BY.items():
            if _within(imported, {part}) and not _within(module, {part}):
                assert _within(module, allowed), f"{module} imports {imported}"


@pytest.mark.parametrize("module", _modules())
def test_third_party_packages_are_wrapped_by_their_owner(module: str) -> None:
    for package, owners in THIRD_PARTY_OWNERS.items():
        if any(name == package or name.startswith(f"{package}.") for name in _imports(_modules()[module])):
            assert _within(module, owners), f"{module} imports {package}"


def test_every_named_pure_module_exists() -> None:
    assert set(PURE) <= set(_modules())
