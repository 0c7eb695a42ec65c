"""What a server tells of a file, and what of it is believed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.download.part import Answer, NotNowError, OtherContentError, receive
from agent.units import Bytes

_LONG = "9" * 5000  # Python refuses to read it: ValueError


class Silent:
    """Who is told nothing that counts here."""

    def advance(self, size: int) -> None:
        pass

    def begin_anew(self, had: Bytes) -> None:
        pass


def _received(part: Path, status: int, headers: Mapping[str, str], *chunks: bytes) -> bytes:
    """What a part file has of ten bytes, after such an answer."""

    @contextmanager
    def get(url: str, _: Mapping[str, str]) -> Iterator[Answer]:
        yield Answer(url, status, headers, iter(chunks))

    receive(get, "https://x.invalid/f", Bytes(10), part, Silent())
    return part.read_bytes()


@pytest.mark.parametrize("range_told", [f"bytes {_LONG}-8/10", "bytes x-8/10", "bytes 0-8/11", ""])
def test_a_range_that_is_none_is_another_content(tmp_path: Path, range_told: str) -> None:
    with pytest.raises(OtherContentError) as raised:
        _received(tmp_path / "part", 206, {"Content-Range": range_told})
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("length", [_LONG, "", "ten", "10"])
def test_a_length_that_is_none_does_not_count(tmp_path: Path, length: str) -> None:
    assert _received(tmp_path / "part", 200, {"Content-Length": length}, b"01234", b"56789") == b"0123456789"


@pytest.mark.parametrize(
    ("status", "headers"), [(200, {}), (200, {"Content-Length": "5"}), (206, {"Content-Range": "bytes 2-6/*"})]
)
def test_what_a_server_compresses_is_not_written(tmp_path: Path, status: int, headers: dict[str, str]) -> None:
    (tmp_path / "part").write_bytes(b"01")
    with pytest.raises(OtherContentError, match=r"compresses it \(gzip\)"):
        _received(tmp_path / "part", status, {"Content-Encoding": "gzip", **headers}, b"01234")
    assert (tmp_path / "part").read_bytes() == b"01"


@pytest.mark.parametrize(
    ("status", "headers"), [(200, {"Content-Length": "10"}), (206, {"Content-Range": "bytes 0-9/10"})]
)
def test_what_is_stored_compressed_is_received(tmp_path: Path, status: int, headers: dict[str, str]) -> None:
    received = _received(tmp_path / "part", status, {"Content-Encoding": "gzip", **headers}, b"0123456789")
    assert received == b"0123456789"


def test_an_early_end_of_what_is_not_compressed_is_one(tmp_path: Path) -> None:
    with pytest.raises(NotNowError, match="ended early"):
        _received(tmp_path / "part", 200, {"Content-Encoding": "identity"}, b"01234")
    assert (tmp_path / "part").read_bytes() == b"01234"


def test_a_pause_that_is_endless_is_some_pause(tmp_path: Path) -> None:
    with pytest.raises(NotNowError) as raised:
        _received(tmp_path / "part", 503, {"Retry-After": _LONG})
    assert raised.value.after is not None
