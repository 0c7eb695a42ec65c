"""The engines that can run a model on this device: one table, pure data.

Everything that depends on which engines there are goes by this table: the configuration, the search for models, the
choice, the doctor.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EngineName(StrEnum):
    """As users write them."""

    ONNXRUNTIME_GENAI = "onnxruntime-genai"
    TENSORRT_LLM = "tensorrt-llm"
    TENSORRT_EDGE_LLM = "tensorrt-edge-llm"


@dataclass(frozen=True, slots=True)
class KnownEngine:
    """An engine.

    Attributes:
        name: As users write it.
        loader: `module:function`, as in an `EngineSpec`.
        modules: What has to be importable: names without dots, so that nothing is imported to find them.
        packages: The distributions whose versions tell which library that is: its own, then what it stands on. Not all
            need be there.
        files: The files by which it knows a model, in words.
        recognises: Whether a folder with files of these names is a model for it.
        advice: How its library is installed.
    """

    name: str
    loader: str
    modules: tuple[str, ...]
    packages: tuple[str, ...]
    files: str
    recognises: Callable[[frozenset[str]], bool]
    advice: str


_GENAI_CONFIG: Final = "genai_config.json"
_EDGE_LLM_ENGINES: Final = ".edgellm"
"""The folder of the engines that were built of a checkpoint, beside it (`edge_llm_files`)."""
EDGE_LLM_RECORDS: Final = f"{_EDGE_LLM_ENGINES}/engines/*/*/jetson-agent.json"
"""There is one for each such engine, below the model's folder."""


def _is_genai(names: frozenset[str]) -> bool:
    return _GENAI_CONFIG in names


def _is_checkpoint(names: frozenset[str]) -> bool:
    """Hugging Face's form. onnxruntime-genai's builder copies some of it beside what it makes."""
    has_weights = any(name.endswith(".safetensors") for name in names)
    return "config.json" in names and has_weights and _GENAI_CONFIG not in names


def _is_edge_llm(names: frozenset[str]) -> bool:
    return _EDGE_LLM_ENGINES in names and _is_checkpoint(names)


ONNXRUNTIME_GENAI: Final = KnownEngine(
    EngineName.ONNXRUNTIME_GENAI,
    loader="agent.engine.ort_genai:load",
    modules=("onnxruntime_genai",),
    packages=("onnxruntime-genai", "onnxruntime-genai-cuda", "onnxruntime", "onnxruntime-gpu"),
    files=_GENAI_CONFIG,
    recognises=_is_genai,
    advice="pip install onnxruntime-genai",
)
TENSORRT_LLM: Final = KnownEngine(
    EngineName.TENSORRT_LLM,
    loader="agent.engine.tensorrt_llm:load",
    modules=("tensorrt_llm",),
    packages=("tensorrt-llm", "torch"),
    files="config.json with *.safetensors",
    recognises=_is_checkpoint,
    advice=(
        "install tensorrt-llm from NVIDIA's package index (not on a Jetson: there, jetson-agent models build-engine "
        "makes of the model one for tensorrt-edge-llm)"
    ),
)
TENSORRT_EDGE_LLM: Final = KnownEngine(
    EngineName.TENSORRT_EDGE_LLM,
    loader="agent.engine.edge_llm:load",
    modules=("tensorrt_edgellm", "experimental"),
    packages=("tensorrt-edgellm",),
    files=f"{_EDGE_LLM_ENGINES}, made by jetson-agent models build-engine, beside a checkpoint",
    recognises=_is_edge_llm,
    advice="pip install tensorrt-edgellm (JetPack 7 on Orin and Thor)",
)
ENGINES: Final = (ONNXRUNTIME_GENAI, TENSORRT_LLM, TENSORRT_EDGE_LLM)


def engines_for(names: Iterable[str], engines: tuple[KnownEngine, ...] = ENGINES) -> tuple[KnownEngine, ...]:
    """Those for which a folder with files of these names is a model; their libraries may not be here."""
    there = frozenset(names)
    return tuple(engine for engine in engines if engine.recognises(there))


def files_in_words(engines: tuple[KnownEngine, ...] = ENGINES) -> str:
    """What is looked for in a model's folder."""
    return ", ".join(f"{engine.files} (for {engine.name})" for engine in engines)
