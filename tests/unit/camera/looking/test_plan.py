"""What the configuration says is what the looking process is told."""

import pickle
from pathlib import Path

from agent.camera.looking.plan import DetectorPlan, LookPlan
from agent.camera.settings import Camera
from agent.camera.values import Box


def test_a_plan_of_a_camera_with_everything() -> None:
    settings = Camera.model_validate(
        {
            "source": "/dev/video0",
            "looks": 4,
            "masks": [{"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}],
            "code_kinds": ["qr", "barcode"],
            "detector": {
                "model": "/models/yolo.onnx",
                "labels": ["person", "dog"],
                "confidence": 0.4,
                "classes": {"dog": {"confidence": 0.8}},
            },
        }
    )
    detector = DetectorPlan(Path("/models/yolo.onnx"), ("person", "dog"), (0.4, 0.8))  # type: ignore[arg-type]
    plan = LookPlan.of(settings)
    assert plan == LookPlan(4.0, (Box(0.1, 0.2, 0.3, 0.4),), ("qr", "barcode"), detector)
    assert plan.period == 0.25


def test_a_plan_goes_through_a_socket_and_is_a_key() -> None:
    plan = LookPlan.of(Camera(source="/dev/video0"))
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 - of the line itself
    assert {plan: 1}[plan] == 1
