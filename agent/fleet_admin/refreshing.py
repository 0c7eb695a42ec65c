"""Signs anew what would expire, for a timer: without new signatures devices would in time trust nothing any more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.fleet_admin.edition import Edition, present
from agent.fleet_admin.errors import KeyMissingError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.repository import Repository
from agent.fleet_admin.roles import ROOT, SNAPSHOT, TIMESTAMP, is_bin, renew_before


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a role's metadata holds."""

    role: str
    version: int
    at: datetime

    def left(self, now: datetime) -> timedelta:
        """How much of it is left."""
        return self.at - now

    def is_due(self, now: datetime) -> bool:
        """Whether it should be signed anew."""
        return self.left(now) < renew_before(self.role)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it.

    Attributes:
        signed: The roles that were signed anew.
        missing: Role to why it could not be, of those that should have been.
    """

    signed: tuple[str, ...]
    missing: dict[str, str]


def expiries(repository: Repository) -> Iterator[Expiry]:
    """Of every role. Raises `FleetError`."""
    for role, signed in (
        (ROOT, repository.root().signed),
        (TIMESTAMP, repository.timestamp().signed),
        (SNAPSHOT, repository.snapshot().signed),
    ):
        yield Expiry(role, signed.version, signed.expires)
    for name, meta in sorted(present(repository).meta.items()):
        role = name.removesuffix(".json")
        yield Expiry(role, meta.version, repository.role(role, meta.version).signed.expires)


def refresh(place: Place, keys: KeyFolder, now: datetime, *, end_sooner: bool = False) -> Refreshed:
    """Sign anew what is due and whose keys are here.

    Args:
        place: The fleet's folder.
        keys: What signs.
        now: When.
        end_sooner: Whether the timestamp is due in any case, and may end years before the one before it.

    Raises:
        FleetError: The keys of timestamp and snapshot are not here, or the repository cannot be used.
    """
    with place.alone():
        if end_sooner:
            Edition(place.repository, keys, now, may_end_sooner=True).publish()
        due = [expiry.role for expiry in expiries(place.repository) if expiry.is_due(now)]
        missing: dict[str, str] = {}
        signed: list[str] = []
        # Bins have one key, and there may be thousands; the others' keys may be here or not.
        bins = [role for role in due if is_bin(role)]
        others = [[role] for role in due if role not in (*bins, TIMESTAMP, SNAPSHOT)]
        for roles in [*others, *([bins] if bins else [])]:
            try:
                _sign_anew(place, keys, roles, now)
                signed += roles
            except KeyMissingError as error:
                missing[roles[0]] = str(error)
        online = [role for role in due if role in (TIMESTAMP, SNAPSHOT)]
        if online and not signed:
            Edition(place.repository, keys, now).publish()
        return Refreshed((*signed, *([TIMESTAMP, SNAPSHOT] if end_sooner else online)), missing)


def _sign_anew(place: Place, keys: KeyFolder, roles: list[str], now: datetime) -> None:
    edition = Edition(place.repository, keys, now)
    for role in roles:
        if role == ROOT:
            edition.root()
        else:
            edition.targets(role)
    edition.publish()
