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
from tests.vision_model.configs import (
    FRAMES,
    HEAD,
    HEADS,
    HIDDEN,
    ID,
    LAYERS,
    MERGE,
    PATCH,
    SPECIAL,
    VOCABULARY,
    genai_config,
    processor_config,
    tokenizer,
    tokenizer_config,
)

PATCH_NUMBERS = 3 * FRAMES * PATCH * PATCH
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
