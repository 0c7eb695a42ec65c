"""Contents over connections that break: what goes on, what is thrown away, what is left when it is stopped."""

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.fleet.blobs import BlobStore
from agent.fleet.fetching import Fetching
from agent.fleet.layout import blob_path
from agent.fleet.ports import DistrustError, NoRoomError, UnreachableError
from agent.fleet.values import Blob, Distrust, Release
from agent.units import Bytes
from tests.integration.fleet.device import Device, release
from tests.integration.fleet.killed_download import killed_download
from tests.integration.fleet.repository import Repository
from tests.integration.fleet.site import Site, Trouble, serving

MODEL = hashlib.shake_256(b"weights").digest(1_000_000)


class Told:
    """Of a download's progress.

    Attributes:
        stop_at: The download is stopped as soon as so much has come.
    """

    def __init__(self, stop_at: int | None = None) -> None:
        self.come = 0
        self.stop_at = stop_at

    def advance(self, size: Bytes) -> None:
        self.come += size

    def is_stopped(self) -> bool:
        return self.stop_at is not None and self.come >= self.stop_at


class Downloading:
    """A device, a place, and a release of about a megabyte."""

    def __init__(self, folder: Path, repository: Repository, site: Site) -> None:
        self.repository = repository
        self.site = site
        self.device = Device(folder, [site.url], repository.root_bytes())
        self.release: Release = release(repository, model=MODEL)
        self.model: Blob = self.release.models[0].files[0].blob
        self.part = folder / "blobs" / f"{self.model.digest}.part"

    def fetch(self, told: Told | None = None, store: BlobStore | None = None) -> Told:
        told = told or Told()
        (store or self.device.blobs()).fetch(self.release, progress=told.advance, is_stopped=told.is_stopped)
        return told

    def is_whole(self) -> bool:
        """All is there, nothing is missing, and no part is left."""
        store = self.device.blobs()
        folder = self.device.folder / "blobs"
        return (
            store.missing(self.release) == 0
            and store.path(self.model.digest).read_bytes() == MODEL
            and not list(folder.glob("*.part"))
        )

    def ranges(self) -> list[str | None]:
        return [request.range for request in self.site.seen if request.path == blob_path(self.model.digest)]


@pytest.fixture
def downloading(tmp_path: Path) -> Iterator[Downloading]:
    repository = Repository(bits=None)
    with serving(Site(repository.files)) as site:
        it = Downloading(tmp_path, repository, site)
        with it.device.web:
            yield it


@pytest.fixture
def mirror(downloading: Downloading) -> Iterator[Site]:
    with serving(Site(downloading.repository.files)) as site:
        downloading.device.places.append(site.url)
        yield site


def trouble(downloading: Downloading, times: int | None = None, **what: Any) -> None:  # noqa: ANN401 - a trouble's
    """Something happens to the model."""
    downloading.site.troubles.append(Trouble(downloading.model.digest, times, **what))


def test_all_of_a_release_comes_once(downloading: Downloading) -> None:
    missing = downloading.device.blobs().missing(downloading.release)
    assert downloading.fetch().come == missing == downloading.site.sent
    assert downloading.is_whole()
    downloading.site.seen.clear()
    assert downloading.fetch().come == 0
    assert downloading.site.seen == []


def test_a_broken_connection_goes_on_where_it_ended(downloading: Downloading) -> None:
    trouble(downloading, times=1, stop_after=400_000)
    downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == [None, "bytes=400000-"]


def test_a_download_that_is_killed_twenty_times(downloading: Downloading) -> None:
    folder, large = downloading.device.folder / "blobs", release(downloading.repository, model=MODEL * 3)
    missing = [downloading.device.blobs().missing(large)]
    for _ in range(20):
        killed_download(folder, downloading.site.url, large, 30_000)
        missing.append(downloading.device.blobs().missing(large))
    # What it had not told of yet may be there too.
    assert all(after <= before - 30_000 for before, after in pairwise(missing))
    downloading.release = large
    downloading.fetch()
    digest = large.models[0].files[0].blob.digest
    assert (folder / digest).read_bytes() == MODEL * 3
    assert len({request.range for request in downloading.site.seen if digest in request.path}) == 21


