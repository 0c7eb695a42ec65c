"""The pictures on the disk."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.ring import Ring
from agent.camera.values import Picture
from agent.units import Bytes, UnixSeconds


def _picture(at: float, size: int = 100) -> Picture:
    return Picture(bytes(size), UnixSeconds(at), 320, 180)


def _kept(folder: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[2] for path in folder.glob("*"))


def test_the_oldest_go_first(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "door", Bytes(350))
    for number in range(5):
        ring.keep(f"p{number}", _picture(1000 + number))
    assert _kept(tmp_path / "door") == ["p2.jpg", "p3.jpg", "p4.jpg"]


def test_the_bound_holds_over_a_restart(tmp_path: Path) -> None:
    for number in range(5):
        Ring(tmp_path, Bytes(250)).keep(f"p{number}", _picture(1000 + number))
    assert _kept(tmp_path) == ["p3.jpg", "p4.jpg"]


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(0, 400), max_size=8))
def test_it_never_takes_more_than_its_bound(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("ring")
    ring = Ring(folder, Bytes(350))
    for number, size in enumerate(sizes):
        ring.keep(f"p{number}", _picture(1000 + number, size))
        assert sum(path.stat().st_size for path in folder.glob("*")) <= 350
        assert (f"p{number}.jpg" in _kept(folder)) == (size <= 350)


def test_what_a_killed_writer_left_is_deleted(tmp_path: Path) -> None:
    (tmp_path / ".0000001-p.jpg.x8s7").write_bytes(bytes(10))
    Ring(tmp_path, Bytes(350)).fit()
    assert _kept(tmp_path) == []


def test_after_a_start_without_a_clock_the_oldest_go_first_all_the_same(tmp_path: Path) -> None:
    for number in range(3):
        Ring(tmp_path, Bytes(350)).keep(f"p{number}", _picture(1.8e9 + number))
    ring = Ring(tmp_path, Bytes(350))
    for number in range(3, 5):
        ring.keep(f"p{number}", _picture(100 + number))
    assert _kept(tmp_path) == ["p2.jpg", "p3.jpg", "p4.jpg"]


def test_files_that_others_put_there_count_and_go_first(tmp_path: Path) -> None:
    (tmp_path / "door.jpg").write_bytes(bytes(100))
    (tmp_path / "yard-1.jpg").write_bytes(bytes(100))
    ring = Ring(tmp_path, Bytes(250))
    ring.keep("p0", _picture(1000))
    ring.keep("p1", _picture(1001))
    assert _kept(tmp_path) == ["p0.jpg", "p1.jpg"]


@pytest.mark.parametrize(("most", "kept"), [(0, []), (150, ["p2.jpg"]), (250, ["p1.jpg", "p2.jpg"])])
def test_a_bound_that_was_lowered_holds_from_the_start(tmp_path: Path, most: int, kept: list[str]) -> None:
    for number in range(3):
        Ring(tmp_path, Bytes(350)).keep(f"p{number}", _picture(1000 + number))
    Ring(tmp_path, Bytes(most)).fit()
    assert _kept(tmp_path) == kept


def test_there_need_not_be_a_folder_to_fit(tmp_path: Path) -> None:
    Ring(tmp_path / "door", Bytes(350)).fit()
    assert not (tmp_path / "door").exists()


def test_a_bound_of_nothing_keeps_nothing(tmp_path: Path) -> None:
    Ring(tmp_path / "door", Bytes(0)).keep("p", _picture(1000))
    assert not (tmp_path / "door").exists()


def test_a_disk_that_takes_nothing_costs_the_picture_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "door").write_text("in the way of the folder")
    ring = Ring(tmp_path / "door", Bytes(350))
    ring.keep("p", _picture(1000))
    ring.keep("q", _picture(1001))
    assert [record.message for record in caplog.records] == ["picture_not_kept"]
