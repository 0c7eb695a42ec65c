"""Makes the model with random weights that tests the way of an image through onnxruntime-genai.

It has the form of Qwen2.5-VL: the same parts, names, processor, chat template and position ids, at a size that loads in
no time. Its answers mean nothing, but they depend on every pixel and on every word.

Run as `python -m tests.vision_model.make`, with `onnx` installed; the same seed makes the same files.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.vision_model import FILES

HIDDEN, HEADS, HEAD, LAYERS = 32, 2, 16, 2
PATCH, MERGE, FRAMES = 14, 2, 2
PATCH_NUMBERS = 3 * FRAMES * PATCH * PATCH
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
_RNG = np.random.default_rng(2026)
_OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]


class Graph:
    """A graph while it grows."""

    def __init__(self, name: str, inputs: list[Any], outputs: list[Any]) -> None:
        self._name, self._inputs, self._outputs = name, inputs, outputs
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def weight(self, name: str, *shape: int, spread: float) -> str:
        """Random numbers around 0."""
        return self.constant(name, (_RNG.standard_normal(shape) * spread).astype(np.float32))

    def constant(self, name: str, value: Any) -> str:  # noqa: ANN401 - an array
        """A named array."""
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:  # noqa: ANN401
        """A node; its first output."""
        self._nodes.append(helper.make_node(kind, inputs, list(outputs), **attributes))
        return outputs[0]

    def save(self, path: Path) -> None:
        """Check it, and write it."""
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(graph, opset_imports=_OPSETS, ir_version=9, producer_name="tests.vision_model")
        onnx.save(model, str(path))


def floats(name: str, *shape: int | str) -> Any:  # noqa: ANN401 - the library has no types
    """An input or output of floats."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def integers(name: str, *shape: int | str) -> Any:  # noqa: ANN401
    """Likewise of int64."""
    return helper.make_tensor_value_info(name, TensorProto.INT64, shape)


def vision() -> Graph:
    """Patches to features: four patches become one."""
    graph = Graph(
        "vision",
        [floats("pixel_values", "patches", PATCH_NUMBERS), integers("image_grid_thw", "images", 3)],
        [floats("image_features", "features", HIDDEN)],
    )
    weight = graph.weight("patch", PATCH_NUMBERS, HIDDEN, spread=PATCH_NUMBERS**-0.5)
    each = graph.add("Tanh", [graph.add("MatMul", ["pixel_values", weight], "projected")], "each")
    fours = graph.add("Reshape", [each, graph.constant("fours", np.array([-1, MERGE * MERGE * HIDDEN]))], "in_fours")
    merge = graph.weight("merge", MERGE * MERGE * HIDDEN, HIDDEN, spread=0.3)
    graph.add("MatMul", [fours, merge], "image_features")
    return graph


def embedding() -> Graph:
    """Tokens to vectors, with an image's features in the places that are kept for them."""
    graph = Graph(
        "embedding",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT32, ["batch", "length"]),
            floats("image_features", "features", HIDDEN),
        ],
        [floats("inputs_embeds", "batch", "length", HIDDEN)],
    )
    words = graph.add("Gather", [graph.weight("words", VOCABULARY, HIDDEN, spread=1.0), "input_ids"], "text")
    pad = graph.constant("pad", np.array(ID["<|image_pad|>"], np.int32))
    is_image = graph.add("Equal", ["input_ids", pad], "is_image")
    places = graph.add("Transpose", [graph.add("NonZero", [is_image], "where")], "places", perm=[1, 0])
    graph.add("ScatterND", [words, places, "image_features"], "inputs_embeds")
    return graph


