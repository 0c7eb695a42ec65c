"""Cameras that speak HTTP: MJPEG, or a JPEG that is fetched again and again.

Which of them, the answer's content type says. Anything else is left to FFmpeg's readers no more than a web page is:
refused. Bodies are bounded, and so is each wait; a server that trickles is the keeper's to end.
"""

import time
from collections.abc import Iterator
from typing import Final

import httpx2

from agent.camera.capture.multipart import Multipart
from agent.camera.capture.outlet import Outlet
from agent.camera.capture.reachable import check_reachable, place_of
from agent.camera.capture.source import Http
from agent.camera.capture.spec import CaptureSpec, SourceError
from agent.camera.capture.still import MOST_BYTES, decode_still
from agent.credentials import split_user

_UNAUTHORIZED: Final = 401


def read_http(source: Http, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read until it fails.

    Raises:
        SourceError: Always, in the end.
    """
    check_reachable(source.url, spec.stall_timeout)
    host, port = place_of(source.url)
    url, user, password = split_user(source.url)
    with httpx2.Client(timeout=spec.stall_timeout, follow_redirects=True) as client:
        try:
            auth = _find_auth(client, url, user, password) if user else None
            while True:
                began = time.monotonic()
                with client.stream("GET", url, auth=auth) as response:
                    _read_answer(response, outlet)
                passed = time.monotonic() - began
                time.sleep(max(0.0, min(1.0 / spec.looks, spec.stall_timeout / 2) - passed))
        except httpx2.TimeoutException:
            raise SourceError(f"{host}:{port} sent nothing for {spec.stall_timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise SourceError(f"{host}:{port}: {type(error).__name__}") from None


def _find_auth(client: httpx2.Client, url: str, user: str, password: str) -> httpx2.Auth | None:
    """How the server wants to be told who is there.

    The password is not sent before it asks, nor in clear to one that takes a digest.
    """
    with client.stream("GET", url) as response:
        if response.status_code != _UNAUTHORIZED:
            return None
        asked = response.headers.get("www-authenticate", "").lower()
    return httpx2.DigestAuth(user, password) if "digest" in asked else httpx2.BasicAuth(user, password)


def _read_answer(response: httpx2.Response, outlet: Outlet) -> None:
    """One picture, or MJPEG to its end."""
    if not response.is_success:
        hint = ": are user and password right?" if response.status_code == _UNAUTHORIZED else ""
        raise SourceError(f"the server answers {response.status_code}{hint}")
    content_type = response.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/"):
        for picture in _pictures(response, content_type):
            if outlet.wants():
                outlet.put(decode_still(picture))
        raise SourceError("the server ended the stream")
    if not content_type.lower().startswith(("image/jpeg", "image/jpg", "image/png")):
        said = content_type.partition(";")[0][:40] or "something without a type"
        raise SourceError(f"the server sends {said}: not MJPEG, JPEG or PNG")
    outlet.put(decode_still(_bounded_body(response)))


def _pictures(response: httpx2.Response, content_type: str) -> Iterator[bytes]:
    """The latest picture of what has arrived, again and again."""
    parts = Multipart(content_type, MOST_BYTES)
    for piece in response.iter_bytes():
        whole = parts.feed(piece)
        if whole:
            yield whole[-1]


def _bounded_body(response: httpx2.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise SourceError(f"a picture of more than {MOST_BYTES} bytes is too large")
    return bytes(body)
