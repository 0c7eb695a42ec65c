"""python-tuf's updater with two things that it has no argument for: what time it is, and files that a power cut leaves.

Both reach into the library, which is why they are here alone. `tests/integration/fleet/test_trust.py` fails where a
newer version of it no longer looks there.
"""

from datetime import datetime
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata as Document
from tuf.api.metadata import Root
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from agent.durable_file import write_durably
from agent.fleet.fetcher import WebFetcher
from agent.fleet.layout import METADATA, TARGETS
from agent.units import UnixSeconds

_LIMITS = UpdaterConfig(
    max_root_rotations=256,
    max_delegations=8,
    root_max_length=256 * 1024,
    timestamp_max_length=16 * 1024,
    snapshot_max_length=2 * 1024 * 1024,
    targets_max_length=4 * 1024 * 1024,
)


def check_root(content: bytes) -> None:
    """Look at what is to be the first root of trust.

    Raises:
        RepositoryError: It is none.
    """
    root = Document[Root].from_bytes(content)
    if not isinstance(root.signed, Root):
        raise RepositoryError(f"it is of the type {root.signed.type}")
    root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)


class Metadata(Updater):
    """The metadata of one place, for one check.

    Args:
        folder: Where what was verified is kept.
        place: The repository's address.
        root: The first root of trust.
        reference: By this time it is expired or not.
        fetcher: Fetches it.
    """

    def __init__(self, folder: Path, place: str, root: bytes, reference: datetime, fetcher: WebFetcher) -> None:
        at = place.rstrip("/")
        super().__init__(
            str(folder),
            f"{at}/{METADATA}/",
            target_base_url=f"{at}/{TARGETS}/",
            fetcher=fetcher,
            config=_LIMITS,
            bootstrap=root,
        )
        self.place = place
        self._trusted_set.reference_time = reference  # it takes the wall clock's

    @property
    def end(self) -> UnixSeconds | None:
        """When the newest timestamp that was verified expires; None: there is none."""
        if "timestamp" not in self._trusted_set:
            return None
        return UnixSeconds(self._trusted_set.timestamp.expires.timestamp())

    def _persist_file(self, filename: str, data: bytes) -> None:
        """Replace a file durably: an empty timestamp after a power cut would let an older one in."""
        file = Path(filename)
        if not file.is_file() or file.read_bytes() != data:  # the first root is stored at each check
            write_durably(file, data)
