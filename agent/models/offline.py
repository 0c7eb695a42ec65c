"""What to do where a server cannot be reached."""


def offline(server: str, error: Exception) -> str:
    """The words for it."""
    return (
        f"{server} cannot be reached: {error}. Is this machine online, and do https_proxy and no_proxy say what they "
        "should? Without a network, copy the model's folder from another device into models_dir, or name a --mirror "
        "that can be reached"
    )
