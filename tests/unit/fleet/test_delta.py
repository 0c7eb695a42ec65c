"""A content that is made from others: what is fetched, what is thrown away, how it goes on."""

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.fleet.chunk_index import ChunkIndex
from agent.fleet.chunking import SIZES, chunks
from agent.fleet.delta import Delta, Source, find_delta
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.values import Blob, Digest, Distrust
from agent.units import Bytes

OLD = hashlib.shake_256(b"old").digest(4_000_000)
NEW = OLD[:1_000_000] + b"put in" + OLD[1_000_000:2_000_000] + bytes(300_000) + OLD[2_300_000:]


class Stopped(Exception):  # noqa: N818 - as the store has it
    """By the device's owner."""


@cache
def index_of(content: bytes) -> bytes:
    with TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        return ChunkIndex.of(SIZES, chunks(file)).encoded()


@dataclass
class Server:
    """Has a content.

    Attributes:
        content: What it gives.
        piece: Bytes that come at once.
        dies_after: So many bytes come in all; then the connection breaks.
        asked: Ranges so far.
        sent: Bytes so far.
    """

    content: bytes
    piece: int = 10_000
    dies_after: int | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    sent: int = 0

    def fetch(self, first: Bytes, end: Bytes) -> Generator[bytes, None, None]:
        self.asked.append((first, end))
        for at in range(first, end, self.piece):
            piece = self.content[at : min(at + self.piece, end)]
            if self.dies_after is not None and self.sent + len(piece) > self.dies_after:
                raise UnreachableError("broken")
            self.sent += len(piece)
            yield piece


@dataclass
class Device:
    """A folder with the old content.

    Attributes:
        folder: Where.
        here: Bytes of which was told that they need not come.
        stops_after: So often it is told before it is stopped.
    """

    folder: Path
    here: int = 0
    stops_after: int = 1_000_000

    @property
    def part(self) -> Path:
        return self.folder / "new.part"

    def source(self, content: bytes = OLD, name: str = "old") -> Source:
        file = self.folder / name
        file.write_bytes(content)
        return Source(file, Bytes(len(content)), index_of(content))

    def delta(self, new: bytes = NEW, *sources: Source) -> Delta:
        blob = Blob(Digest(hashlib.sha256(new).hexdigest()), Bytes(len(new)))
        return find_delta(blob, index_of(new), sources)

    def from_old(self, new: bytes = NEW) -> Delta:
        return self.delta(new, self.source())

    def rebuild(self, delta: Delta, server: Server) -> None:
        delta.rebuild(server.fetch, self.part, self.advance)

    def advance(self, size: int) -> None:
        self.here += size
        self.stops_after -= 1
        if self.stops_after < 0:
            raise Stopped


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_only_what_is_not_here_is_fetched(device: Device) -> None:
    server, delta = Server(NEW), device.from_old()
    device.rebuild(delta, server)
    assert device.part.read_bytes() == NEW
    assert device.here + server.sent == len(NEW)
    assert server.sent == delta.recipe.to_fetch < 300_006 + 6 * SIZES.most
    assert len(server.asked) == 2  # neighbours are one request


def test_chunks_come_from_several_contents(device: Device) -> None:
    new = OLD[:2_000_000] + NEW[:1_000_000]
    delta = device.delta(new, device.source(OLD[:2_000_000], "a"), device.source(NEW[:1_000_000], "b"))
    server = Server(new)
    device.rebuild(delta, server)
    assert device.part.read_bytes() == new
    assert server.sent < 2 * SIZES.most


@pytest.mark.parametrize("sources", [[], [b""], [hashlib.shake_256(b"other").digest(1_000_000)]])
def test_with_nothing_in_common_it_is_one_request(device: Device, sources: list[bytes]) -> None:
    delta = device.delta(NEW, *(device.source(content, "source") for content in sources))
    server = Server(NEW)
    device.rebuild(delta, server)
    assert device.part.read_bytes() == NEW
    assert server.asked == [(0, len(NEW))]
    assert delta.sources == ()


def test_the_same_content_fetches_nothing(device: Device) -> None:
    server = Server(b"")
    device.rebuild(device.from_old(OLD), server)
    assert device.part.read_bytes() == OLD
    assert server.asked == []


def test_a_chunk_that_rotted_here_is_fetched(device: Device) -> None:
    delta = device.from_old()
    rotten = bytearray(OLD)
    rotten[3_500_000] ^= 1
    delta.sources[0].file.write_bytes(rotten[:3_900_000])  # and the end is gone
    server = Server(NEW)
    device.rebuild(delta, server)
    assert device.part.read_bytes() == NEW
    assert delta.recipe.to_fetch < server.sent <= delta.recipe.to_fetch + 100_000 + 3 * SIZES.most


