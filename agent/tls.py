"""The TLS context of the connection to the broker."""

import ssl

from agent.config import Tls
from agent.errors import ConfigError


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A context that verifies the broker's certificate and name, with this device's own certificate if it has one.

    Raises:
        ConfigError: A file cannot be used; the message says which and why.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{tls.ca} cannot be used: {_reason(error, 'not a PEM certificate')}") from error
    if tls.cert is not None:
        try:
            # An empty pass phrase: without one, OpenSSL would ask the terminal for that of an encrypted key, and wait.
            context.load_cert_chain(tls.cert, tls.key, password="")
        except OSError as error:
            reason = _reason(error, "not PEM, or the key has a pass phrase")
            raise ConfigError(f"{tls.cert} and {tls.key} cannot be used: {reason}") from error
    return context


def _reason(error: OSError, unnamed: str) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or unnamed
    return error.strerror or str(error)
