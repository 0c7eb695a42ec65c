"""What an ONNX file says of its tensors, without loading it: a reader of the few protobuf fields that this takes.

Fields by their numbers in onnx.proto3 (github.com/onnx/onnx). Weights that stand in the file itself are passed over.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from agent.errors import ModelDamagedError

_CONTINUED = 0x80
_MOST_BYTES = 10
"""Of a varint, which has 64 bits: without a bound, a file of 400 KiB took a quarter of a minute."""
_MOST_OF_A_TENSOR = 1 << 50
"""Bytes: dims are told, and with hundreds of them nothing can be worked out."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT = 1, 5, 11
_NODE_INPUT, _NODE_OP_TYPE = 1, 4
_TENSOR_DIMS, _TENSOR_DATA_TYPE, _TENSOR_NAME = 1, 2, 8
_VALUE_NAME, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_TYPE_ELEMENT = 1, 2, 1, 1

_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16, 17: 8, 19: 8}
"""Of `TensorProto.DataType`. 4-bit weights are packed into bytes (type 2) by who quantizes them."""
_BITS |= {21: 4, 22: 4}

_Message = memoryview


@dataclass(frozen=True, slots=True)
class Node:
    """An operation and the names of what goes in."""

    op_type: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """The graph's outline.

    Attributes:
        nodes: Its operations.
        initializers: Bytes of each weight, as stored.
        inputs: Bytes of one number of each input.
    """

    nodes: tuple[Node, ...]
    initializers: dict[str, int]
    inputs: dict[str, float]


def read_onnx(path: Path) -> OnnxFile:
    """Read the outline.

    Raises:
        OSError: The file cannot be read.
        ModelDamagedError: It is not an ONNX file.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # unmapped with the last view of it
        except ValueError:
            raise ModelDamagedError(f"{path} is empty") from None
    try:
        return _model(memoryview(mapped))
    except (IndexError, UnicodeDecodeError) as error:
        raise ModelDamagedError(f"{path} is not an ONNX file: {error}") from None


def _model(view: _Message) -> OnnxFile:
    nodes: list[Node] = []
    initializers: dict[str, int] = {}
    inputs: dict[str, float] = {}
    for number, graph in _messages(view):
        if number != _MODEL_GRAPH:
            continue
        for kind, part in _messages(graph):
            if kind == _GRAPH_NODE:
                nodes.append(_node(part))
            elif kind == _GRAPH_INITIALIZER:
                name, size = _initializer(part)
                initializers[name] = size
            elif kind == _GRAPH_INPUT:
                name, width = _input(part)
                inputs[name] = width
    if not nodes:
        raise IndexError("no graph in it")
    return OnnxFile(tuple(nodes), initializers, inputs)


def _node(view: _Message) -> Node:
    inputs, op_type = [], ""
    for number, part in _messages(view):
        if number == _NODE_INPUT:
            inputs.append(_text(part))
        elif number == _NODE_OP_TYPE:
            op_type = _text(part)
    return Node(op_type, tuple(inputs))


def _initializer(view: _Message) -> tuple[str, int]:
    dims: list[int] = []
    name, data_type = "", 0
    for number, value in _fields(view):
        if number == _TENSOR_DIMS:
            dims.extend(_varints(value) if isinstance(value, memoryview) else [value])
        elif number == _TENSOR_DATA_TYPE and isinstance(value, int):
            data_type = value
        elif number == _TENSOR_NAME and isinstance(value, memoryview):
            name = _text(value)
    size = prod(dims) * _BITS.get(data_type, 0) // 8
    if size > _MOST_OF_A_TENSOR:
        raise IndexError(f"more than {_MOST_OF_A_TENSOR:,} bytes in {name}")
    return name, size


def _input(view: _Message) -> tuple[str, float]:
    name, data_type = "", 0
    for number, part in _messages(view):
        if number == _VALUE_NAME:
            name = _text(part)
        elif number == _VALUE_TYPE:
            for kind, tensor in _messages(part):
                if kind == _TYPE_TENSOR:
                    data_type = next((v for n, v in _numbers(tensor) if n == _TENSOR_TYPE_ELEMENT), 0)
    return name, _BITS.get(data_type, 0) / 8


def _messages(view: _Message) -> Iterator[tuple[int, _Message]]:
    """The fields that are messages or texts."""
    return ((number, value) for number, value in _fields(view) if isinstance(value, memoryview))


def _numbers(view: _Message) -> Iterator[tuple[int, int]]:
    """The fields that are numbers."""
    return ((number, value) for number, value in _fields(view) if isinstance(value, int))


def _fields(view: _Message) -> Iterator[tuple[int, int | _Message]]:
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _varint(view, at)
            yield number, value
        elif wire_type == _BYTES:
            length, at = _varint(view, at)
            if at + length > len(view):
                raise IndexError("it ends amid a field")
            yield number, view[at : at + length]
            at += length
        elif wire_type in (_FIXED64, _FIXED32):
            at += 8 if wire_type == _FIXED64 else 4
        else:
            raise IndexError(f"wire type {wire_type}")


def _varints(view: _Message) -> Iterator[int]:
    at = 0
    while at < len(view):
        value, at = _varint(view, at)
        yield value


def _varint(view: _Message, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 7 * _MOST_BYTES, 7):
        byte = view[at]
        at += 1
        value |= (byte & ~_CONTINUED) << shift
        if not byte & _CONTINUED:
            return value, at
    raise IndexError(f"a number of more than {_MOST_BYTES} bytes")


def _text(view: _Message) -> str:
    return bytes(view).decode()