def test_a_wrong_chunk_is_thrown_away(device: Device) -> None:
    delta = device.from_old()
    wrong = bytearray(NEW)
    wrong[2_100_000] ^= 1
    with pytest.raises(DistrustError) as error:
        device.rebuild(delta, Server(bytes(wrong)))
    assert error.value.kind is Distrust.WRONG_CONTENT
    kept = device.part.read_bytes()
    assert kept == NEW[: len(kept)]
    assert 1_000_000 < len(kept) <= 2_100_000
    device.rebuild(delta, Server(NEW))
    assert device.part.read_bytes() == NEW


def test_an_index_of_another_content_ends_it(device: Device) -> None:
    delta = device.from_old(OLD)
    other = Delta(Blob(Digest("0" * 64), delta.blob.size), delta.recipe, delta.sources)
    with pytest.raises(DistrustError, match="another content's") as error:
        device.rebuild(other, Server(OLD))
    assert error.value.kind is Distrust.WRONG_CONTENT
    assert not device.part.exists()


def test_a_server_that_ends_early_is_not_waited_for(device: Device) -> None:
    with pytest.raises(UnreachableError, match="ended before"):
        device.rebuild(device.from_old(), Server(NEW[:1_000_010]))


def test_a_server_that_sends_too_much_is_left(device: Device) -> None:
    class Generous(Server):
        def fetch(self, first: Bytes, end: Bytes) -> Generator[bytes, None, None]:
            yield from super().fetch(first, end)
            yield b"more"

    with pytest.raises(DistrustError) as error:
        device.rebuild(device.from_old(), Generous(NEW))
    assert error.value.kind is Distrust.TOO_LARGE


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=5), st.integers(2_000, 70_000), st.integers(0, 4_300_006))
def test_broken_at_any_moments_it_goes_on(
    tmp_path_factory: pytest.TempPathFactory, after: list[int], piece: int, have: int
) -> None:
    device = Device(tmp_path_factory.mktemp("device"))
    delta = device.from_old()
    device.part.write_bytes(NEW[:have])  # of a download of the whole
    sent = 0
    for most in after:
        server = Server(NEW, piece, dies_after=most)
        try:
            device.rebuild(delta, server)
        except UnreachableError:
            assert device.part.read_bytes() == NEW[: device.part.stat().st_size]
        sent += server.sent
    last = Server(NEW, piece)
    device.rebuild(delta, last)
    assert device.part.read_bytes() == NEW
    assert sent + last.sent <= delta.recipe.to_fetch + len(after) * SIZES.most


def test_a_damaged_part_file_is_made_good(device: Device) -> None:
    torn = bytearray(NEW[:3_000_000])
    torn[1_500_000:1_500_100] = bytes(100)
    device.part.write_bytes(torn)
    device.rebuild(device.from_old(), Server(NEW))
    assert device.part.read_bytes() == NEW


def test_a_part_file_that_is_too_long_is_cut(device: Device) -> None:
    device.part.write_bytes(NEW + b"more")
    device.rebuild(device.from_old(), Server(b""))
    assert device.part.read_bytes() == NEW


@pytest.mark.parametrize("moment", [0, 1, 5, 20, 40])
def test_it_stops_when_told(device: Device, moment: int) -> None:
    device.stops_after = moment
    with pytest.raises(Stopped):
        device.rebuild(device.from_old(), Server(NEW))
    have = device.part.read_bytes()
    assert have == NEW[: len(have)]
    assert len(have) < len(NEW)


def test_stopped_while_it_verifies_what_it_has_it_keeps_it(device: Device) -> None:
    device.part.write_bytes(NEW[:3_000_000])
    device.stops_after = 3
    with pytest.raises(Stopped):
        device.rebuild(device.from_old(), Server(NEW))
    assert device.part.read_bytes() == NEW[:3_000_000]


def test_bytes_that_are_dropped_are_told(device: Device) -> None:
    device.part.write_bytes(NEW[:3_000_000] + b"wrong")
    server = Server(NEW)
    device.rebuild(device.from_old(), server)
    assert 3_000_005 + device.here + server.sent == len(NEW)


def test_a_source_whose_index_is_none_is_left_out(device: Device) -> None:
    source = device.source(OLD, "old")
    delta = device.delta(NEW, Source(source.file, source.size, b"torn"), source)
    assert delta.sources == (source,)


def test_an_index_that_is_none_is_refused(device: Device) -> None:
    blob = Blob(Digest("0" * 64), Bytes(10))
    with pytest.raises(DistrustError):
        find_delta(blob, b"nonsense", [device.source()])


def test_a_chunk_that_repeats_is_found_each_time(device: Device) -> None:
    new = OLD[:1_000_000] * 3
    server = Server(new)
    device.rebuild(device.from_old(new), server)
    assert device.part.read_bytes() == new
    assert server.sent <= 3 * 2 * SIZES.most
