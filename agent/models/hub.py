"""Asks a model hub which files a repository has; the only part that knows `huggingface_hub`.

It is the hub that `HF_ENDPOINT` names, by default huggingface.co. Downloading is `transfer`'s.
"""

import re
from collections.abc import Iterator

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling

from agent.engine.catalog import engines_for, files_in_words
from agent.models.listing import Listing, Wanted
from agent.models.manifest import FILE_NAME, HubSource, ModelFile
from agent.models.offline import offline
from agent.models.pull_error import PullError
from agent.units import Bytes

# Else the library asks the hub for a list of coding tools, and tells it which of them it runs in.
constants.HF_HUB_DISABLE_TELEMETRY = True
_TIMEOUT_S = 30.0
_HOW_TO_BE_LET_IN = (
    "If you have an account there: accept the licence on that page, make a token that may read, put it into a file, "
    "and add --token-file FILE"
)
_WHAT_IT_MEANS = {
    401: f"it wants to know who asks. {_HOW_TO_BE_LET_IN}",
    403: f"it does not give it to us. {_HOW_TO_BE_LET_IN}",
    429: "too many requests came from here; try again in some minutes, or with --token-file FILE",
}


def hub_origin(source: HubSource) -> str:
    """The repository's address."""
    return f"{constants.ENDPOINT}/{source.hub}"


def is_of(listing: Listing, source: HubSource) -> bool:
    """Whether a hub that was asked for this source gave that listing."""
    return listing.asked == (source.revision, source.folder) and listing.origin == hub_origin(source)


def pinned_listing(source: HubSource, files: tuple[ModelFile, ...]) -> Listing:
    """Of a pinned manifest: nothing has to be asked."""
    wanted = (
        Wanted(file.path, _url(source, source.revision, file.path), Bytes(file.size), file.sha256) for file in files
    )
    return Listing(hub_origin(source), source.revision, tuple(wanted))


def hub_listing(source: HubSource, token: str | None) -> Listing:
    """What a repository has now.

    Raises:
        PullError: The hub cannot be reached, does not have it, or does not give it to us.
    """
    origin = hub_origin(source)
    try:
        info = HfApi(token=token or False).model_info(
            source.hub, revision=source.revision, timeout=_TIMEOUT_S, files_metadata=True
        )
    except GatedRepoError as error:
        raise PullError(f"{origin} is given only to who has accepted its licence. {_HOW_TO_BE_LET_IN}") from error
    except RepositoryNotFoundError as error:
        raise PullError(f"{origin} does not exist, or is private. {_HOW_TO_BE_LET_IN}") from error
    except RevisionNotFoundError as error:
        raise PullError(f"{origin} has no revision {source.revision}") from error
    except OfflineModeIsEnabled as error:
        raise PullError("HF_HUB_OFFLINE forbids to ask the hub: unset it, or name a --mirror") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        raise PullError(
            f"{origin}: the hub answers {status}: {_WHAT_IT_MEANS.get(status, 'try again later')}"
        ) from error
    except httpx2.RequestError as error:
        raise PullError(offline(constants.ENDPOINT, error)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise PullError(
            f"{origin}: what answers is no hub; does this network want a login in a browser first?"
        ) from error
    if info.sha is None:
        raise PullError(f"{origin}: the hub does not tell the commit of {source.revision}")
    files = tuple(_wanted(source, info.sha, info.siblings or []))
    if not engines_for(file.path for file in files):
        where = source.folder or "its root"
        raise PullError(f"{origin} has no model for this agent in {where}, which would be one of: {files_in_words()}")
    return Listing(origin, info.sha, files, (source.revision, source.folder))


def _wanted(source: HubSource, commit: str, siblings: list[RepoSibling]) -> Iterator[Wanted]:
    lead = f"{source.folder}/" if source.folder else ""
    for sibling in siblings:
        name = sibling.rfilename.removeprefix(lead)
        if not sibling.rfilename.startswith(lead) or not re.fullmatch(FILE_NAME, name):
            continue  # in another folder, hidden, or not such a name as a model's files have
        sha256 = None if sibling.lfs is None else sibling.lfs.sha256
        if sibling.size is None or (sha256 is None and sibling.blob_id is None):
            raise PullError(f"{hub_origin(source)}: the hub tells no size or no digest of {sibling.rfilename}")
        yield Wanted(name, _url(source, commit, name), Bytes(sibling.size), sha256, sibling.blob_id)


def _url(source: HubSource, commit: str, name: str) -> str:
    return hf_hub_url(source.hub, name, subfolder=source.folder, revision=commit, endpoint=constants.ENDPOINT)
