"""Where models are on disk."""

import sysconfig
from pathlib import Path

from agent.errors import ConfigError

_MARK = "genai_config.json"
"""A folder with this file is a model."""
SOURCE_TREE = Path(__file__).parents[2] / "models"
_INSTALLED = Path(sysconfig.get_path("data")) / "share" / "jetson-agent" / "models"
SHIPPED = (SOURCE_TREE, _INSTALLED)


def own_models(models_dir: Path | None, state_dir: Path) -> Path:
    """The operator's own: where `pull` puts models."""
    return models_dir or state_dir / "models"


def is_model(folder: Path) -> bool:
    """Whether a folder is a model.

    Raises:
        ConfigError: It cannot be looked into.
    """
    try:
        (folder / _MARK).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(f"model {folder.name!r}: {folder}: {error.strerror}") from error
    return True


def find_model(name: str, models_dir: Path | None, state_dir: Path) -> Path:
    """The folder of a model: the operator's own first, then those that ship with the agent.

    Raises:
        ConfigError: It is in none of the places, which the message names, or cannot be looked into.
    """
    places = [own_models(models_dir, state_dir), *SHIPPED]
    for place in places:
        if is_model(place / name):
            return place / name
    looked = ", ".join(str(place / name) for place in places)
    raise ConfigError(
        f"model {name!r} was not found: there is no {_MARK} in {looked}. "
        f"To download it: jetson-agent models pull {name}; to see which there are: jetson-agent models list"
    )
