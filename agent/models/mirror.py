"""A mirror: the `models_dir` of another machine behind any web server, as plain files.

`<mirror>/<name>.yaml` is the pinned manifest of a model, and its files are in `<mirror>/<name>/`.
"""

import httpx2

from agent.models.listing import Listing, Wanted
from agent.models.manifest import Manifest
from agent.models.manifest_file import parse_manifest
from agent.models.offline import offline
from agent.models.pull_error import PullError
from agent.units import Bytes

_MOST = 1 << 20
"""Bytes of a manifest that are read; a larger one is none."""
_NEEDED = (
    "Beside the folder with a model's files, a mirror needs the model's manifest, with the size and the SHA-256 of "
    "each file: the one that `jetson-agent models pull` or `models build` wrote, or one made as docs/models.md says "
    'under "A mirror of a folder"'
)


def mirror_listing(mirror: str, manifest: Manifest) -> Listing:
    """Where the files of a pinned manifest are."""
    folder = f"{mirror.rstrip('/')}/{manifest.name}"
    wanted = (Wanted(file.path, f"{folder}/{file.path}", Bytes(file.size), file.sha256) for file in manifest.files)
    return Listing(folder, None, tuple(wanted))


def mirror_manifest(client: httpx2.Client, mirror: str, name: str) -> Manifest:
    """The manifest that a mirror has of a model.

    Raises:
        PullError: It cannot be had, or is not pinned.
        ConfigError: It is no manifest.
    """
    url = f"{mirror.rstrip('/')}/{name}.yaml"
    try:
        with client.stream("GET", url) as response:
            if response.status_code != httpx2.codes.OK:
                raise PullError(_refusal(url, response.status_code))
            text = b""
            for chunk in response.iter_bytes():
                text += chunk
                if len(text) > _MOST:
                    raise PullError(f"{url} is too large for a manifest")
    except httpx2.RequestError as error:
        raise PullError(offline(url, error)) from error
    manifest = parse_manifest(text, url)
    if manifest.name != name:
        raise PullError(f"{url} is the manifest of {manifest.name}, and not of {name}")
    if not manifest.is_pinned:
        raise PullError(f"{url} is a manifest without `files`, so it vouches for no bytes. {_NEEDED}")
    return manifest


def _refusal(url: str, status: int) -> str:
    if status == httpx2.codes.NOT_FOUND:
        return f"{url}: the mirror does not have it (404). Is the address right? {_NEEDED}"
    return f"{url}: the mirror answers {status}"
