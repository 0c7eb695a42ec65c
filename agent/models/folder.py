"""Where models are on disk, and for which engines their files are."""

import contextlib
import hashlib
import sysconfig
from pathlib import Path

from agent.engine.catalog import EDGE_LLM_RECORDS, KnownEngine, engines_for, files_in_words
from agent.errors import ConfigError
from agent.release_folder import RELEASE_MODELS, THIS_RELEASE

SOURCE_TREE = Path(__file__).parents[2] / "models"
_INSTALLED = Path(sysconfig.get_path("data")) / "share" / "jetson-agent" / "models"
_OF_THE_RELEASE: tuple[Path, ...] = () if THIS_RELEASE is None else (THIS_RELEASE / RELEASE_MODELS,)
SHIPPED = (*_OF_THE_RELEASE, SOURCE_TREE, _INSTALLED)
"""Where models are that came with the agent: with the release that an update brought first."""


def own_models(models_dir: Path | None, state_dir: Path) -> Path:
    """The operator's own: where `pull` puts models."""
    return models_dir or state_dir / "models"


def engines_of(folder: Path) -> tuple[KnownEngine, ...]:
    """The engines for which a folder has a model's files, whether their libraries are here or not.

    Raises:
        ConfigError: It cannot be looked into.
    """
    try:
        return engines_for(file.name for file in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise ConfigError(f"model {folder.name!r}: {folder}: {error.strerror}") from error


def is_model(folder: Path) -> bool:
    """Whether a folder is a model.

    Raises:
        ConfigError: It cannot be looked into.
    """
    return bool(engines_of(folder))


def find_model(name: str, models_dir: Path | None, state_dir: Path) -> Path:
    """The folder of a model: the operator's own first, then those that ship with the agent.

    A name that begins with a dot is no model's: such folders are on their way in or out.

    Raises:
        ConfigError: It is in none of the places, which the message names, or cannot be looked into.
    """
    places = [own_models(models_dir, state_dir), *SHIPPED]
    for place in places:
        if not name.startswith(".") and is_model(place / name):
            return place / name
    looked = ", ".join(str(place / name) for place in places)
    raise ConfigError(
        f"model {name!r} was not found: there is no model in {looked}. "
        f"A model's folder has one of: {files_in_words()}. "
        f"To download it: jetson-agent models pull {name}; to see which there are: jetson-agent models list"
    )


def models_here(models_dir: Path | None, state_dir: Path) -> tuple[str, ...]:
    """The names that `find_model` finds, sorted; without those that cannot be looked into."""
    names = set[str]()
    for place in (own_models(models_dir, state_dir), *SHIPPED):
        with contextlib.suppress(OSError):
            names |= {path.name for path in place.iterdir() if not path.name.startswith(".") and _may_be_used(path)}
    return tuple(sorted(names))


def _may_be_used(folder: Path) -> bool:
    try:
        return is_model(folder)
    except ConfigError:
        return False


def fingerprint(folder: Path) -> str:
    """Another one when a file of the model is another: by names, sizes and times, not by what is in them.

    An engine that was built of it counts, too: what had none may load now.

    Raises:
        ConfigError: It cannot be looked into.
    """
    try:
        files = [*(file for file in folder.iterdir() if file.is_file()), *folder.glob(EDGE_LLM_RECORDS)]
        stats = sorted((str(file.relative_to(folder)), file.stat()) for file in files)
    except OSError as error:
        raise ConfigError(f"model {folder.name!r}: {folder}: {error.strerror}") from error
    known = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]