def test_a_server_that_is_killed_twenty_times(tmp_path: Path) -> None:
    """The server's process ends amid the download, and comes back at its port."""
    repository = Repository(bits=None)
    site = Site(repository.files)
    with serving(site):
        port = int(site.url.rpartition(":")[2])
        it = Downloading(tmp_path, repository, site)
    with it.device.web:
        for end in range(1, 21):
            site.troubles = [Trouble(it.model.digest, 1, stop_after=40_000), Trouble(it.model.digest, status=503)]
            with serving(site, port), pytest.raises(UnreachableError):
                it.fetch()
            assert it.part.stat().st_size == end * 40_000
        site.troubles.clear()
        with pytest.raises(UnreachableError):
            it.fetch()
        sent = site.sent
        with serving(site, port):
            it.fetch()
    assert it.is_whole()
    assert site.sent - sent == len(MODEL) - 800_000


def test_a_server_without_ranges_begins_anew(downloading: Downloading) -> None:
    trouble(downloading, times=1, stop_after=400_000)
    trouble(downloading, times=1, whole=True)
    missing = downloading.device.blobs().missing(downloading.release)
    assert downloading.fetch().come == missing
    assert downloading.is_whole()
    assert downloading.site.sent == missing + 400_000


def test_other_bytes_than_asked_for_are_not_taken(downloading: Downloading) -> None:
    trouble(downloading, times=1, stop_after=400_000)
    trouble(downloading, times=1, shift=7)
    downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == [None, "bytes=400000-", "bytes=400000-"]


@pytest.mark.parametrize(
    "what", [{"status": 404}, {"status": 503}, {"flip": True}, {"content": b"x"}, {"flip": True, "endless": True}]
)
def test_a_mirror_helps_out(downloading: Downloading, mirror: Site, what: dict[str, Any]) -> None:
    trouble(downloading, **what)
    downloading.fetch()
    assert downloading.is_whole()
    assert mirror.paths(downloading.model.digest)


def test_a_place_that_spoils_all_that_it_sends_is_given_up(downloading: Downloading) -> None:
    trouble(downloading, flip=True, endless=True)
    with pytest.raises(DistrustError):
        downloading.fetch()
    assert len(downloading.ranges()) < 10
    assert not downloading.device.blobs().path(downloading.model.digest).exists()


def test_a_mirror_goes_on_where_the_first_ended(downloading: Downloading, mirror: Site) -> None:
    trouble(downloading, stop_after=400_000)
    downloading.fetch()
    assert downloading.is_whole()
    assert [request.range for request in mirror.seen] == ["bytes=400000-"]


def test_a_part_that_is_wrong_is_thrown_away_and_fetched_once_more(downloading: Downloading) -> None:
    downloading.part.parent.mkdir()
    downloading.part.write_bytes(b"?" * 700_000)
    told = downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == ["bytes=700000-", None]
    assert told.come + 700_000 == sum(path.stat().st_size for path in (downloading.device.folder / "blobs").iterdir())


def test_a_part_that_is_too_long_is_thrown_away(downloading: Downloading) -> None:
    downloading.part.parent.mkdir()
    downloading.part.write_bytes(b"?" * 1_000_001)
    downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == [None]


def test_a_whole_part_is_only_verified(downloading: Downloading) -> None:
    downloading.part.parent.mkdir()
    downloading.part.write_bytes(MODEL)
    downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == []


def test_what_has_come_is_kept_when_it_is_stopped(downloading: Downloading) -> None:
    told = downloading.fetch(Told(stop_at=300_000))
    have = downloading.part.stat().st_size
    assert 200_000 < have < 1_000_000
    assert have == told.come - sum(
        path.stat().st_size for path in downloading.part.parent.iterdir() if path.suffix != ".part"
    )
    downloading.fetch()
    assert downloading.is_whole()
    assert downloading.ranges() == [None, f"bytes={have}-"]


def test_a_wait_for_a_server_can_be_stopped(downloading: Downloading) -> None:
    trouble(downloading, status=503)
    waited = downloading.device.waited
    store = downloading.device.blobs()
    store.fetch(downloading.release, progress=lambda _: None, is_stopped=lambda: len(waited) >= 3)
    assert waited == [0.5, 0.5, 0.5]


def test_a_rate_is_kept(downloading: Downloading) -> None:
    downloading.fetch(store=downloading.device.blobs(Bytes(100_000)))
    assert sum(downloading.device.waited) > 9.0  # what a real sleep would have waited is only noted here


