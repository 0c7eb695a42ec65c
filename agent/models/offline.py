"""What to do where a server cannot be reached, or leads elsewhere."""

import httpx2

LEADS_NOWHERE = (httpx2.TooManyRedirects, httpx2.UnsupportedProtocol)
"""What no other try changes."""


def offline(server: str, error: Exception) -> str:
    """The words for it."""
    if isinstance(error, (*LEADS_NOWHERE, httpx2.DecodingError, httpx2.RemoteProtocolError)):
        return (
            f"{server} answers, and not as a server of models does: {str(error).rstrip('.')}. Is it the right "
            "address, and does this network want a login in a browser first?"
        )
    return (
        f"{server} cannot be reached: {error}. Is this machine online, and do https_proxy and no_proxy say what they "
        "should? Without a network, copy the model's folder from another device into models_dir, or name a --mirror "
        "that can be reached"
    )
