"""The geometry of the model with random weights, and the files beside its graphs that say what it is."""

from typing import Any

HIDDEN, HEADS, HEAD, LAYERS = 32, 2, 16, 2
PATCH, MERGE, FRAMES = 14, 2, 2
CONTEXT = 2_048
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
ID = {text: 256 + index for index, text in enumerate(SPECIAL)}
VOCABULARY = 264
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def genai_config() -> dict[str, Any]:
    """What the library reads first."""
    names = {"past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value"}
    decoder_part = {
        "filename": "decoder.onnx",
        "hidden_size": HIDDEN,
        "head_size": HEAD,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "inputs": {
            "inputs_embeds": "inputs_embeds",
            "attention_mask": "attention_mask",
            "position_ids": "position_ids",
            **names,
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
    }
    vision_part = {
        "filename": "vision.onnx",
        "config_filename": "processor_config.json",
        "spatial_merge_size": MERGE,
        "tokens_per_second": 2.0,
        "patch_size": PATCH,
        "inputs": {"pixel_values": "pixel_values", "image_grid_thw": "image_grid_thw"},
        "outputs": {"image_features": "image_features"},
    }
    embedding_part = {
        "filename": "embedding.onnx",
        "inputs": {"input_ids": "input_ids", "image_features": "image_features"},
        "outputs": {"inputs_embeds": "inputs_embeds"},
    }
    model = {
        "type": "qwen2_5_vl",
        "vocab_size": VOCABULARY,
        "context_length": CONTEXT,
        "bos_token_id": ID["<|endoftext|>"],
        "eos_token_id": [ID["<|im_end|>"], ID["<|endoftext|>"]],
        "pad_token_id": ID["<|endoftext|>"],
        "image_token_id": ID["<|image_pad|>"],
        "video_token_id": ID["<|video_pad|>"],
        "vision_start_token_id": ID["<|vision_start|>"],
        "decoder": decoder_part,
        "embedding": embedding_part,
        "vision": vision_part,
    }
    search = {"do_sample": False, "max_length": CONTEXT, "past_present_share_buffer": True}
    return {"model": model, "search": search}


def processor_config() -> dict[str, Any]:
    """How the library makes patches of an image: as for Qwen2.5-VL."""
    sizes = {"min_pixels": 4 * PATCH * PATCH * MERGE * MERGE, "max_pixels": 12_845_056}
    attributes: dict[str, dict[str, Any]] = {
        "DecodeImage": {"color_space": "RGB"},
        "ConvertRGB": {},
        "Resize": {"width": 540, "height": 360, "smart_resize": 1, **sizes, "patch_size": PATCH, "merge_size": MERGE},
        "Rescale": {"rescale_factor": 1 / 255},
        "Normalize": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "qwen2_5_vl": 1},
        "PatchImage": {"patch_size": PATCH, "temporal_patch_size": FRAMES, "merge_size": MERGE},
    }
    steps = [
        {"operation": {"name": kind.lower(), "type": kind, **({"attrs": attrs} if attrs else {})}}
        for kind, attrs in attributes.items()
    ]
    return {"processor": {"name": "qwen2_5_image_processor", "transforms": steps}}


def tokenizer() -> dict[str, Any]:
    """Every byte is a token, written as byte-level BPE writes it."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in plain]
    letters = {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + n) for n, byte in enumerate(rest)}}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "added_tokens": [{"id": ID[text], "content": text, **flags} for text in SPECIAL],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "model": {
            "type": "BPE",
            "byte_fallback": False,
            "vocab": {letters[byte]: byte for byte in range(256)},
            "merges": [],
        },
    }


def tokenizer_config() -> dict[str, Any]:
    """What the library wants to know beside."""
    return {
        "add_bos_token": False,
        "add_prefix_space": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "bos_token": None,
        "model_max_length": CONTEXT,
        "chat_template": TEMPLATE,
    }
