"""A model's geometry, from a Hugging Face checkpoint. pydantic, because its files come from elsewhere.

Numbers of the KV cache are as wide as the checkpoint's own unless its quantization says otherwise: what TensorRT-LLM
makes of the `dtype` "auto" of its `KvCacheConfig`.
"""

from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from agent.budget.memory import Geometry
from agent.errors import ConfigError
from agent.models.counts import Positive
from agent.units import Bytes

_WIDTHS = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0}
"""Bytes of a number, by the name that torch has for its type."""
_QUANTIZED = {"FP8": 1.0, "INT8": 1.0, "NVFP4": 0.5 + 1 / 16}
"""Likewise of a quantized KV cache, by ModelOpt's names; NVFP4 has a byte of scale for sixteen numbers."""
_ANOTHER_FORMAT = "consolidated"
"""Some repositories have the weights twice, the second time as their maker's own loader wants them."""


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _KvCacheScheme(_File):
    num_bits: Positive


class _InlineQuantization(_File):
    """What quantizers write into `config.json`."""

    kv_cache_scheme: _KvCacheScheme | None = None


class _CheckpointConfig(_File):
    """`config.json`."""

    num_hidden_layers: Positive
    num_attention_heads: Positive
    num_key_value_heads: Positive | None = None
    head_dim: Positive | None = None
    hidden_size: Positive
    vocab_size: Positive
    max_position_embeddings: Positive
    dtype: str = Field(default="float32", validation_alias=AliasChoices("dtype", "torch_dtype"))
    """Two names for one thing, by the release of transformers that wrote it; without either, the widest is assumed."""
    quantization_config: _InlineQuantization | None = None


class _Quantization(_File):
    kv_cache_quant_algo: str | None = None


class _QuantizedConfig(_File):
    """`hf_quant_config.json`, which ModelOpt writes beside `config.json`."""

    quantization: _Quantization


def read_hf_geometry(model: str, model_dir: Path) -> Geometry:
    """The geometry of the checkpoint in a folder.

    Raises:
        ConfigError: Its files are missing, or are not what they should be.
    """
    try:
        config = _CheckpointConfig.model_validate_json((model_dir / "config.json").read_bytes())
        kv_value_bytes = _kv_value_bytes(config, model_dir / "hf_quant_config.json")
        weights = _weights(model_dir)
        tokenizer = (model_dir / "tokenizer.json").stat().st_size
    except OSError as error:
        raise ConfigError(f"model {model!r}: {error.filename or model_dir}: {error.strerror}") from error
    except ValueError as error:  # pydantic's are, too
        raise ConfigError(f"model {model!r}: {model_dir}: {_first(error)}") from error
    return Geometry(
        model=model,
        context_length=config.max_position_embeddings,
        layers=config.num_hidden_layers,
        kv_heads=config.num_key_value_heads or config.num_attention_heads,
        head_size=config.head_dim or config.hidden_size // config.num_attention_heads,
        hidden_size=config.hidden_size,
        vocab_size=config.vocab_size,
        kv_value_bytes=kv_value_bytes,
        weights=weights,
        tokenizer=Bytes(tokenizer),
    )


def _kv_value_bytes(config: _CheckpointConfig, quantized: Path) -> float:
    """Of one number of the KV cache."""
    if config.quantization_config is not None and config.quantization_config.kv_cache_scheme is not None:
        return config.quantization_config.kv_cache_scheme.num_bits / 8
    algorithm = None
    if quantized.exists():
        algorithm = _QuantizedConfig.model_validate_json(quantized.read_bytes()).quantization.kv_cache_quant_algo
    known = _WIDTHS if algorithm is None else _QUANTIZED
    name = algorithm or config.dtype
    if name not in known:
        raise ValueError(f"how wide the numbers of its KV cache are is not known: {name}")
    return known[name]


def _weights(model_dir: Path) -> Bytes:
    """As in the files: they are loaded as they are."""
    files = [file for file in model_dir.glob("*.safetensors") if not file.name.startswith(_ANOTHER_FORMAT)]
    if not files:
        raise ValueError("it has no *.safetensors")
    return Bytes(sum(file.stat().st_size for file in files))


def _first(error: ValueError) -> str:
    """What is wrong with the files, the first of it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
