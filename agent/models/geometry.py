"""Reads a model's geometry from its own files: `genai_config.json`, the graph of its ONNX file, and their sizes."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.budget.memory import Geometry
from agent.errors import ConfigError, ModelDamagedError
from agent.models.counts import Positive
from agent.models.onnx_file import OnnxFile, read_onnx
from agent.units import Bytes

_UNPACKED = frozenset({"MatMulNBits", "MatMul", "Gemm"})
"""What onnxruntime keeps a rearranged copy of for its CPU kernels; the original goes, unless something else uses it."""

_LAST_ROW, _CHOSEN_ROWS = "/lm_head/prune/", "logits_indices"
"""Inputs that only a model has which works out the logits of last tokens; the second one if it is paged."""


class _SessionOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    provider_options: tuple[dict[str, Any], ...] = ()


class _Decoder(BaseModel):
    model_config = ConfigDict(extra="ignore")

    filename: str = "model.onnx"
    head_size: Positive
    hidden_size: Positive
    num_hidden_layers: Positive
    num_key_value_heads: Positive
    inputs: dict[str, Any] = Field(default_factory=dict)
    session_options: _SessionOptions = _SessionOptions()


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    filename: str = ""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")

    context_length: Positive
    vocab_size: Positive
    decoder: _Decoder
    vision: _Part = _Part()
    embedding: _Part = _Part()

    @property
    def graphs(self) -> tuple[str, ...]:
        """The files of its parts: one, and two more of a model that sees."""
        parts = (self.decoder.filename, self.vision.filename, self.embedding.filename)
        return tuple(name for name in parts if name)


class _GenaiConfig(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model: _Model


def read_geometry(model: str, model_dir: Path) -> Geometry:
    """The geometry of the model in a folder.

    Raises:
        ConfigError: Its files are missing, or do not tell; `ModelDamagedError` where one of them is damaged.
    """
    try:
        return _geometry(model, model_dir)
    except OSError as error:
        raise ConfigError(f"model {model!r}: {error.filename or model_dir}: {error.strerror}") from error
    except ModelDamagedError as error:
        raise ModelDamagedError(f"model {model!r}: {error}") from error
    except ValidationError as error:
        raise _wrong_config(model, model_dir / "genai_config.json", error) from error
    except ValueError as error:
        raise ConfigError(f"model {model!r}: {model_dir}: {error}") from error


def _geometry(model: str, model_dir: Path) -> Geometry:
    config = _GenaiConfig.model_validate_json((model_dir / "genai_config.json").read_bytes()).model
    decoder = config.decoder
    onnx = read_onnx(model_dir / decoder.filename)
    files = sum(file.stat().st_size for file in model_dir.iterdir() if _is_weights(file, config.graphs))
    return Geometry(
        model=model,
        context_length=config.context_length,
        layers=decoder.num_hidden_layers,
        kv_heads=decoder.num_key_value_heads,
        head_size=decoder.head_size,
        hidden_size=decoder.hidden_size,
        vocab_size=config.vocab_size,
        kv_value_bytes=_kv_value_bytes(onnx, decoder),
        weights=Bytes(files + _kept_twice(onnx)),
        tokenizer=Bytes((model_dir / "tokenizer.json").stat().st_size),
        is_on_gpu=any(name.lower() == "cuda" for each in decoder.session_options.provider_options for name in each),
        last_logits_only=_is_pruned(onnx),
    )


def _is_weights(file: Path, graphs: tuple[str, ...]) -> bool:
    begins = tuple(f"{graph}." for graph in graphs)
    return file.name in graphs or file.name.startswith(begins) or file.suffix == ".data"


def _kv_value_bytes(onnx: OnnxFile, decoder: _Decoder) -> float:
    """Of one number of the KV cache: the type of the graph's own inputs."""
    name = str(decoder.inputs.get("past_key_names", "past_key_values.%d.key")).replace("%d", "0")
    width = onnx.inputs.get(name)
    if not width:
        raise ValueError(f"its graph has no input {name}")
    return width


def _kept_twice(onnx: OnnxFile) -> int:
    """Bytes of the weights that are rearranged for one operation and needed as they are by another: tied embeddings."""
    rearranged = {name for node in onnx.nodes if node.op_type in _UNPACKED for name in node.inputs}
    others = {name for node in onnx.nodes if node.op_type not in _UNPACKED for name in node.inputs}
    return sum(onnx.initializers.get(name, 0) for name in rearranged & others)


def _is_pruned(onnx: OnnxFile) -> bool:
    """Whether it was built with `prune_lm_head`: by the names that the builder gives to what that adds."""
    names = (name for node in onnx.nodes for name in node.inputs)
    return _CHOSEN_ROWS in onnx.inputs or any(name.startswith(_LAST_ROW) for name in names)


def _wrong_config(model: str, file: Path, error: ValidationError) -> ConfigError:
    """What is wrong with a JSON file of a model; `ModelDamagedError` where it is no JSON at all."""
    first = error.errors(include_url=False, include_input=False)[0]
    what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
    kind = ModelDamagedError if first["type"] == "json_invalid" else ConfigError
    return kind(f"model {model!r}: {file}: {what}")
