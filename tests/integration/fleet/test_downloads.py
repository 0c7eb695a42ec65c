"""Contents of releases from real servers: killed, throttled, without Range, from mirrors, and from similar ones."""

import errno
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from agent.fleet.blobs import BlobStore
from agent.fleet.chunking import SIZES, make_index
from agent.fleet.delta import find_delta
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.similar import make_from_similar
from agent.fleet.values import Blob, Distrust, Release
from agent.fleet.web import Web
from agent.units import Bytes, Seconds
from tests.bench.fleet_delta import MOST, measure
from tests.fleet.changes import Change, clustered, scattered, shifted
from tests.fleet.contents import put, release_of
from tests.fleet.fetching_storm import storm
from tests.fleet.server import Faults, StaticServer, serving

OLD = np.random.default_rng(3).bytes(6_000_000)
NEW = shifted(clustered(OLD, 3, 0.05, 4), 4).new


@dataclass
class Place:
    """A repository with the same files at two servers, and a device that knows both.

    Attributes:
        sleep: How the device waits.
        told: Progress that it was told.
    """

    folder: Path
    main: StaticServer
    mirror: StaticServer
    web: Web
    sleep: Callable[[float], None] = lambda _: None
    told: list[int] = field(default_factory=list)

    def put(self, content: bytes, *, indexed: bool = True) -> Blob:
        return put(self.main.folder, content, indexed=indexed)

    def store(self, rate: Bytes | None = None) -> BlobStore:
        places = [self.main.url, self.mirror.url]
        folder = self.folder / "blobs"
        return BlobStore(folder, places, self.web, rate, make=make_from_similar, sleep=self.sleep)

    def bring(
        self, *model: Blob, rate: Bytes | None = None, is_stopped: Callable[[], bool] = lambda: False
    ) -> BlobStore:
        store = self.store(rate)
        store.fetch(self.release(*model), progress=self.told.append, is_stopped=is_stopped)
        return store

    def release(self, *model: Blob) -> Release:
        return release_of(self.put(b"lock", indexed=False), *model)

    def has(self, blob: Blob, content: bytes) -> bool:
        return self.store().path(blob.digest).read_bytes() == content

    def sent(self, blob: Blob) -> int:
        """Bytes of a content, by both."""
        return self.main.counts.sent_of(blob.digest) + self.mirror.counts.sent_of(blob.digest)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    files = tmp_path / "files"
    files.mkdir()
    with serving(files) as main, serving(files) as mirror, Web(Seconds(1.0)) as web:
        yield Place(tmp_path, main, mirror, web)


@pytest.mark.parametrize("indexed", [True, False])
def test_killed_amid_everything_it_comes_whole_and_nearly_once(tmp_path: Path, *, indexed: bool) -> None:
    """`python -m tests.fleet.fetching_storm` does it with 210 MB and 20 kills."""
    result = storm(tmp_path, 24_000_000, 4, indexed=indexed, rate=8_000_000)
    print(result)
    assert result.whole
    assert result.kills == 4
    assert result.sent <= 1.05 * result.size + 4 * 256 * 1024  # of so small a content the sockets' buffers are a part
    assert 0 < result.from_mirror < result.sent


@pytest.mark.parametrize("indexed", [True, False])
def test_a_server_without_ranges_gives_the_whole(place: Place, *, indexed: bool) -> None:
    blob = place.put(NEW, indexed=indexed)
    place.main.faults = place.mirror.faults = Faults(ignores_range=True)
    place.store().path(blob.digest).with_suffix(".part").write_bytes(NEW[:1_000_000])
    place.bring(blob)
    assert place.has(blob, NEW)


