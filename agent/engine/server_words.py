"""Why a server cannot be used, in one line for a person: its address, what the system says, what it answers. Pure."""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from agent.credentials import redact

_MOST_OF_A_PAGE = 80
_MOST_LOOKED_AT = 1 << 11
"""Characters of a page: what is searched for may take time as their square, and the agent waits."""
_TITLE = re.compile(r"<title[^<>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TLS_ASIDE = re.compile(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$")
"""What OpenSSL's messages have for programmers."""
_TAG = re.compile(r"<[^<>]*>")


def address_of(url: str) -> str:
    """Scheme, host and port of an address; neither who asks nor a path, which may be secrets.

    Args:
        url: With a scheme and a host.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def path_of(url: str) -> tuple[str, ...]:
    """The path of an address, as it is written there and decoded; empty where there is none.

    Args:
        url: With a scheme and a host.
    """
    path = urlsplit(url).path.rstrip("/")
    return tuple(dict.fromkeys((path, unquote(path)))) if path else ()


def cause_of(error: BaseException) -> str:
    """What the system says of a connection that failed; the error's own words where it says nothing."""
    causes = dict.fromkeys(_words_of(cause) for cause in _causes(error) if isinstance(cause, OSError) and cause.errno)
    return ", ".join(causes) or one_line(str(error)) or type(error).__name__


def one_line(body: str, secrets: tuple[str, ...] = ()) -> str:
    """An answer's body in one line; of a web page no more than its title or the beginning of its text.

    Args:
        body: What the server sent.
        secrets: What a web page's text must not repeat: it is cut.
    """
    if not body.lstrip().startswith("<"):
        return " ".join(body.split())
    page = body.lstrip()[:_MOST_LOOKED_AT]
    title = _TITLE.search(page)
    text = redact(" ".join(_TAG.sub(" ", page if title is None else title[1]).split()), secrets)
    return f"a web page, {text[:_MOST_OF_A_PAGE]}" if text else "a web page"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Those behind an error, itself included."""
    yield error
    # The HTTP library hides some: it raises them `from None`.
    behind = error.exceptions if isinstance(error, BaseExceptionGroup) else (error.__cause__ or error.__context__,)
    for cause in behind:
        if cause is not None:
            yield from _causes(cause)


def _words_of(error: OSError) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"{_TLS_ASIDE.sub('', str(error.strerror))} (`ca` names the authority that signed it)"
        case ssl.SSLError():
            return f"TLS: {_TLS_ASIDE.sub('', str(error.strerror))}"
        case socket.gaierror():
            return f"its host is not found: {error.strerror}"
        case _:
            return os.strerror(error.errno or 0)
