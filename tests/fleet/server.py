"""A web server of static files in threads, with troubles that are switched while it runs, and counts by path."""

import contextlib
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PIECE = 1 << 15


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the answers from now on.

    Attributes:
        only: With those whose path has this text; the others are right.
        status: Instead of the file.
        ignores_range: The whole file comes, whatever is asked.
        rate: Bytes a second of one answer.
        stop_after: The connection is closed after so many bytes of an answer.
        stall_after: Nothing more comes after so many bytes of an answer, until the faults are others.
        flipped_at: The byte at this place of the file is another.
        endless: More bytes than were announced follow; there is no length then.
    """

    only: str = ""
    status: int | None = None
    ignores_range: bool = False
    rate: int | None = None
    stop_after: int | None = None
    stall_after: int | None = None
    flipped_at: int | None = None
    endless: bool = False


@dataclass
class Counts:
    """What was asked and sent so far, by path."""

    requests: Counter[str] = field(default_factory=Counter)
    ranges: Counter[str] = field(default_factory=Counter)
    """Requests for a part."""
    sent: Counter[str] = field(default_factory=Counter)
    """Bytes of bodies, as far as the connection took them."""

    def sent_of(self, part: str) -> int:
        """Bytes of all paths that have a text."""
        return sum(size for path, size in self.sent.items() if part in path)


class StaticServer:
    """Serves a folder at `url`.

    Args:
        folder: Its files, at the paths that they have in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts = Counts()
        self.lock = threading.Lock()
        """Of the counts."""
        self._faults = Faults()
        self._changed = threading.Condition()
        self._http = _Server(("127.0.0.1", 0), type("_StaticHandler", (_Handler,), {"owner": self}))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def faults(self) -> Faults:
        """What is wrong now."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._changed:
            self._faults = faults
            self._changed.notify_all()

    def die(self) -> None:
        """Close all connections, and take no more, like a machine that is gone. A second time: nothing."""
        if not self._thread.is_alive():
            return
        self._http.shutdown()
        self._thread.join()
        self.faults = Faults()  # an answer that has stalled goes on, to nobody
        self._http.server_close()

    def wait_while(self, faults: Faults) -> None:
        """Return when others hold."""
        with self._changed:
            self._changed.wait_for(lambda: self._faults is not faults)


@contextmanager
def serving(folder: Path) -> Iterator[StaticServer]:
    """A server of a folder, for as long as the block lasts."""
    server = StaticServer(folder)
    try:
        yield server
    finally:
        server.die()


class _Server(ThreadingHTTPServer):
    """Knows its connections, to close them."""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        # What a client that is killed has not read counts as sent: as little as on a real line, and not megabytes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
        self._connections: set[socket.socket | tuple[bytes, socket.socket]] = set()
        self._lock = threading.Lock()

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        with self._lock:
            for connection in self._connections:
                assert isinstance(connection, socket.socket)
                with contextlib.suppress(OSError):  # it is closed already
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a head would wait for the acknowledgement of the body before
    owner: StaticServer

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client that has ended
            super().handle()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        counts = self.owner.counts
        faults = self.owner.faults
        if faults.only not in path:
            faults = Faults()
        with self.owner.lock:
            counts.requests[path] += 1
            counts.ranges[path] += "Range" in self.headers
        file = self.owner.folder / path.lstrip("/")
        if faults.status is not None or ".." in file.parts or not file.is_file():
            self._refuse(faults.status or HTTPStatus.NOT_FOUND)
            return
        with file.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            first, end = (0, size) if faults.ignores_range else _wanted(self.headers.get("Range"), size)
            if first >= end and size:
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            self._head(first, end, size, faults)
            try:
                self._body(content, path, first, end, faults)
            except OSError:  # the client has gone, or the server dies
                self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Silent."""

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _head(self, first: int, end: int, size: int, faults: Faults) -> None:
        is_part = "Range" in self.headers and not faults.ignores_range
        self.send_response(HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK)
        if is_part:
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
        if faults.endless:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(end - first))
        self.end_headers()

    def _body(self, content: BufferedReader, path: str, first: int, end: int, faults: Faults) -> None:
        content.seek(first)
        at, began = first, time.monotonic()
        last = min([end, *(first + after for after in (faults.stop_after, faults.stall_after) if after is not None)])
        while at < last or faults.endless:
            piece = bytearray(content.read(min(_PIECE, last - at)) if at < last else bytes(_PIECE))
            if faults.flipped_at is not None and at <= faults.flipped_at < at + len(piece):
                piece[faults.flipped_at - at] ^= 1
            self.wfile.write(piece)
            at += len(piece)
            with self.owner.lock:
                self.owner.counts.sent[path] += len(piece)
            if faults.rate is not None:
                time.sleep(max(0.0, began + (at - first) / faults.rate - time.monotonic()))
        if last < end:
            self.close_connection = True
            if faults.stall_after is not None:
                self.owner.wait_while(faults)


def _wanted(asked: str | None, size: int) -> tuple[int, int]:
    """The first byte and the one behind the last."""
    if asked is None:
        return 0, size
    first, _, last = asked.removeprefix("bytes=").partition("-")
    return int(first), min(size, int(last) + 1) if last else size