def test_a_byte_with_each_connection_is_no_progress(downloading: Downloading) -> None:
    trouble(downloading, stop_after=1)
    with pytest.raises(UnreachableError, match="received 1 byte"):
        downloading.fetch()
    assert len(downloading.ranges()) == 3


def test_no_place_answers(tmp_path: Path) -> None:
    repository = Repository(bits=None)
    it = Downloading(tmp_path, repository, Site({}, url="http://127.0.0.1:9"))
    with it.device.web, pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:9/blobs/"):
        it.fetch()


def test_no_room(downloading: Downloading, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(downloading.device.folder)._replace(free=1_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage)
        with pytest.raises(NoRoomError, match=r"has 1,000,000 bytes free: one needs 1,000,03\d, and 67,108,864 stay"):
            downloading.fetch()
    assert downloading.site.seen == []
    downloading.fetch()
    assert downloading.is_whole()


@pytest.mark.parametrize(("number", "raised"), [(errno.ENOSPC, NoRoomError), (errno.EIO, OSError)])
def test_a_disk_that_does_not_take_it(
    downloading: Downloading, monkeypatch: pytest.MonkeyPatch, number: int, raised: type[Exception]
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(raised):
            downloading.fetch()
    downloading.fetch()
    assert downloading.is_whole()


def test_one_thing_made_of_similar_ones_is_not_fetched(downloading: Downloading) -> None:
    def make(blob: Blob, part: Path, fetching: Fetching) -> None:
        if blob.size == len(MODEL):
            middle = b"".join(fetching.stretch(blob, Bytes(300_000), Bytes(400_000)))
            part.write_bytes(MODEL[:300_000] + middle + MODEL[400_000:])

    told = downloading.fetch(store=making(downloading, make))
    assert downloading.is_whole()
    assert downloading.ranges() == ["bytes=300000-399999"]
    assert 100_000 <= told.come < 101_000


def test_what_was_made_wrong_is_fetched(downloading: Downloading) -> None:
    def make(blob: Blob, part: Path, _: Fetching) -> None:
        part.write_bytes(bytes(blob.size))

    downloading.fetch(store=making(downloading, make))
    assert downloading.is_whole()


@pytest.mark.parametrize("error", [UnreachableError("no"), DistrustError(Distrust.MALFORMED, "no")])
def test_what_cannot_be_made_is_fetched(downloading: Downloading, error: Exception) -> None:
    def make(_: Blob, part: Path, __: Fetching) -> None:
        part.write_bytes(b"half")
        raise error

    downloading.release = release(downloading.repository, model=b"half" + MODEL)
    downloading.fetch(store=making(downloading, make))
    assert downloading.device.blobs().missing(downloading.release) == 0


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"whole": True}, None),
        ({"shift": 1}, None),
        ({"status": 404}, None),
        ({"stop_after": 10}, None),
        ({"endless": True}, Distrust.TOO_LARGE),
    ],
)
def test_a_stretch_that_cannot_be_had(downloading: Downloading, what: dict[str, Any], kind: Distrust | None) -> None:
    found: list[Exception] = []

    def make(blob: Blob, _: Path, fetching: Fetching) -> None:
        if blob.size == len(MODEL):
            trouble(downloading, times=1, **what)
            try:
                b"".join(fetching.stretch(blob, Bytes(10), Bytes(100_000)))
            except (DistrustError, UnreachableError) as error:
                found.append(error)
                raise

    downloading.fetch(store=making(downloading, make))
    assert downloading.is_whole()
    assert len(found) == 1
    assert (found[0].kind if isinstance(found[0], DistrustError) else None) is kind


def making(downloading: Downloading, make: Callable[[Blob, Path, Fetching], None]) -> BlobStore:
    device = downloading.device
    return BlobStore(device.folder / "blobs", device.places, device.web, None, make=make)


def test_a_content_that_the_disk_has_damaged_is_found_and_fetched_again(downloading: Downloading) -> None:
    downloading.fetch()
    store = downloading.device.blobs()
    assert store.drop_damaged(downloading.release) == 0
    store.path(downloading.model.digest).write_bytes(MODEL[:-1] + b"?")
    assert store.missing(downloading.release) == 0
    assert store.drop_damaged(downloading.release) == 1
    downloading.fetch()
    assert downloading.is_whole()


def test_no_thread_is_left(downloading: Downloading) -> None:
    downloading.fetch()
    assert not [thread for thread in threading.enumerate() if thread.name == "patience"]
