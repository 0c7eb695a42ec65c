"""Why a server cannot be used, in words."""

import errno
import socket
import ssl

import pytest

from agent.engine.server_words import address_of, cause_of, one_line


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://nim.local:8000/v1", "https://nim.local:8000"),
        ("http://me:secret@[::1]:80/key/of/mine?token=secret#x", "http://[::1]:80"),
        ("https://nim.local", "https://nim.local"),
    ],
)
def test_an_address_without_secrets(url: str, address: str) -> None:
    assert address_of(url) == address


def behind(cause: BaseException, message: str = "All connection attempts failed") -> Exception:
    """As the HTTP library raises it."""
    error, attempts = RuntimeError(message), OSError(message)
    error.__context__, attempts.__cause__ = attempts, cause
    return error


REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)")
UNREACHABLE = OSError(errno.ENETUNREACH, "Connect call failed ('::1', 1)")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (behind(REFUSED), "Connection refused"),
        (behind(ExceptionGroup("", [REFUSED, UNREACHABLE, REFUSED])), "Connection refused, Network is unreachable"),
        (behind(socket.gaierror(socket.EAI_NONAME, "Name unknown")), "its host is not found: Name unknown"),
        (behind(ssl.SSLError(1, "[SSL: WRONG_NUMBER] wrong number (_ssl.c:1006)")), "TLS: wrong number"),
        (
            behind(ssl.SSLCertVerificationError(1, "[SSL: X] certificate verify failed: expired (_ssl.c:1006)")),
            "certificate verify failed: expired (`ca` names the authority that signed it)",
        ),
        (RuntimeError("Server\r\ndisconnected"), "Server disconnected"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_the_cause_is_what_the_system_says(error: Exception, says: str) -> None:
    assert cause_of(error) == says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("busy\n  now", "busy now"),
        ('{"error": "x"}', '{"error": "x"}'),
        ("<!DOCTYPE html>\n<html><head><TITLE>\n404 not\nfound</TITLE></head><p>x</html>", "a web page, 404 not found"),
        ("<html>\n<h1>Sorry</h1><p>gone", "a web page, Sorry gone"),
        ("<p>" + "x" * 1000, "a web page, " + "x" * 80),
        ("<", "a web page, <"),
        ("<html>", "a web page"),
        (" " * 3000 + "<title>seen</title>", "a web page, seen"),
        ("<p>early" + " " * 2000 + "<title>late</title>", "a web page, late"),
        ("<p>early" + " " * 3000 + "<title>not looked for</title>", "a web page, early"),
        ("<title> " * 3000, "a web page"),
        ("<" * 3000, "a web page, " + "<" * 80),
        ("<title<title>x</title>", "a web page, x"),
    ],
)
def test_a_body_is_one_line_and_no_html(body: str, says: str) -> None:
    assert one_line(body) == says
