"""An OpenAI-compatible server for tests: real HTTP on 127.0.0.1, and each request is answered by a script."""

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from types import TracebackType
from typing import Any, Self

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in; names of headers in lower case. `client`: the other end of its connection."""

    client: tuple[str, int]
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Exchange:
    """One request, to which a script says something.

    Attributes:
        lasts: Whether the connection outlives the answer; set before it begins.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, server: "OpenAIServer", asked: Asked) -> None:
        self._handler = handler
        self.server = server
        self.asked = asked
        self.lasts = False

    def begin(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        """Send status and headers; the body ends with the connection, or, where that lasts, with `end`."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", content_type)
        self._handler.send_header(*(("Transfer-Encoding", "chunked") if self.lasts else ("Connection", "close")))
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self.lasts else data)
        self._handler.wfile.flush()

    def event(self, document: object) -> None:
        """Send one event."""
        data = document if isinstance(document, str) else json.dumps(document)
        self.send(f"data: {data}\n\n".encode())

    def word(self, text: str, finish_reason: str | None = None) -> None:
        """Send a piece of the answer."""
        self.event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}]})

    def end(self, finish_reason: str = "stop", tokens: tuple[int, int, int] | None = (7, 2, 3)) -> None:
        """Send what stands at the end of an answer."""
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
        if tokens is not None:
            prompt, completion, cached = tokens
            details = {"cached_tokens": cached}
            usage = {"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": details}
            self.event({"choices": [], "usage": usage})
        self.event("[DONE]")
        if self.lasts:
            self.send(b"")  # the last of the body's chunks

    def wait(self) -> None:
        """Until the client goes, or the server stops."""
        connection = self._handler.connection
        connection.settimeout(PATIENCE)
        self.server.waiting.add(connection)
        self.server.hanging.set()
        try:
            has_left = not connection.recv(1)
        except OSError:
            has_left = True
        self.server.waiting.discard(connection)
        if has_left:
            self.server.client_left.set()

    def die(self) -> None:
        """Break the connection off, as a server does whose process was killed."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.connection.shutdown(socket.SHUT_RDWR)


Script = Callable[[Exchange], None]


def say(
    *words: str, finish_reason: str = "stop", tokens: tuple[int, int, int] | None = (7, 2, 3), lasts: bool = False
) -> Script:
    """A whole answer, word by word; the connection may last beyond it."""

    def script(exchange: Exchange) -> None:
        exchange.lasts = lasts
        exchange.begin()
        exchange.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        for word in words:
            exchange.word(word)
        exchange.end(finish_reason, tokens)

    return script


def refuse(status: int, message: str = "no", **headers: str) -> Script:
    """An error in OpenAI's form."""

    def script(exchange: Exchange) -> None:
        exchange.begin(status, "application/json", **headers)
        exchange.send(json.dumps({"error": {"message": message}}).encode())

    return script


def hang(*words: str) -> Script:
    """These words, and then nothing."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        for word in words:
            exchange.word(word)
        exchange.wait()

    return script


def die(*words: str) -> Script:
    """These words, and then the connection breaks."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        for word in words:
            exchange.word(word)
        exchange.die()

    return script


def raw(data: bytes, content_type: str = "text/event-stream") -> Script:
    """Any bytes."""

    def script(exchange: Exchange) -> None:
        exchange.begin(200, content_type)
        exchange.send(data)

    return script


class OpenAIServer:
    """Answers with `scripts` in turn, then with `Yes.`.

    Attributes:
        asked: What came in.
        hanging: Set when a script hangs.
        client_left: Set when the client has closed the connection of one that hangs.
        waiting: The connections of those that hang.
    """

    def __init__(self, *scripts: Script, certificate: tuple[Path, Path] | None = None, port: int = 0) -> None:
        self.scripts = deque(scripts)
        self.asked: list[Asked] = []
        self.hanging, self.client_left = threading.Event(), threading.Event()
        self.waiting: set[socket.socket] = set()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._scheme = "http"
        if certificate is not None:
            context = SSLContext(PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
            self._scheme = "https"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._http.server_port

    @property
    def url(self) -> str:
        """Where its API begins."""
        return f"{self._scheme}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        """Listen."""
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop; what hangs ends."""
        for connection in tuple(self.waiting):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._http.shutdown()
        self._http.server_close()


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(self.rfile.read(int(headers["content-length"])))
            asked = Asked(self.client_address, self.path, headers, body)
            server.asked.append(asked)
            script = server.scripts.popleft() if server.scripts else say("Yes", ".")
            exchange = Exchange(self, server, asked)
            try:
                script(exchange)
            except OSError:
                server.client_left.set()
            self.close_connection = not exchange.lasts

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Handler