def decoder() -> Graph:
    """Vectors to logits, with attention to all that came before."""
    cache = [f"{kind}.%d.{part}" for kind in ("past_key_values", "present") for part in ("key", "value")]
    past, present = [
        [
            floats(name % layer, "batch", HEADS, f"{kind}_length", HEAD)
            for layer in range(LAYERS)
            for name in cache[at : at + 2]
        ]
        for kind, at in (("past", 0), ("whole", 2))
    ]
    mask, positions = integers("attention_mask", "batch", "whole"), integers("position_ids", 3, "batch", "length")
    graph = Graph(
        "decoder",
        [floats("inputs_embeds", "batch", "length", HIDDEN), mask, positions, *past],
        [floats("logits", "batch", "length", VOCABULARY), *present],
    )
    state = _placed(graph)
    before, whole = _lengths(graph)
    for layer in range(LAYERS):
        state = _layer(graph, layer, state, before, whole)
    said = graph.add("MatMul", [state, graph.weight("head", HIDDEN, VOCABULARY, spread=0.5)], "said")
    never = [token for text, token in ID.items() if text != "<|im_end|>"]
    ban = np.where(np.isin(np.arange(VOCABULARY), [*never, *range(256 + len(SPECIAL), VOCABULARY)]), -1e4, 0)
    graph.add("Add", [said, graph.constant("ban", ban.astype(np.float32))], "logits")  # no image is ever said
    return graph


def _placed(graph: Graph) -> str:
    """The vectors, each with where it stands: time, height, width."""
    steps = graph.add("Cast", ["position_ids"], "steps", to=TensorProto.FLOAT)
    last = graph.add("Transpose", [steps], "steps_last", perm=[1, 2, 0])
    turned = graph.add("MatMul", [last, graph.weight("turn", 3, HIDDEN, spread=0.7)], "turned")
    return graph.add("Add", ["inputs_embeds", graph.add("Sin", [turned], "place")], "state")


def _lengths(graph: Graph) -> tuple[str, str]:
    """What the attention wants to know of the lengths: of the whole, less one, for each of the batch; and of all."""
    one = graph.constant("one", np.array([1]))
    counted = graph.add("ReduceSum", ["attention_mask", one], "counted", keepdims=0)
    before = graph.add("Cast", [graph.add("Sub", [counted, one], "less_one")], "before", to=TensorProto.INT32)
    shape = graph.add("Shape", ["attention_mask"], "mask_shape")
    length = graph.add("Gather", [shape, graph.constant("second", np.array(1))], "mask_length", axis=0)
    return before, graph.add("Cast", [length], "whole_length", to=TensorProto.INT32)


def _layer(graph: Graph, layer: int, state: str, before: str, whole: str) -> str:
    """One layer of attention."""
    query, key, value = (
        graph.add("MatMul", [state, graph.weight(f"{part}.w.{layer}", HIDDEN, HIDDEN, spread=0.3)], f"{part}.{layer}")
        for part in ("query", "key", "value")
    )
    cached = [f"past_key_values.{layer}.key", f"past_key_values.{layer}.value"]
    seen = graph.add(
        "GroupQueryAttention",
        [query, key, value, *cached, before, whole],
        f"seen.{layer}",
        f"present.{layer}.key",
        f"present.{layer}.value",
        domain="com.microsoft",
        num_heads=HEADS,
        kv_num_heads=HEADS,
    )
    out = graph.add("MatMul", [seen, graph.weight(f"out.w.{layer}", HIDDEN, HIDDEN, spread=0.4)], f"out.{layer}")
    added = graph.add("Add", [state, out], f"added.{layer}")
    scale = graph.constant(f"scale.{layer}", np.ones(HIDDEN, np.float32))
    return graph.add("SimplifiedLayerNormalization", [added, scale], f"state.{layer}", axis=-1, epsilon=1e-6)


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


def main() -> None:
    """Write all of it."""
    FILES.mkdir(exist_ok=True)
    for name, make in (("vision", vision), ("embedding", embedding), ("decoder", decoder)):
        make().save(FILES / f"{name}.onnx")
    for name, content in (
        ("genai_config", genai_config()),
        ("processor_config", processor_config()),
        ("tokenizer", tokenizer()),
        ("tokenizer_config", tokenizer_config()),
    ):
        (FILES / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
