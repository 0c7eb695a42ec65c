"""A camera that speaks HTTP, in a thread: `/mjpeg`, `/snapshot`, and what only a test asks for.

Digest and basic authentication under `/digest` and `/basic`, each in front of a path: `/basic/snapshot`.
"""

import base64
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import cv2
import numpy as np

from agent.clock import boottime
from tests.cameras.marked import COUNT, picture

RATE = 25
"""Pictures a second."""
USER, PASSWORD = "ann", "p@ss/wörd"


@cache
def jpeg(number: int) -> bytes:
    """A picture, encoded."""
    return bytes(np.asarray(cv2.imencode(".jpg", picture(number))[1]).tobytes())


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    began: ClassVar[float] = 0.0
    """When picture 0 was sent, on the boot clock; the others follow at `RATE`."""
    silent: ClassVar[threading.Event] = threading.Event()
    """While it is set, nothing more is sent."""
    is_closing: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        path = self.path
        for scheme, is_welcome in (("/digest", self._knows_digest), ("/basic", self._knows_basic)):
            if path.startswith(scheme):
                if not is_welcome():
                    self._refuse(scheme)
                    return
                path = path.removeprefix(scheme)
        try:
            {"/mjpeg": self._mjpeg, "/snapshot": self._snapshot, "/bomb": self._bomb, "/endless": self._endless}[path]()
        except KeyError:
            self._send(404, "text/html", b"<p>no camera here</p>")
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its base's name
        """Nothing is logged."""

    def _knows_basic(self) -> bool:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _knows_digest(self) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', self.headers.get("Authorization", "")))
        one = hashlib.md5(f"{USER}:tests:{PASSWORD}".encode()).hexdigest()  # noqa: S324 - RFC 2617's
        two = hashlib.md5(f"GET:{self.path}".encode()).hexdigest()  # noqa: S324 - likewise
        return said.get("response") == hashlib.md5(f"{one}:n:{two}".encode()).hexdigest()  # noqa: S324 - likewise

    def _refuse(self, scheme: str) -> None:
        challenge = 'Digest realm="tests", nonce="n"' if scheme == "/digest" else 'Basic realm="tests"'
        self._send(401, "text/html", b"", challenge)

    def _send(self, status: int, kind: str, body: bytes, challenge: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def _snapshot(self) -> None:
        self._wait_while_silent()
        self._send(200, "image/jpeg", jpeg(int((boottime() - Handler.began) * RATE) % COUNT))

    def _mjpeg(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--next")
        self.end_headers()
        Handler.began = boottime()
        number = 0
        while not self.is_closing.is_set():
            self._wait_while_silent()
            body = jpeg(number % COUNT)
            self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\n")
            self.wfile.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n")
            number += 1
            time.sleep(max(0.0, Handler.began + number / RATE - boottime()))

    def _bomb(self) -> None:
        """A JPEG of 14 kB that says that it has 400 megapixels."""
        body = jpeg(0)
        at = body.index(b"\xff\xc0") + 5
        self._send(200, "image/jpeg", body[:at] + b"\x4e\x20\x4e\x20" + body[at + 4 :])

    def _endless(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        while not self.is_closing.is_set():
            self.wfile.write(bytes(1 << 20))

    def _wait_while_silent(self) -> None:
        while self.silent.is_set() and not self.is_closing.wait(0.02):
            pass


@contextmanager
def http_camera() -> Iterator[str]:
    """A server for the length of a block; its host and port."""
    Handler.silent.clear()
    Handler.is_closing.clear()
    Handler.began = boottime()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        Handler.is_closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
