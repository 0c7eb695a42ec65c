"""Where models are on disk."""

import sysconfig
from pathlib import Path

from agent.errors import ConfigError

_MARK = "genai_config.json"
"""A folder with this file is a model."""


def find_model(name: str, models_dir: Path | None, state_dir: Path) -> Path:
    """The folder of a model: the operator's own first, then those that ship with the agent.

    Raises:
        ConfigError: It is in none of the places, which the message names.
    """
    source_tree = Path(__file__).parents[2] / "models"
    installed = Path(sysconfig.get_path("data")) / "share" / "jetson-agent" / "models"
    places = [models_dir or state_dir / "models", source_tree, installed]
    for place in places:
        try:
            (place / name / _MARK).stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ConfigError(f"model {name!r}: {place / name}: {error.strerror}") from error
        return place / name
    looked = ", ".join(str(place / name) for place in places)
    raise ConfigError(f"model {name!r} was not found: there is no {_MARK} in {looked}")
