"""A model hub on this machine: the requests that `huggingface_hub` makes, and the troubles that a network makes.

Small files are answered at once, large ones (as the real hub does) by a redirect to another server: here another port.
A mirror of plain files is served under `/mirror/`.
"""

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_PIECE = 1 << 16


@dataclass(frozen=True)
class Trouble:
    """What happens to one answer with a file's bytes.

    Attributes:
        status: Instead of the file.
        retry_after: Header of that answer.
        stop_after: The connection is closed after so many bytes.
        stall_after: Nothing more comes after so many bytes.
        flipped: One byte of what is sent is another.
        whole: Range is not understood.
        leads_to: The answer leads there.
        compressed: The answer has no length, and its body is compressed.
        dropped: The connection is closed without an answer.
    """

    status: int | None = None
    retry_after: int | None = None
    stop_after: int | None = None
    stall_after: int | None = None
    flipped: bool = False
    whole: bool = False
    leads_to: str | None = None
    compressed: bool = False
    dropped: bool = False


@dataclass
class Hub:
    """One repository.

    Attributes:
        files: Path to content.
        large: Those that are kept apart, by path.
        error: Status and `X-Error-Code` with which the API answers instead.
        token: Without which nothing is given.
        page: What the API answers instead, as a network does that wants a login first.
        troubles: Of the next answers with bytes, one each.
        seen: Requests so far: method, path, and their headers.
        sent: Bytes of files that were sent.
        stalled: Set while an answer has stalled.
        commit: Of all that it has.
    """

    files: dict[str, bytes]
    large: frozenset[str] = frozenset()
    repository: str = "owner/model"
    error: tuple[int, str] | None = None
    token: str | None = None
    page: bytes | None = None
    troubles: list[Trouble] = field(default_factory=list)
    mirror: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0
    stalled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    commit: str = COMMIT
    store: str = ""

    def paths(self, part: str = "") -> list[str]:
        """Of the requests that have a text in their path."""
        return [path for _, path, _ in self.seen if part in path]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub at `hub.url`, its store of large files at `hub.store`."""
    handler = type("_HubHandler", (_Handler,), {"hub": hub})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    hub.url, hub.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.ended.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Silent."""

    def _answer(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        hub.seen.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
        is_store = path.startswith("/store/")
        if hub.token is not None and not is_store and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._plain(HTTPStatus.UNAUTHORIZED, {"X-Error-Code": "GatedRepo"})
        elif path.startswith("/api/models/"):
            self._describe(path)
        elif is_store:
            self._file(hub.files[path.removeprefix("/store/")], {})
        elif path.startswith("/mirror/"):
            content = hub.mirror.get(path.removeprefix("/mirror/"))
            self._plain(HTTPStatus.NOT_FOUND, {}) if content is None else self._file(content, {})
        else:
            self._resolve(path)

    def _describe(self, path: str) -> None:
        hub = self.hub
        if hub.error is not None:
            self._plain(hub.error[0], {"X-Error-Code": hub.error[1]})
            return
        if path not in {f"/api/models/{hub.repository}/revision/{name}" for name in ("main", hub.commit)}:
            self._plain(HTTPStatus.NOT_FOUND, {"X-Error-Code": "RepoNotFound"})
            return
        if hub.page is not None:
            self._plain(HTTPStatus.OK, {"Content-Type": "text/html"}, hub.page)
            return
        siblings = [self._sibling(name, content) for name, content in hub.files.items()]
        body = {"id": hub.repository, "sha": hub.commit, "private": False, "siblings": siblings}
        self._plain(HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
        about: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
        if name in self.hub.large:
            about["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 134}
        return about

    def _resolve(self, path: str) -> None:
        lead = f"/{self.hub.repository}/resolve/"
        revision, _, name = path.removeprefix(lead).partition("/")
        content = self.hub.files.get(name) if path.startswith(lead) and revision in {"main", self.hub.commit} else None
        if content is None:
            self._plain(HTTPStatus.NOT_FOUND, {"X-Error-Code": "EntryNotFound"})
            return
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": self.hub.commit, "ETag": f'"{digest}"'}
        if name in self.hub.large:
            linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{digest}"'}
            self._plain(HTTPStatus.FOUND, {**headers, **linked, "Location": f"{self.hub.store}/store/{name}"})
        else:
            self._file(content, headers)

    def _file(self, content: bytes, headers: dict[str, str]) -> None:
        hub = self.hub
        trouble = hub.troubles.pop(0) if hub.troubles and self.command == "GET" else Trouble()
        if trouble.dropped:
            self.close_connection = True
            return
        if trouble.status is not None:
            after = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
            self._plain(trouble.status, after)
            return
        if trouble.leads_to is not None:
            self._plain(HTTPStatus.FOUND, {"Location": trouble.leads_to})
            return
        if trouble.compressed:
            body = gzip.compress(bytes(len(content)))
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
            return
        wanted = self.headers.get("Range")
        start = 0 if wanted is None or trouble.whole else int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(HTTPStatus.OK if start == 0 else HTTPStatus.PARTIAL_CONTENT)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self._send(bytearray(content[start:]), trouble)

    def _send(self, body: bytearray, trouble: Trouble) -> None:
        if trouble.flipped and body:
            body[len(body) // 2] ^= 1
        ends = [end for end in (trouble.stop_after, trouble.stall_after) if end is not None]
        end = min([len(body), *ends])
        try:
            for at in range(0, end, _PIECE):
                piece = body[at : min(at + _PIECE, end)]
                self.wfile.write(piece)
                self.hub.sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            return
        if trouble.stall_after is not None:
            self.hub.stalled.set()
            self.hub.ended.wait()
        if ends:
            self.close_connection = True

    def _plain(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
