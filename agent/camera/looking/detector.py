"""Recognises things with a network that the operator gives: an ONNX file of the YOLO family.

Run by onnxruntime, which is installed with onnxruntime-genai, and not by OpenCV's `dnn`: it says which input a file
wants, also where a size is left open, and it is the same for every version of OpenCV. On the processor: the
accelerator's memory is the engine's.
"""

import math
import os
from typing import TYPE_CHECKING, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.looking.detector_output import Letterbox, interpret, is_understood
from agent.camera.looking.plan import DetectorPlan
from agent.camera.looking.scaled import Pixels
from agent.camera.values import Detection
from agent.errors import RetryError

if TYPE_CHECKING:  # 20 MB that a process without a detector does without
    import onnxruntime

_USUAL_SIDE = 640
"""Of the input, where the file leaves it open."""
_MOST_SIDE = 2048
_GREY = 114
"""Around the frame, as these networks were trained."""
_CHANNELS = 3
_TYPES: Final[dict[str, type[np.floating]]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_ERRORS_ONLY = 3
"""onnxruntime's level of severity."""


class DetectorRefusedError(RetryError):
    """The file is no detector that can be run here: it says why, and what is expected."""


class DetectorFailedError(RetryError):
    """The network failed on a frame, which it may not do on the next."""


class Detector:
    """A network that is ready. Build it with `open`.

    Args:
        plan: What of its findings counts.
        session: onnxruntime's.
        side: Height and width of its input.
        kind: The type of its numbers.
    """

    def __init__(
        self,
        plan: DetectorPlan,
        session: "onnxruntime.InferenceSession",
        side: tuple[int, int],
        kind: type[np.floating],
    ) -> None:
        self._plan = plan
        self._session = session
        self._input: str = session.get_inputs()[0].name
        self._output: str = session.get_outputs()[0].name
        self._side = side
        self._kind = kind

    @classmethod
    def open(cls, plan: DetectorPlan) -> Self:
        """Load the file and try it on a black picture.

        Raises:
            DetectorRefusedError: It cannot be read, or has another input or output.
        """
        session = _session(plan)
        inputs = session.get_inputs()
        shape, kind = inputs[0].shape, inputs[0].type
        if len(inputs) != 1 or len(shape) != 4 or shape[1] != _CHANNELS or kind not in _TYPES:  # noqa: PLR2004
            raise DetectorRefusedError(f"{plan.model.name} takes {kind} {shape}, not pictures as (1, 3, height, width)")
        height, width = (side if isinstance(side, int) else _USUAL_SIDE for side in shape[2:])
        if not (0 < height <= _MOST_SIDE and 0 < width <= _MOST_SIDE):
            raise DetectorRefusedError(f"{plan.model.name} takes pictures of {width}x{height}; {_MOST_SIDE} are most")
        opened = cls(plan, session, (height, width), _TYPES[kind])
        opened._try()
        return opened

    def detect(self, full: Pixels) -> tuple[Detection, ...]:
        """What is in a frame, most confident first.

        Args:
            full: (height, width, 3), blue, green, red.

        Raises:
            DetectorFailedError: The network failed on it.
        """
        blob, placed = self._prepared(full)
        return tuple(interpret(self._run(blob), self._plan.labels, self._plan.least, placed))

    def _try(self) -> None:
        try:
            shape = self._run(np.zeros((1, _CHANNELS, *self._side), np.float32)).shape
        except DetectorFailedError as error:
            raise DetectorRefusedError(str(error)) from error
        classes = len(self._plan.labels)
        if not is_understood(shape, classes):
            raise DetectorRefusedError(
                f"{self._plan.model.name} gives {shape}: with {classes} labels (1, candidates, {5 + classes}) or "
                f"(1, {4 + classes}, candidates) is expected, as YOLOv5, v8 and 11 are exported without NMS"
            )

    def _prepared(self, full: Pixels) -> tuple[NDArray[np.float32], Letterbox]:
        """The network's input, (1, 3, height, width), red, green, blue in 0..1."""
        (rows, columns), (height, width) = self._side, full.shape[:2]
        scale = min(rows / height, columns / width)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (columns - inner[0]) // 2, (rows - inner[1]) // 2
        canvas = np.full((rows, columns, _CHANNELS), _GREY, np.uint8)
        canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(full, inner, interpolation=cv2.INTER_AREA)
        blob = cv2.dnn.blobFromImage(canvas, 1 / 255.0, swapRB=True)
        return np.asarray(blob, np.float32), Letterbox(scale, left, top, width, height)

    def _run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            outputs = self._session.run([self._output], {self._input: blob.astype(self._kind, copy=False)})
        except Exception as error:  # onnxruntime's errors have no root of their own
            raise DetectorFailedError(f"{self._plan.model.name} failed: {_first_line(error)}") from error
        return np.asarray(outputs[0], np.float32)


def _session(plan: DetectorPlan) -> "onnxruntime.InferenceSession":
    import onnxruntime  # noqa: PLC0415 - see above

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, math.ceil((os.cpu_count() or 1) / 4))
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not plan.model.is_file():
        raise DetectorRefusedError(f"{plan.model} is not there")
    try:
        return onnxruntime.InferenceSession(str(plan.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise DetectorRefusedError(f"{plan.model.name} is no ONNX file: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
