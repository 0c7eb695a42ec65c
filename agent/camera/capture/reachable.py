"""Whether a server can be reached at all, which FFmpeg does not say."""

import socket
from typing import Final
from urllib.parse import urlsplit

from agent.camera.capture.spec import SourceError
from agent.credentials import split_user
from agent.units import Seconds

_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def place_of(url: str) -> tuple[str, int]:
    """Host and port of a URL.

    Raises:
        SourceError: It names none.
    """
    try:
        parts = urlsplit(split_user(url)[0])
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise SourceError("the source's URL names no host")
    return host, port if port is not None else _PORTS[parts.scheme.lower()]


def check_reachable(url: str, timeout: Seconds) -> None:
    """Connect and leave again.

    Raises:
        SourceError: It cannot be reached: why.
    """
    host, port = place_of(url)
    try:
        socket.create_connection((host, port), timeout=timeout).close()
    except socket.gaierror:
        raise SourceError(f"there is no host {host}") from None
    except TimeoutError:
        raise SourceError(f"{host}:{port} does not answer within {timeout:g} s") from None
    except OSError as error:
        raise SourceError(f"{host}:{port}: {(error.strerror or 'no connection').lower()}") from None
