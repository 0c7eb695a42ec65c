"""Files of the YOLO family are run; what is none is refused in words."""

from pathlib import Path

import numpy as np
import pytest

from agent.camera.looking.detector import Detector, DetectorFailedError, DetectorRefusedError
from agent.camera.looking.plan import DetectorPlan
from agent.camera.values import Box
from agent.units import Ratio
from tests.tiny_detector import Shape, detector, write_people_detector

LABELS = ("person", "dog")


def plan(path: Path, *labels: str) -> DetectorPlan:
    names = labels or LABELS
    return DetectorPlan(path, names, tuple(Ratio(0.5) for _ in names))


def sides(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.width, box.height


def white(width: int, height: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.full((height, width, 3), 250, np.uint8)


def test_it_finds_what_the_network_finds_in_the_frame_s_own_shares(tmp_path: Path) -> None:
    write_people_detector(tmp_path / "people.onnx")
    opened = Detector.open(plan(tmp_path / "people.onnx"))
    (found,) = opened.detect(white(640, 320))
    assert found.label == "person"
    assert found.confidence == pytest.approx((250 + 114) / 2 / 255, abs=0.01)  # half of the input is around the frame
    assert sides(found.box) == pytest.approx((0.375, 0.0, 0.25, 1.0), abs=1e-4)
    assert opened.detect(np.zeros((320, 640, 3), np.uint8)) == ()


@pytest.mark.parametrize("size", [(1, 1), (4096, 16), (16, 4096), (64, 64)])
def test_a_frame_of_any_form_is_looked_at(tmp_path: Path, size: tuple[int, int]) -> None:
    write_people_detector(tmp_path / "people.onnx")
    assert Detector.open(plan(tmp_path / "people.onnx")).detect(np.zeros((size[1], size[0], 3), np.uint8)) == ()


def test_an_input_may_be_left_open(tmp_path: Path) -> None:
    rows = np.zeros((1, 2, 7), np.float32)
    rows[0, 0] = (320, 320, 64, 128, 1.0, 0.1, 0.8)
    (tmp_path / "v5.onnx").write_bytes(detector(rows, np.zeros_like(rows), ("batch", 3, "height", "width")))
    (found,) = Detector.open(plan(tmp_path / "v5.onnx")).detect(white(640, 640))
    assert found.label == "dog"
    assert sides(found.box) == pytest.approx((0.45, 0.4, 0.1, 0.2))


@pytest.mark.parametrize(
    ("output", "picture", "words"),
    [
        ((1, 5, 20), (1, 3, 64, 64), "gives (1, 5, 20): with 2 labels (1, candidates, 7) or (1, 6, candidates)"),
        ((1, 6, 20), (1, 64, 64, 3), "not pictures as (1, 3, height, width)"),
        ((1, 6, 20), (1, 3), "not pictures as (1, 3, height, width)"),
        ((1, 6, 20), (1, 3, 64, 100_000), "takes pictures of 100000x64; 2048 are most"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    tmp_path: Path, output: tuple[int, ...], picture: Shape, words: str
) -> None:
    rows = np.zeros(output, np.float32)
    (tmp_path / "other.onnx").write_bytes(detector(rows, rows, picture))
    with pytest.raises(DetectorRefusedError, match=r"^other\.onnx") as refused:
        Detector.open(plan(tmp_path / "other.onnx"))
    assert words in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"\x00" * 100, b"no network at all", b"\x08\x08\x3a\x05\x12\x03abc"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "none.onnx").write_bytes(body)
    with pytest.raises(DetectorRefusedError, match=r"^none\.onnx is no ONNX file"):
        Detector.open(plan(tmp_path / "none.onnx"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectorRefusedError, match="is not there"):
        Detector.open(plan(tmp_path / "missing.onnx"))


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    write_people_detector(tmp_path / "cut.onnx")
    whole = (tmp_path / "cut.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DetectorRefusedError):
        Detector.open(plan(tmp_path / "cut.onnx"))


def test_a_network_that_fails_on_a_frame_may_work_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_people_detector(tmp_path / "people.onnx")
    opened = Detector.open(plan(tmp_path / "people.onnx"))

    def fail(*_: object) -> None:
        raise RuntimeError("Failed to allocate memory\nmore")

    monkeypatch.setattr("onnxruntime.InferenceSession.run", fail)
    with pytest.raises(DetectorFailedError, match=r"^people\.onnx failed: Failed to allocate memory$"):
        opened.detect(white(64, 64))
    with pytest.raises(DetectorRefusedError, match="failed"):
        Detector.open(plan(tmp_path / "people.onnx"))
    monkeypatch.undo()
    assert opened.detect(white(64, 64)) != ()
