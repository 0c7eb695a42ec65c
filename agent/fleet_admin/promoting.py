"""Signs what a channel's devices, a group's, or one device should run."""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Targets

from agent.fleet.documents import decode_desired, encode_desired
from agent.fleet.layout import channel_role, channel_target, device_target, group_target, release_target
from agent.fleet.ports import DistrustError
from agent.fleet.values import Desired, ReleaseName
from agent.fleet_admin.edition import Edition, present
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.history import release_before
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.repository import Repository
from agent.units import Ratio

_ALL = Ratio(1.0)


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is to be run where.

    Attributes:
        target: `channels/stable.json`, or a group's, or a device's: from `agent.fleet.layout`.
        release: What.
        share: By which share of them so far.
        urgent: Whether quiet hours do not count.
        back: Whether devices do not hold it to the speed and energy of what they run.
    """

    target: str
    release: ReleaseName
    share: Ratio = _ALL
    urgent: bool = False
    back: bool = False


def target_for(channel: str | None, group: str | None, device: str | None) -> str:
    """The target of the one that is given. Raises `FleetError`: none is, or several."""
    targets = [
        *([] if channel is None else [channel_target(channel)]),
        *([] if group is None else [group_target(group)]),
        *([] if device is None else [device_target(device)]),
    ]
    if len(targets) != 1:
        raise FleetError("for whom? One of --channel NAME, --group NAME and --device ID")
    return targets[0]


def promote(place: Place, keys: KeyFolder, promotion: Promotion, now: datetime) -> Desired:
    """Sign what is desired. The cohort is the release's name: the same devices at each share, others each release.

    Raises:
        FleetError: There is no such release or channel, or a key is missing.
    """
    with place.alone():
        edition = Edition(place.repository, keys, now)
        if edition.read(release_target(promotion.release)) is None:
            raise FleetError(f"there is no release {promotion.release}: jetson-agent fleet publish makes one")
        desired = Desired(
            promotion.release, promotion.share, promotion.release, urgent=promotion.urgent, back=promotion.back
        )
        edition.put(promotion.target, encode_desired(desired))
        edition.publish()
    return desired


def pin_of(group: str | None, device: str | None) -> str:
    """The target of the one that is given. Raises `FleetError`: none is, or both."""
    if (group is None) == (device is None):
        raise FleetError("of whom? One of --group NAME and --device ID")
    return target_for(None, group, device)


def unpin(place: Place, keys: KeyFolder, target: str, now: datetime) -> Desired:
    """Take away what is signed for a group or a device: it follows what is next to it again.

    Returns:
        What is no longer desired.

    Raises:
        FleetError: There is nothing, or a key is missing.
    """
    with place.alone():
        edition = Edition(place.repository, keys, now)
        content = edition.read(target)
        if content is None:
            raise FleetError(f"{target.removesuffix('.json')} has no release of its own")
        edition.remove(target)
        edition.publish()
    return _decoded(content, target)


def desired_now(place: Place, target: str) -> Desired | None:
    """What is desired there now; None: nothing. Raises `FleetError`."""
    repository = place.repository
    role = _channel_of(target)
    meta = present(repository).meta.get(f"{role}.json")
    if meta is None:
        raise FleetError(f"there is no channel {role.partition('-')[2]} in this fleet")
    return _desired_of(repository, repository.role(role, meta.version).signed, target)


def roll_back(place: Place, keys: KeyFolder, channel: str, now: datetime) -> Desired:
    """Sign, as a new version, that all of a channel's devices should run the release before: now, whatever their hours.

    Raises:
        FleetError: There was none, or a key is missing.
    """
    release = release_to_go_back_to(place, channel)
    if release is None:
        raise FleetError(
            f"{channel} has no release before this one that all its devices were to take: "
            f"jetson-agent fleet promote DIR RELEASE --channel {channel} names one"
        )
    return promote(place, keys, Promotion(channel_target(channel), release, urgent=True, back=True), now)


def release_to_go_back_to(place: Place, channel: str) -> ReleaseName | None:
    """What `roll_back` would sign; None: nothing. Raises `FleetError`."""
    return release_before(history(place, channel))


def history(place: Place, channel: str) -> list[Desired]:
    """What was desired of a channel's devices, the oldest first: signed, in the old versions of its role.

    Raises:
        FleetError: There is no such channel.
    """
    repository = place.repository
    role = channel_role(channel)
    meta = present(repository).meta.get(f"{role}.json")
    if meta is None:
        raise FleetError(f"there is no channel {channel} in this fleet")
    found: list[Desired] = []
    for version in range(1, meta.version + 1):
        desired = _desired_of(repository, repository.role(role, version).signed, channel_target(channel))
        if desired is not None and (not found or found[-1] != desired):
            found.append(desired)
    return found


def _channel_of(target: str) -> str:
    return channel_role(target.removeprefix("channels/").removesuffix(".json"))


def _desired_of(repository: Repository, signed: Targets, target: str) -> Desired | None:
    file = signed.targets.get(target)
    if file is None:
        return None
    return _decoded(repository.target(file), target)


def _decoded(content: bytes, target: str) -> Desired:
    try:
        return decode_desired(content, target)
    except DistrustError as error:
        raise FleetError(f"what is signed makes no sense: {error}") from error