def test_without_ranges_nothing_is_made_of_others(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    place.bring(old)
    place.main.faults = place.mirror.faults = Faults(ignores_range=True)
    place.bring(new)
    assert place.has(new, NEW)


def test_a_rate_is_kept(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    place.bring(old)
    place.sleep = time.sleep
    rate = Bytes(400_000)
    began = time.monotonic()
    place.bring(new, rate=rate)
    took = time.monotonic() - began
    assert 0.9 * place.sent(new) / rate < took < len(NEW) / rate  # what is here already needs no pace


@pytest.mark.parametrize("indexed", [True, False])
def test_the_mirror_is_taken_where_the_first_place_is_gone(place: Place, *, indexed: bool) -> None:
    blob = place.put(NEW, indexed=indexed)
    place.main.die()
    place.bring(blob)
    assert place.has(blob, NEW)


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("fault", [Faults(stop_after=2_000_000), Faults(stall_after=2_000_000)])
def test_the_mirror_goes_on_where_the_first_place_ended(place: Place, fault: Faults, *, indexed: bool) -> None:
    blob = place.put(NEW, indexed=indexed)
    place.main.faults = replace(fault, only=blob.digest)
    place.bring(blob)
    assert place.has(blob, NEW)
    assert len(NEW) <= place.sent(blob) <= len(NEW) + SIZES.most
    assert place.main.counts.sent_of(blob.digest) == 2_000_000


def test_a_wrong_byte_costs_a_chunk_with_an_index(place: Place) -> None:
    blob = place.put(NEW)
    place.main.faults = Faults(only=blob.digest, flipped_at=3_000_000, rate=20_000_000)
    place.bring(blob)
    assert place.has(blob, NEW)
    first = place.main.counts.sent_of(blob.digest)
    mirror = place.mirror.counts.sent_of(blob.digest)
    assert first >= 3_000_000
    assert len(NEW) - 3_000_000 <= mirror <= len(NEW) - 3_000_000 + SIZES.most


def test_a_wrong_byte_costs_the_whole_without(place: Place) -> None:
    blob = place.put(NEW, indexed=False)
    place.main.faults = Faults(only=blob.digest, flipped_at=3_000_000)
    place.bring(blob)
    assert place.has(blob, NEW)
    assert place.sent(blob) == 2 * len(NEW)


def test_what_is_wrong_everywhere_is_not_taken(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    place.bring(old)
    place.main.faults = place.mirror.faults = Faults(only=new.digest, flipped_at=4_100)  # in what was put in
    with pytest.raises(DistrustError) as error:
        place.bring(new)
    assert error.value.kind is Distrust.WRONG_CONTENT
    assert not place.store().path(new.digest).exists()


@pytest.mark.parametrize("wrong", [b"nonsense", b""])
def test_an_index_that_is_none_costs_no_more_than_the_whole(place: Place, wrong: bytes) -> None:
    old = place.put(OLD)
    new = replace(place.put(NEW), index=place.put(wrong, indexed=False))
    place.bring(old)
    place.bring(new)
    assert place.has(new, NEW)
    assert place.sent(new) == len(NEW)


def test_an_index_of_another_content_costs_no_more_than_the_whole(place: Place) -> None:
    old = place.put(OLD)
    other = bytearray(OLD)
    other[5] ^= 1  # of the same size
    new = replace(place.put(bytes(other)), index=old.index)
    place.bring(old)
    place.bring(new)
    assert place.has(new, bytes(other))
    assert place.sent(new) == len(OLD)


def test_what_is_told_adds_up_to_what_was_missing(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    place.main.faults = Faults(only=old.digest, stop_after=1_000_000)
    place.bring(old)
    assert sum(place.told) == len(OLD) + len(b"lock")
    place.told.clear()
    place.main.faults = Faults(only=new.digest, flipped_at=len(NEW) // 2, stop_after=10_000)
    missing = place.store().missing(place.release(old, new))
    place.bring(old, new)
    assert sum(place.told) == missing == len(NEW)


def test_stopped_amid_it_goes_on_later(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    place.bring(old)
    asked = iter(range(1_000_000))
    place.bring(new, is_stopped=lambda: next(asked) > 100)
    part = place.store().path(new.digest).with_suffix(".part")
    assert 0 < part.stat().st_size < len(NEW)
    assert NEW.startswith(part.read_bytes())
    place.bring(new)
    assert place.has(new, NEW)
    assert place.sent(new) < 0.05 * len(NEW) + 10 * SIZES.most


def test_indexes_of_contents_that_are_gone_go_too(place: Place) -> None:
    old, new = place.put(OLD), place.put(NEW)
    store = place.bring(old)
    store.path(old.digest).unlink()
    place.bring(new)
    assert sorted(file.name for file in store.path(new.digest).parent.glob("*.index")) == [f"{new.digest}.index"]


@pytest.mark.parametrize("kind", ["in place", "shifted"])
def test_a_model_of_which_a_twentieth_changed_costs_less_than_a_tenth(tmp_path: Path, kind: str) -> None:
    """`python -m tests.bench.fleet_delta` prints all kinds."""
    old = np.random.default_rng(1).bytes(64_000_000)
    change = clustered(old, 20, 0.05, 5)
    cost = _cost(old, shifted(change, 5) if kind == "shifted" else change, tmp_path)
    assert 0.05 < cost <= MOST


def test_single_bytes_everywhere_cost_the_whole_and_no_more(tmp_path: Path) -> None:
    assert 1.0 < _cost(OLD, scattered(OLD, len(OLD) // 20, 5), tmp_path) < 1.01


def _cost(old: bytes, change: Change, folder: Path) -> float:
    (folder / "server").mkdir()
    cost = measure(old, change, folder)
    print(change.name, cost)
    return cost.share


def test_a_disk_that_fills_up_keeps_what_fitted(small_disk: Path, place: Place) -> None:
    content = NEW[:5_000_000]
    blob = place.put(content)
    assert blob.index is not None
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        delta = find_delta(blob, make_index(Path(file.name)), [])
    part = small_disk / "part"

    def fetch(first: Bytes, end: Bytes) -> Iterator[bytes]:
        yield from (content[at : min(at + 10_000, end)] for at in range(first, end, 10_000))

    with pytest.raises(OSError, match="No space left") as error:
        delta.rebuild(lambda first, end: (piece for piece in fetch(first, end)), part, lambda _: None)
    assert error.value.errno == errno.ENOSPC
    assert 4_000_000 - SIZES.most < part.stat().st_size < len(content)
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    delta.rebuild(lambda first, end: (piece for piece in fetch(first, end)), part, lambda _: None)
    assert part.read_bytes() == content


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("a small disk takes the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_no_place_gives_it(place: Place) -> None:
    blob = place.put(NEW)
    place.main.faults = place.mirror.faults = Faults(only=blob.digest, status=503)
    with pytest.raises(UnreachableError, match="503"):
        place.bring(blob)
    assert place.sent(blob) == 0
