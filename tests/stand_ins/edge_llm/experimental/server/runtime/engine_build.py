"""Where engines are, whether they are complete, and their building: a file that says so is an engine here."""

import hashlib
import json
import os
import signal
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class BuildOptions:
    """The build's numbers."""

    spec_type: str = "none"
    draft_model_dir: str = ""
    max_input_len: int | None = None
    max_kv_cache_capacity: int | None = None
    max_batch_size: int | None = None
    max_verify_tree_size: int | None = None
    max_draft_tree_size: int | None = None
    max_image_tokens: int | None = None
    max_image_tokens_per_image: int | None = None
    tp_size: int | None = None
    plugin_path: str = ""
    tree_base: bool = False


@dataclass(frozen=True)
class PreparedModel:
    """What came of it."""

    bundle_dir: str
    model_dir: str
    draft_model_dir: str = ""
    built: bool = False


def bundle_cache_path(model_dir: str, cache_dir: str, options: BuildOptions) -> str:
    """The place of an engine: it follows from the checkpoint's content and the options."""
    content = hashlib.sha256((Path(model_dir) / "tokenizer.json").read_bytes()).hexdigest()[:16]
    numbers = hashlib.sha256(json.dumps(asdict(options)).encode()).hexdigest()[:12]
    return str(Path(cache_dir).resolve() / "engines" / f"model-{content}" / numbers)


def _is_ready(model_dir: str, bundle_dir: str, options: BuildOptions) -> bool:
    try:
        config = json.loads((Path(bundle_dir) / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return (
        Path(model_dir).is_dir()
        and (Path(bundle_dir) / "llm.engine").is_file()
        and bool(config["builder_config"]["max_batch_size"] == options.max_batch_size)
    )


def prepare_model(
    model: str,
    cache_dir: str = "",
    options: BuildOptions | None = None,
    *,
    max_cache_size_bytes: int = 50 << 30,
    clear_cache: bool = False,
) -> PreparedModel:
    """Build what is not there. `EDGE_LLM_STAND_IN_BUILD=fail` makes that fail, `hang` has it take for ever."""
    assert options is not None
    assert max_cache_size_bytes > 0
    assert not clear_cache
    place = Path(bundle_cache_path(model, cache_dir, options))
    if _is_ready(model, str(place), options):
        return PreparedModel(str(place), model)
    place.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".building-", dir=place.parent))
    print("Building component llm", flush=True)
    trouble = os.environ.get("EDGE_LLM_STAND_IN_BUILD")
    while trouble == "hang":
        signal.pause()
    if trouble == "fail":
        raise RuntimeError("the builder ran out of memory")
    (staging / "llm.engine").write_bytes(b"an engine")
    config = {"builder_config": {"max_input_len": options.max_input_len, "max_batch_size": options.max_batch_size}}
    (staging / "config.json").write_text(json.dumps(config), encoding="ascii")
    staging.rename(place)
    return PreparedModel(str(place), model, built=True)
