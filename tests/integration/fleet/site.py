"""A web server of static files on this machine, and what a hostile or broken one does instead."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

_PIECE = 1 << 14


@dataclass(frozen=True)
class Trouble:
    """What happens to answers.

    Attributes:
        path: Of those whose path has this (a regular expression).
        times: To so many; None: to all.
        status: Instead of the file.
        location: Header of that answer: it leads there.
        content: Instead of what is in the file.
        stop_after: The connection is closed after so many bytes.
        stall_after: Nothing more comes after so many bytes.
        drip: Seconds before each byte of the body.
        drip_header: Likewise, in a header that does not end.
        endless: More bytes follow for ever, and no length is told.
        flip: One byte of what is sent is another.
        whole: Range is not understood.
        shift: Other bytes are sent than Range asked for: from so many later on.
    """

    path: str
    times: int | None = None
    status: int | None = None
    location: str | None = None
    content: bytes | None = None
    stop_after: int | None = None
    stall_after: int | None = None
    drip: float | None = None
    drip_header: float | None = None
    endless: bool = False
    flip: bool = False
    whole: bool = False
    shift: int = 0


@dataclass(frozen=True)
class Request:
    """One that was answered.

    Attributes:
        range: The header.
    """

    path: str
    range: str | None


@dataclass
class Site:
    """Files, and how they are served.

    Attributes:
        files: By path, without a leading slash.
        troubles: The first that fits an answer happens to it.
        seen: Requests so far.
        sent: Bytes of bodies that were sent.
        url: Where it is.
        ended: Set when the server ends; who drips or stalls waits for it.
    """

    files: dict[str, bytes]
    troubles: list[Trouble] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    sent: int = 0
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    happened: list[Trouble] = field(default_factory=list)

    def paths(self, part: str = "") -> list[str]:
        """Of the requests that have a text in their path."""
        return [request.path for request in self.seen if part in request.path]

    def trouble(self, path: str) -> Trouble:
        """What happens to the next answer for a path."""
        for trouble in self.troubles:
            if re.search(trouble.path, path):
                self.happened.append(trouble)
                if trouble.times is not None and self.happened.count(trouble) >= trouble.times:
                    self.troubles.remove(trouble)
                return trouble
        return Trouble("")


@contextmanager
def serving(site: Site, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """The site at `site.url`; ended as a process is that is killed, with its connections."""
    site.ended.clear()
    handler = type("_SiteHandler", (_Handler,), {"site": site})
    server = _Server(("127.0.0.1", port), handler)
    site.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True
    site: Site

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._answer(unquote(self.path).lstrip("/"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Silent."""

    def _answer(self, path: str) -> None:
        site = self.site
        site.seen.append(Request(path, self.headers.get("Range")))
        trouble = site.trouble(path)
        content = trouble.content if trouble.content is not None else site.files.get(path)
        if trouble.status is not None or content is None:
            self._plain(trouble.status or HTTPStatus.NOT_FOUND, trouble)
            return
        start, end = self._stretch(len(content), trouble)
        is_part = end - start < len(content)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK)
        if is_part:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        if trouble.endless:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(end - start))
        if trouble.drip_header is not None:
            self.flush_headers()
            self.wfile.write(b"X-Drip: ")
            self._drip(bytes(b"a" * 10**6), trouble.drip_header)
            return
        self.end_headers()
        self._body(bytearray(content[start:end]), trouble)

    def _stretch(self, size: int, trouble: Trouble) -> tuple[int, int]:
        wanted = self.headers.get("Range")
        if wanted is None or trouble.whole:
            return 0, size
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        return min(int(first) + trouble.shift, size), min(int(last) + 1, size) if last else size

    def _plain(self, status: int, trouble: Trouble) -> None:
        self.send_response(status)
        if trouble.location is not None:
            self.send_header("Location", trouble.location)
        if trouble.endless:
            self.end_headers()
            self.close_connection = True
            self._body(bytearray(), trouble)
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self, body: bytearray, trouble: Trouble) -> None:
        if trouble.flip and body:
            body[len(body) // 2] ^= 1
        if trouble.drip is not None:
            self._drip(body, trouble.drip)
            return
        ends = [end for end in (trouble.stop_after, trouble.stall_after) if end is not None]
        self._send(body[: min([len(body), *ends])])
        while trouble.endless and not self.site.ended.is_set():
            self._send(bytes(_PIECE))
        if trouble.stall_after is not None:
            self.site.ended.wait()
        if ends:
            self.close_connection = True

    def _send(self, body: bytes | bytearray) -> None:
        for at in range(0, len(body), _PIECE):
            if self.site.ended.is_set():
                self.close_connection = True
                return
            self.wfile.write(body[at : at + _PIECE])
            self.site.sent += len(body[at : at + _PIECE])

    def _drip(self, body: bytes | bytearray, seconds: float) -> None:
        self.close_connection = True
        for at in range(len(body)):
            if self.site.ended.wait(seconds):
                return
            self.wfile.write(body[at : at + 1])
            self.site.sent += 1
