"""Which models are known here: the operator's manifests, those that ship with the agent, and folders without one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.models.folder import SHIPPED, is_model, own_models
from agent.models.manifest import Manifest
from agent.models.manifest_file import read_manifest


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that is known.

    Attributes:
        name: Its folder's.
        manifest: None for a folder that somebody put there.
        folder: Where it is; None when it is not here.
        own: Whether that folder is the operator's, and not the agent's.
        fault: Why it cannot be used, and nothing else is known of it; None: it can.
    """

    name: str
    manifest: Manifest | None
    folder: Path | None
    own: bool
    fault: str | None = None


class Catalog:
    """The models of one configuration.

    Args:
        models_dir: As configured.
        state_dir: As configured.
        shipped: Where the agent's own are.
    """

    def __init__(self, models_dir: Path | None, state_dir: Path, shipped: tuple[Path, ...] = SHIPPED) -> None:
        self.own = own_models(models_dir, state_dir)
        self._places = (self.own, *shipped)

    def entries(self) -> tuple[Entry, ...]:
        """All, by name, also those that cannot be used.

        Raises:
            ConfigError: One of the places cannot be looked into.
        """
        names = sorted({name for place in self._places for name in _names(place)})
        return tuple(self._entry_or_fault(name) for name in names)

    def find(self, name: str) -> Entry | None:
        """One model; None when nothing is known of it.

        Raises:
            ConfigError: Its manifest cannot be used, or its place not be looked into.
        """
        entry = self._entry(name)
        return None if entry.manifest is None and entry.folder is None else entry

    def _entry_or_fault(self, name: str) -> Entry:
        try:
            entry = self.find(name)
            fault = f"{name}.yaml is a link that leads nowhere"
        except ConfigError as error:
            entry, fault = None, str(error)
        return entry or Entry(name, None, None, own=False, fault=fault)

    def _entry(self, name: str) -> Entry:
        folder = next((place / name for place in self._places if is_model(place / name)), None)
        # A folder is judged by the manifest beside it: another place's may be of other bytes.
        places = self._places if folder is None else (folder.parent, *self._places)
        files = (place / f"{name}.yaml" for place in places)
        manifest = next((read_manifest(file) for file in files if _exists(file)), None)
        return Entry(name, manifest, folder, own=folder is not None and folder.parent == self.own)


def _exists(file: Path) -> bool:
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    return True


def _names(place: Path) -> Iterator[str]:
    try:
        found = list(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror}") from error
    for path in found:
        if path.name.startswith("."):
            continue
        if path.suffix == ".yaml":
            yield path.stem
        elif _may_be_model(path):
            yield path.name


def _may_be_model(path: Path) -> bool:
    """Also one that cannot be looked into: its entry says so."""
    try:
        return is_model(path)
    except ConfigError:
        return True
