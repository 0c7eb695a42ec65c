"""Servers that send something all the time, and never what was asked for."""

import contextlib
import http
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from agent.fleet.least_rate import LeastRate, RateMeter
from agent.fleet.web import DrippingError, Web
from agent.units import Bytes, Seconds
from tests.integration.certificates import Authority
from tests.integration.fleet.site import Site, Trouble, serving

LEAST = LeastRate(Bytes(1024), Seconds(0.4))


def get(web: Web, url: str) -> bytes:
    with web.get(url, {}, RateMeter(LEAST)) as answer:
        assert answer.status == http.HTTPStatus.OK
        return b"".join(answer.chunks)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(Seconds(0.4), LEAST) as web:
        yield web


@contextlib.contextmanager
def speaking(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that says something to each connection, whatever it is asked; gives its port."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    say(connection, ended)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def drip(connection: socket.socket, ended: threading.Event, lead: bytes, piece: bytes, seconds: float) -> None:
    connection.sendall(lead)
    while not ended.wait(seconds):
        connection.sendall(piece)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("lead", "piece", "seconds"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
        (b"HTTP/1.1 200 ", b"O", 0.05),
        (OK + b"X-A: ", b"a", 0.05),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a", 0.05),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 0.05),
        (OK + b"Content-Length: 1000000\r\n\r\n", b"a", 0.05),
    ],
    ids=["interim answers", "status", "header", "chunk's length", "chunks", "body"],
)
def test_something_all_the_time_is_ended(web: Web, lead: bytes, piece: bytes, seconds: float) -> None:
    with (
        speaking(lambda connection, ended: drip(connection, ended, lead, piece, seconds)) as port,
        pytest.raises(DrippingError),
    ):
        get(web, f"http://127.0.0.1:{port}/x")


def test_a_handshake_without_end_is_ended(web: Web) -> None:
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"  # the begin of a ServerHello of 16 KiB
    with (
        speaking(lambda connection, ended: drip(connection, ended, record, b"\0", 0.05)) as port,
        pytest.raises(httpx2.RequestError),
    ):
        get(web, f"https://127.0.0.1:{port}/x")


def test_silence_is_no_dripping(web: Web) -> None:
    def say_nothing(_: socket.socket, ended: threading.Event) -> None:
        ended.wait()

    with speaking(say_nothing) as port, pytest.raises(httpx2.ReadTimeout):
        get(web, f"http://127.0.0.1:{port}/x")


def test_a_connection_is_used_again_and_ends_with_it(web: Web) -> None:
    accepted: list[int] = []

    def answer(connection: socket.socket, _: threading.Event) -> None:
        accepted.append(1)
        while connection.recv(65536):
            connection.sendall(OK + b"Content-Length: 2\r\n\r\nhi")

    with speaking(answer) as port:
        for _ in range(3):
            assert get(web, f"http://127.0.0.1:{port}/x") == b"hi"
        web.close()
    assert len(accepted) == 1


def test_redirects_have_an_end(web: Web) -> None:
    with serving(Site({"x": b"hi"}, [Trouble("x", times=5, status=302, location="/x")])) as site:
        assert get(web, f"{site.url}/x") == b"hi"
        site.troubles = [Trouble("x", status=302, location="/x")]
        with pytest.raises(httpx2.TooManyRedirects):
            get(web, f"{site.url}/x")


def test_a_plus_is_no_space(web: Web) -> None:
    with serving(Site({"1.0+local.json": b"hi"})) as site:
        assert get(web, f"{site.url}/1.0+local.json") == b"hi"


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, Path]]:
    """A site with a certificate, and the authority that issued it."""
    authority = Authority.create(tmp_path / "ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    with serving(Site({"x": b"hi"}), tls=context) as site:
        yield site, authority.ca


def test_a_certificate_that_nobody_knows(secure: tuple[Site, Path], web: Web) -> None:
    with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"):
        get(web, f"{secure[0].url}/x")
    assert secure[0].seen == []


def test_a_site_of_ones_own_authority(secure: tuple[Site, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    site, ca = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with Web(Seconds(5.0), LEAST) as web:
        assert get(web, f"{site.url}/x") == b"hi"
        site.troubles = [Trouble("x", status=302, location=site.url.replace("https", "http") + "/x")]
        with pytest.raises(httpx2.UnsupportedProtocol):
            get(web, f"{site.url}/x")
        with pytest.raises(httpx2.ConnectError, match=r"(?i)hostname|name mismatch|not valid"):
            get(web, site.url.replace("127.0.0.1", "localhost") + "/x")
