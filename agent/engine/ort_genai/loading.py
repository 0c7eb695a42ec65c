"""Loads a model, with the engine that it was built for, and finds out how many requests at once pay."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime_genai as og

from agent.budget.memory import LEAST_CONTEXT
from agent.budget.prompt_chunk import LEAST_CHUNK, part_of, read_in_time
from agent.engine.batching import decide
from agent.engine.chat import Vocabulary
from agent.engine.cores import session_overlay, usable_cores
from agent.engine.image_tokens import Resizing
from agent.engine.ort_genai import graphs
from agent.engine.ort_genai.continuous import ContinuousEngine, Pool
from agent.engine.ort_genai.drafting import possible
from agent.engine.ort_genai.generators import GeneratorsEngine
from agent.engine.ort_genai.trial import ContinuousTrial, GeneratorsTrial, reading_rate
from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.protocol import Capabilities, Engine
from agent.engine.speculation import Drafts

if TYPE_CHECKING:
    from agent.engine.ort_genai.seeing import Seeing

TOP_K = 1024
"""Sampling looks at so many of the likeliest tokens: to sort a whole vocabulary of 128,000 takes 25 ms a token."""
_LIBRARY_DEFAULTS = {"block_size": 256, "max_batch_size": 16, "max_scheduled_tokens": 2048}
"""Of what a model can say of the batches that it was built for."""


def load(spec: EngineSpec) -> Engine:
    """Load a model from its folder.

    Raises:
        LoadError: It cannot be loaded; the library's words.
    """
    try:
        config, built_for, is_for_cuda = _read_config(spec.model_dir)
        vocabulary = Vocabulary.read(spec.model_dir / "tokenizer.json")
        if built_for is None:
            return _load_for_generators(spec, config, vocabulary, is_for_cuda=is_for_cuda)
        return _load_continuous(spec, config, built_for, vocabulary, is_for_cuda=is_for_cuda)
    except KeyError as error:
        raise LoadError(f"{spec.model_dir}/genai_config.json has no {error}") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise LoadError(f"{spec.model_dir}: {error}") from error


def _read_config(model_dir: Path) -> tuple[dict[str, Any], dict[str, int] | None, bool]:
    """What `genai_config.json` says of the model, of the batches that it was built for, and whether it is for CUDA."""
    config = json.loads((model_dir / "genai_config.json").read_bytes())
    try:
        built_for = config.get("engine", {}).get("dynamic_batching")
        batches = None if built_for is None else {**_LIBRARY_DEFAULTS, **built_for}
        return config["model"], batches, graphs.is_for_cuda(config["model"])
    except (AttributeError, TypeError) as error:
        raise LoadError(
            f"{model_dir}/genai_config.json is not what the model builder writes: bring the model here again ({error})"
        ) from error


def _load_for_generators(
    spec: EngineSpec, config: dict[str, Any], vocabulary: Vocabulary, *, is_for_cuda: bool
) -> Engine:
    # Not with images: of such a model no generator is used again, and what its graphs leave was not measured.
    records = is_for_cuda and "vision" not in config

    def load_model() -> Any:  # noqa: ANN401 - the library has no types
        configured = og.Config(str(spec.model_dir))
        configured.overlay(session_overlay(config, usable_cores()))
        if is_for_cuda:
            graphs.switch(configured, on=records)
        return og.Model(configured)

    return _generators(spec, config, load_model(), vocabulary, load_model if records else None)


def _generators(
    spec: EngineSpec,
    config: dict[str, Any],
    model: Any,  # noqa: ANN401 - the library has no types
    vocabulary: Vocabulary,
    load_again: Callable[[], Any] | None,
) -> GeneratorsEngine:
    """Generators on a loaded model."""
    context_length, top_k = config["context_length"], min(TOP_K, config["vocab_size"])
    batch, trial = decide(spec.max_batch, spec.search, made_on=_machine(model), step=GeneratorsTrial(model).step)
    part = spec.prompt_chunk if batch == 1 else part_of(spec.prompt_chunk, spec.max_batch)
    if part > LEAST_CHUNK:
        part = read_in_time(part, reading_rate(model, min(part, context_length - 1)))
    seeing = _seeing(spec, model, config, vocabulary)
    capabilities = Capabilities(
        spec.model,
        context_length,
        batch,
        guidance=_has_guidance(model),
        trial=trial,
        vision=seeing is not None,
    )
    drafts = Drafts(possible(model, spec.speculation))
    return GeneratorsEngine(
        model,
        capabilities,
        vocabulary,
        top_k=top_k,
        drafts=drafts,
        part=part,
        seeing=seeing,
        load_again=load_again,
    )


def _seeing(
    spec: EngineSpec,
    model: Any,  # noqa: ANN401 - the library has no types
    config: dict[str, Any],
    vocabulary: Vocabulary,
) -> "Seeing | None":
    """What reads images for the model; None: it has no part for them."""
    if "vision" not in config:
        return None
    from agent.engine.ort_genai.seeing import Seeing  # noqa: PLC0415 - it brings Pillow, which other models do without

    processor = spec.model_dir / config["vision"].get("config_filename", "processor_config.json")
    resizing = Resizing.read(json.loads(processor.read_bytes()))
    parts = model.create_multimodal_processor(), og.Tokenizer(model)
    return Seeing(*parts, kind=config["type"], control=vocabulary.control, resizing=resizing)


def _load_continuous(
    spec: EngineSpec, config: dict[str, Any], built_for: dict[str, int], vocabulary: Vocabulary, *, is_for_cuda: bool
) -> Engine:
    """A pool of KV cache blocks is allocated with the library's `Engine`: for as many tokens as there is memory."""
    block = built_for["block_size"]
    blocks = -(-(spec.cache_tokens or config["context_length"]) // block)
    at_once = max(1, min(spec.max_batch, built_for["max_batch_size"], blocks * block // LEAST_CONTEXT))
    scheduled = min(built_for["max_scheduled_tokens"], max(spec.prompt_chunk, at_once * LEAST_CHUNK))
    batching = {"num_blocks": blocks, "max_batch_size": at_once, "max_scheduled_tokens": scheduled}
    chunk = min(spec.prompt_chunk, scheduled)
    overlay = {"engine": {"dynamic_batching": batching}, "search": {"chunk_size": chunk}}
    context_length, top_k = min(config["context_length"], blocks * block), min(TOP_K, config["vocab_size"])
    settings = og.Config(str(spec.model_dir))
    settings.overlay(json.dumps(overlay))
    if is_for_cuda:
        graphs.switch(settings, on=True)
    limited, pool = replace(spec, max_batch=at_once), Pool(blocks * block, block, chunk, scheduled)
    return continuous(limited, og.Model(settings), pool, vocabulary, context_length, top_k)


def continuous(  # noqa: PLR0913, PLR0917 - what is known of the model
    spec: EngineSpec,
    model: Any,  # noqa: ANN401 - the library has no types
    pool: Pool,
    vocabulary: Vocabulary,
    context_length: int,
    top_k: int,
) -> ContinuousEngine:
    """The library's `Engine` on a loaded model."""
    runtime = og.Engine(model)
    trial = ContinuousTrial(runtime)
    batch, found = decide(spec.max_batch, spec.search, made_on=_machine(model), step=trial.step, looks_past=True)
    capabilities = Capabilities(
        spec.model,
        context_length,
        batch,
        guidance=_engine_has_guidance(runtime),
        cache_tokens=pool.tokens,
        trial=found,
    )
    return ContinuousEngine(model, runtime, capabilities, vocabulary, top_k=top_k, pool=pool)


def _machine(model: Any) -> str:  # noqa: ANN401 - the library has no types
    """What a trial holds for."""
    processors = len(os.sched_getaffinity(0))
    return f"onnxruntime-genai {og.__version__}, {model.device_type}, {platform.machine()}, {processors} processors"


def _has_guidance(model: Any) -> bool:  # noqa: ANN401 - the library has no types
    """Whether the library was built with guidance; without, it ignores grammars, also one that is none."""
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=1, random_seed=0)
    params.set_guidance("lark_grammar", "no grammar")
    try:
        og.Generator(model, params)
    except RuntimeError:
        return True
    return False


def _engine_has_guidance(runtime: Any) -> bool:  # noqa: ANN401 - the library has no types
    """The same of the library's `Engine`, which says that it has not."""
    request = runtime.create_request()
    turn = og.TurnOptions(request)
    turn.set_guidance("lark_grammar", "no grammar")
    try:
        request.begin_turn(np.asarray([1], dtype=np.int32), turn)
    except RuntimeError as error:
        return "use_guidance" not in str(error)
    finally:
        request.close()
    return False
