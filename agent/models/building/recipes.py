"""The ways to make a checkpoint smaller: which tool, with what, for which engine. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from agent.models.manifest import Engine


class Tool(StrEnum):
    """What does the work."""

    BUILDER = "onnxruntime-genai"
    """Its model builder: a folder with an ONNX graph."""
    MODELOPT = "nvidia-modelopt"
    """NVIDIA's Model Optimizer: a checkpoint in Hugging Face's form with quantized weights."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way.

    Attributes:
        quantization: What becomes of the weights, for people.
        precision: The builder's `--precision`, or the name of Model Optimizer's configuration.
        bits: Of one weight with its scales, about.
        provider: What the builder builds for: `cpu` or `cuda`.
        options: The builder's `--extra_options`.
        reads: How the checkpoint is quantized already, by its `quantization_config`; None: it is in full precision.
        needs_gpu: Whether the tool itself does not run without one.
    """

    name: str
    quantization: str
    tool: Tool
    engine: Engine
    precision: str
    bits: float
    provider: str = "cpu"
    options: tuple[tuple[str, str], ...] = ()
    reads: str | None = None
    needs_gpu: bool = False

    @property
    def calibrates(self) -> bool:
        """Whether it has to see the model read a text."""
        return self.tool is Tool.MODELOPT

    @property
    def is_pruned(self) -> bool:
        """Whether the model works out the logits of the last token only: it has no perplexity, and drafts nothing."""
        return _PRUNED in self.options

    @property
    def modules(self) -> tuple[str, ...]:
        """Python packages without which it does not run."""
        ours = ("torch", "transformers")
        return (*ours, "onnx_ir", "onnxruntime_genai") if self.tool is Tool.BUILDER else (*ours, "modelopt")

    @property
    def extra(self) -> str:
        """Of this project: what installs them."""
        return "build" if self.tool is Tool.BUILDER else "build,modelopt"


def _blocks(size: int) -> tuple[tuple[str, str], ...]:
    """Of so many weights with one scale; the products on the CPU with activations in INT8 (accuracy level 4)."""
    return ("block_size", str(size)), ("accuracy_level", "4")


_PRUNED = ("prune_lm_head", "true")
_GENAI = Engine.ONNXRUNTIME_GENAI
_TRT = Engine.TENSORRT_LLM

RECIPES: tuple[Recipe, ...] = (
    Recipe("fp32", "none: 32-bit floats", Tool.BUILDER, _GENAI, "fp32", 32),
    Recipe("fp16", "none: 16-bit floats, for CUDA", Tool.BUILDER, _GENAI, "fp16", 16, "cuda"),
    Recipe(
        "int8",
        "INT8, round to nearest, blocks of 32, accuracy level 4",
        Tool.BUILDER,
        _GENAI,
        "int8",
        9,
        "cpu",
        _blocks(32),
    ),
    Recipe(
        "int4-rtn",
        "INT4, round to nearest, blocks of 32, accuracy level 4",
        Tool.BUILDER,
        _GENAI,
        "int4",
        5,
        "cpu",
        _blocks(32),
    ),
    Recipe(
        "int4-rtn-pruned",
        "INT4, round to nearest, blocks of 32, accuracy level 4; logits of the last token only",
        Tool.BUILDER,
        _GENAI,
        "int4",
        5,
        "cpu",
        (*_blocks(32), _PRUNED),
    ),
    Recipe(
        "int4-rtn-block-128",
        "INT4, round to nearest, blocks of 128, accuracy level 4",
        Tool.BUILDER,
        _GENAI,
        "int4",
        4.25,
        "cpu",
        _blocks(128),
    ),
    Recipe(
        "int4-rtn-cuda",
        "INT4, round to nearest, blocks of 128, for CUDA",
        Tool.BUILDER,
        _GENAI,
        "int4",
        4.125,
        "cuda",
        (("block_size", "128"),),
    ),
    Recipe(
        "awq-import",
        "INT4, activation-aware (AWQ), as in the checkpoint",
        Tool.BUILDER,
        _GENAI,
        "int4",
        4.25,
        reads="awq",
    ),
    Recipe("int4-awq", "INT4, activation-aware (AWQ), blocks of 128", Tool.MODELOPT, _TRT, "INT4_AWQ_CFG", 4.125),
    Recipe("fp8", "FP8 (E4M3), weights and activations", Tool.MODELOPT, _TRT, "FP8_DEFAULT_CFG", 8),
    Recipe(
        "nvfp4",
        "NVFP4, weights and activations, blocks of 16",
        Tool.MODELOPT,
        _TRT,
        "NVFP4_DEFAULT_CFG",
        4.5,
        needs_gpu=True,
    ),
)  # fmt: skip - one recipe a line or two is a table


def find_recipe(name: str) -> Recipe | None:
    """By its name; None when there is none of that name."""
    return next((recipe for recipe in RECIPES if recipe.name == name), None)
