"""What to do where a server cannot be reached, or leads elsewhere."""

import httpx2

_NO_ADDRESS = "Invalid URL in location header"
"""How httpx2 begins to tell of a redirect to what is no address; the error's type is a dropped connection's, too."""


def leads_nowhere(error: httpx2.RequestError) -> bool:
    """Whether it is a redirect that no other try changes."""
    if isinstance(error, httpx2.RemoteProtocolError):
        return str(error).startswith(_NO_ADDRESS)
    return isinstance(error, (httpx2.TooManyRedirects, httpx2.UnsupportedProtocol))


def offline(server: str, error: httpx2.RequestError) -> str:
    """The words for it."""
    if leads_nowhere(error) or isinstance(error, httpx2.DecodingError):
        return (
            f"{server} answers, and not as a server of models does: {str(error).rstrip('.')}. Is it the right "
            "address, and does this network want a login in a browser first?"
        )
    return (
        f"{server} cannot be reached: {str(error).rstrip('.')}. Is this machine online, and do https_proxy and "
        "no_proxy say what they should? Without a network, copy the model's folder from another device into "
        "models_dir, or name a --mirror that can be reached"
    )
