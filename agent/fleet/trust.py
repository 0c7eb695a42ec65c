"""What is signed: The Update Framework's metadata, from the first place that gives it, verified by python-tuf.

Owns `<state_dir>/fleet/tuf`. Invariant: what is there was verified; what a place gives that is not accepted changes
nothing there.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tuf.api.exceptions import RepositoryError

from agent.errors import ConfigError
from agent.fleet.distrusting import distrusting
from agent.fleet.documents import MOST_DESIRED, MOST_RELEASE, decode_desired, decode_release
from agent.fleet.fetcher import WebFetcher
from agent.fleet.known_time import KnownTime
from agent.fleet.layout import channel_target, device_target, group_target, release_target
from agent.fleet.metadata import Metadata, check_root
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.settings import Fleet
from agent.fleet.values import Desired, Distrust, Release, ReleaseName
from agent.fleet.web import Web
from agent.plain_file import plain_file
from agent.units import Bytes, UnixSeconds

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class FleetTrust:
    """Implements `ports.Trust`, for one thread.

    Args:
        settings: Where the fleet's repository is, and what this device belongs to.
        device: This device's id.
        folder: For the metadata; made when there is some.
        web: Asks the places.
        wall: What the clock says.

    Raises:
        ConfigError: The first root of trust cannot be used.
    """

    def __init__(self, settings: Fleet, device: str, folder: Path, web: Web, wall: Callable[[], UnixSeconds]) -> None:
        self._places = (settings.url, *settings.mirrors)
        self._wanted = [("device", device_target(device)), ("channel", channel_target(settings.channel))]
        if settings.group is not None:
            self._wanted.insert(1, ("group", group_target(settings.group)))
        self._folder = folder
        self._documents = folder / "documents"
        self._fetcher = WebFetcher(web)
        self._wall = wall
        self._known = KnownTime(folder / "known-time")
        self._root = _read_root(settings.root)
        self._current: Metadata | None = None

    def refresh(self) -> None:
        """Bring the metadata up to date. Raises `DistrustError`, `UnreachableError`, `NoRoomError`."""
        self._current = None
        self._ask(lambda _: None)

    def desired(self) -> Desired | None:
        """What the device should run: its own document, else its group's, else its channel's. Raises as `refresh`."""
        return self._ask(self._desired)

    def release(self, name: ReleaseName) -> Release:
        """A release's manifest. Raises as `refresh`."""
        return self._ask(lambda metadata: self._release(metadata, name))

    def _desired(self, metadata: Metadata) -> Desired | None:
        for kind, target in self._wanted:
            content = self._document(metadata, target, self._documents / f"{kind}.json", MOST_DESIRED)
            if content is not None:
                return decode_desired(content, f"{metadata.place}: {target}")
        return None

    def _release(self, metadata: Metadata, name: ReleaseName) -> Release:
        target = release_target(name)
        content = self._document(metadata, target, self._documents / "release.json", MOST_RELEASE)
        if content is None:
            raise DistrustError(Distrust.MALFORMED, f"{metadata.place}: {name} is desired, and there is no {target}")
        release = decode_release(content, f"{metadata.place}: {target}")
        if release.name != name:
            raise DistrustError(Distrust.MALFORMED, f"{metadata.place}: {target} is the manifest of {release.name}")
        return release

    def _document(self, metadata: Metadata, target: str, file: Path, most: Bytes) -> bytes | None:
        """A target's content; None: there is no such target. The last one of its kind is kept."""
        signed = metadata.get_targetinfo(target)
        if signed is None:
            return None
        if signed.length > most:
            raise DistrustError(
                Distrust.TOO_LARGE, f"{metadata.place}: {target} has {signed.length:,} bytes, and may have {most:,}"
            )
        if metadata.find_cached_target(signed, str(file)) is None:
            metadata.download_target(signed, str(file))
        return file.read_bytes()

    def _ask(self, read: Callable[[Metadata], _T]) -> _T:
        """What the first place gives of which all is accepted: the one that was refreshed last, then the others."""
        failures: list[DistrustError | UnreachableError] = []
        for place in sorted(self._places, key=lambda place: self._current is None or place != self._current.place):
            try:
                given = self._from(place, read)
            except (DistrustError, UnreachableError) as error:
                failures.append(error)
                continue
            for failure in failures:
                _log.warning("fleet_place_failed", extra={"reason": str(failure), "used": place})
            return given
        raise next((error for error in failures if isinstance(error, DistrustError)), None) or UnreachableError(
            "; ".join(str(error) for error in failures)
        )

    def _from(self, place: str, read: Callable[[Metadata], _T]) -> _T:
        """What a place gives; its metadata is brought up to date unless that has been done."""
        metadata, self._current = self._current, None
        wall = self._wall()
        with distrusting(place, self._known.told(wall)):
            if metadata is None or metadata.place != place:
                self._documents.mkdir(parents=True, exist_ok=True)
                metadata = Metadata(self._folder, place, self._root, self._known.reference(wall), self._fetcher)
                self._refresh(metadata, wall)
            given = read(metadata)
        self._current = metadata
        return given

    def _refresh(self, metadata: Metadata, wall: UnixSeconds) -> None:
        try:
            metadata.refresh()
        finally:
            if metadata.end is not None:
                self._known.learn(wall, metadata.end)


def _read_root(file: Path) -> bytes:
    try:
        content = plain_file(file).read_bytes()
        check_root(content)
    except (OSError, ValueError, RepositoryError) as error:
        raise ConfigError(f"fleet.root: {file}: not a root of trust: {error}") from error
    return content
