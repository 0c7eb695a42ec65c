"""Where the demo's clip is kept, without drawing it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.demo import clip_file
from agent.demo.clip_file import caches, ensure_clip
from agent.errors import StopError


class Drawn:
    """Stands in for the program that draws; counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.waited: list[str] = []
        monkeypatch.setattr(clip_file, "_draw", self._draw)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """What the view would show."""
        self.waited.append(what)
        yield

    def _draw(self, path: Path) -> None:
        self.times += 1
        path.write_bytes(b"a clip")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    return Drawn(monkeypatch)


def test_is_drawn_once(drawn: Drawn, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first, second = (ensure_clip(drawn.waiting, tmp_path, cache) for _ in range(2))
    assert first == second
    assert first.read_bytes() == b"a clip"
    assert list(cache.iterdir()) == [first]
    assert (drawn.times, len(drawn.waited)) == (1, 1)


def test_another_version_is_drawn_anew_and_the_old_one_goes(drawn: Drawn, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "yard-000000000000.mp4").touch()
    path = ensure_clip(drawn.waiting, tmp_path, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == [path]
    assert drawn.times == 1


def test_what_cannot_be_kept_is_played_from_the_demos_folder(drawn: Drawn, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = ensure_clip(drawn.waiting, tmp_path, tmp_path / "file" / "cache")
    assert path.parent == tmp_path
    assert path.read_bytes() == b"a clip"


def test_a_failure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")  # the child must not depend on it to fail in words
    with pytest.raises(StopError, match="could not be drawn"):
        clip_file._draw(tmp_path / "nowhere" / "yard.mp4")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert caches() == Path("/somewhere/jetson-agent/demo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert caches() == Path.home() / ".cache/jetson-agent/demo"
