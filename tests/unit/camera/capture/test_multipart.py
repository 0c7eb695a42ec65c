"""MJPEG's parts, however they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.capture.multipart import Multipart
from agent.camera.capture.spec import SourceError
from agent.units import Bytes

MOST = Bytes(100_000)
JPEGS = st.binary(min_size=1, max_size=60).map(lambda body: b"\xff\xd8" + body.replace(b"-", b"_") + b"\xff\xd9")
BODIES = st.lists(JPEGS, max_size=5)


def _stream(bodies: list[bytes], *, length: bool, newline: bytes) -> bytes:
    parts = [
        b"--next"
        + newline
        + b"Content-Type: image/jpeg"
        + newline
        + (b"content-LENGTH: %d" % len(body) + newline if length else b"")
        + newline
        + body
        + newline
        for body in bodies
    ]
    return b"".join(parts) + b"--next"


@given(
    bodies=BODIES,
    length=st.booleans(),
    newline=st.sampled_from([b"\r\n", b"\n"]),
    named=st.sampled_from(["next", "--next", '"next"']),
    data=st.data(),
)
def test_parts_do_not_depend_on_how_they_arrive(
    *,
    bodies: list[bytes],
    length: bool,
    newline: bytes,
    named: str,
    data: st.DataObject,
) -> None:
    stream = _stream(bodies, length=length, newline=newline)
    parts = Multipart(f"multipart/x-mixed-replace; boundary={named}", MOST)
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += parts.feed(stream[:size])
        stream = stream[size:]
    assert found == bodies


@given(st.lists(st.binary(max_size=5000), max_size=20))
def test_any_bytes_are_parts_or_refused(pieces: list[bytes]) -> None:
    parts = Multipart("multipart/x-mixed-replace; boundary=x", Bytes(1000))
    try:
        for piece in pieces:
            assert all(len(part) <= 1000 + 5000 + 16 * 1024 for part in parts.feed(b"--x\n\n" + piece))
    except SourceError:
        pass


def test_a_boundary_is_needed() -> None:
    with pytest.raises(SourceError, match="what is between"):
        Multipart("multipart/x-mixed-replace", MOST)


@pytest.mark.parametrize(
    "endless",
    [
        b"nothing " * 5000,
        b"--next\r\nX: " + b"y" * 20_000,
        b"--next\r\n\r\n" + b"y" * 200_000,
        b"--next\r\nContent-Length: 9999999\r\n\r\n",
    ],
)
def test_what_never_ends_is_refused(endless: bytes) -> None:
    with pytest.raises(SourceError, match="too large"):
        Multipart("multipart/x-mixed-replace; boundary=next", MOST).feed(endless)
