"""Writes ONNX files a few hundred bytes long whose output looks like a detector's, for tests and measurements.

The network is `rows + gain * mean(picture)`: what it finds is written into the file, and how sure it is of it depends
on how bright the picture is. The file is written field by field (onnx.proto of ONNX, IR version 8), as the `onnx`
package is not installed where tests run.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shape = tuple[int | str, ...]

_FLOAT = 1
_INT = 2


def detector(rows: Floats, gain: Floats, picture: Shape = (1, 3, 64, 64)) -> bytes:
    """An ONNX file.

    Args:
        rows: Its output for a black picture.
        gain: What is added to it for a white one; of the same shape.
        picture: The shape of its input; a name is a side that is left open.
    """
    graph = b"".join(
        [
            _field(1, _node("ReduceMean", ["images"], "mean", keepdims=0)),
            _field(1, _node("Mul", ["mean", "gain"], "more")),
            _field(1, _node("Add", ["more", "rows"], "found")),
            _field(2, b"tiny"),
            _field(5, _tensor("rows", rows)),
            _field(5, _tensor("gain", gain)),
            _field(11, _value("images", picture)),
            _field(12, _value("found", rows.shape)),
        ]
    )
    opset = _field(1, b"") + _number(2, 13)
    return _number(1, 8) + _field(7, graph) + _field(8, opset)


def write_people_detector(path: Path, label: int = 0, classes: int = 2) -> None:
    """A detector in the layout of YOLOv8: in a bright picture one thing, in the middle, a quarter of the input wide."""
    rows = np.zeros((1, 4 + classes, 3), np.float32)
    rows[0, :4, 0] = (32, 32, 16, 32)
    gain = np.zeros_like(rows)
    gain[0, 4 + label, 0] = 1.0
    path.write_bytes(detector(rows, gain))


def _node(operator: str, inputs: list[str], output: str, **integers: int) -> bytes:
    attributes = [_field(1, name.encode()) + _number(3, value) + _number(20, _INT) for name, value in integers.items()]
    return b"".join(
        [
            *(_field(1, name.encode()) for name in inputs),
            _field(2, output.encode()),
            _field(4, operator.encode()),
            *(_field(5, attribute) for attribute in attributes),
        ]
    )


def _tensor(name: str, values: Floats) -> bytes:
    dimensions = b"".join(_number(1, side) for side in values.shape)
    return dimensions + _number(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: Shape) -> bytes:
    sides = [_number(1, side) if isinstance(side, int) else _field(2, side.encode()) for side in shape]
    tensor = _number(1, _FLOAT) + _field(2, b"".join(_field(1, side) for side in sides))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _field(tag: int, body: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
