"""What we rely on of TensorRT Edge-LLM: read from its wheel, tensorrt_edgellm 0.11.0, cp312, manylinux_2_39_aarch64."""

VERSION = "0.11.0"

# By file of the wheel, then by name: the parameters of a function, or the fields of a dataclass.
SIGNATURES = {
    "experimental/server/runtime/engine.py": {
        "LLM.__init__": "(self, model, *, cache_dir='', engine_cache_max_size_gb=50.0, clear_engine_cache=False, "
        "max_input_len=4096, max_batch_size=1, max_kv_cache_capacity=8192, max_image_tokens=None, "
        "max_image_tokens_per_image=None, draft_top_k=None, draft_step=None, verify_tree_size=None, "
        "max_verify_tree_size=None, max_draft_tree_size=None, build_options=None, speculative_config=None, "
        "context_cache_config=None, enable_in_flight_batching=False)",
        "LLM.generate_stream": "(self, messages, sampling_params=None, *, tools=None, tool_choice=None, "
        "prebuilt_request=None)",
        "LLM.close": "(self)",
        "LLM.get_context_cache_metrics": "(self)",
        "LLM._make_generation_request": "(self, messages, params, *, tools=None, tool_choice=None, tool_config=None, "
        "apply_chat_template=True, add_generation_prompt=True, stream_channel=None)",
        "LLM._count_prepared_prompt_tokens": "(self, request)",
        "SamplingParams": "(temperature=0.7, top_p=0.9, top_k=50, seed=None, max_tokens=2048, enable_thinking=False, "
        "reasoning_effort='', disable_spec_decode=False, num_logprobs=0, stop=field(default_factory=list), "
        "logit_bias=field(default_factory=dict), guided_decoding=None, skip_special_tokens=True, reuse_context=True, "
        "cache_generated_tokens=True)",
        "StreamDelta": "(text='', token_ids=field(default_factory=list), prompt_tokens=None, finished=False, "
        "finish_reason=None, logprobs=field(default_factory=list), audio_bytes=None)",
    },
    "experimental/server/runtime/engine_build.py": {
        "BuildOptions": "(spec_type='none', draft_model_dir='', max_input_len=None, max_kv_cache_capacity=None, "
        "max_batch_size=None, max_verify_tree_size=None, max_draft_tree_size=None, max_image_tokens=None, "
        "max_image_tokens_per_image=None, tp_size=None, plugin_path='', tree_base=False)",
        "PreparedModel": "(bundle_dir, model_dir, draft_model_dir='', built=False)",
        "bundle_cache_path": "(model_dir, cache_dir, options)",
        "_is_ready": "(model_dir, bundle_dir, options)",
        "prepare_model": "(model, cache_dir='', options=None, *, max_cache_size_bytes=50 * (1 << 30), "
        "clear_cache=False)",
    },
    "experimental/server/config.py": {
        "ContextCacheConfig": "(enabled=False, max_records=1024, recurrent_snapshot_pool_bytes=0, "
        "partial_kv_snapshot_pool_bytes=0)",
    },
    "tensorrt_edgellm/_native/load.py": {
        "resolve_payload": "(*, package_root=None, manifest_path=None, detector=detect_platform)",
        "ResolvedPayload": "(variant_id, extension, plugin)",
    },
    "tensorrt_edgellm/_native/dependencies.py": {"require_tensorrt": "()"},
}

# The Jetson boards that the wheel has code for: what `/etc/nv_tegra_release` says, and the GPU.
BOARDS = {
    "jetson-orin-jp72-cu13-sm87": (["R39.2"], 87),
    "jetson-thor-jp70-cu13-sm110": (["R38.2"], 110),
    "jetson-thor-jp71-cu13-sm110": (["R38.4"], 110),
    "jetson-thor-jp72-cu13-sm110": (["R39.2"], 110),
}

# What is not seen in signatures: a piece of source, by file.
SOURCES = {
    # Where we keep engines does not change what a checkpoint is recognised by.
    "experimental/server/runtime/engine_build.py": 'if directory != ".edgellm"',
    # A close ends a wait in another thread; generation does not wait for who reads.
    "experimental/server/runtime/engine.py": "class _CancellableIterator",
}
