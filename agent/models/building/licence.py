"""Whose terms hold for a checkpoint: as the operator says, or as its model card (`README.md`) does."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agent.errors import ConfigError
from agent.models.manifest import Licence

_KNOWN = {
    "apache-2.0": ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "mit": ("MIT", "https://opensource.org/license/mit"),
    "llama3.2": ("Llama 3.2 Community License", "https://www.llama.com/llama3_2/license/"),
}
"""As model cards abbreviate them."""
_ASK = "say which: --licence NAME --licence-url URL"


def licence_of(checkpoint: Path, name: str | None, url: str | None) -> Licence:
    """The licence of what is built from a checkpoint.

    Raises:
        ConfigError: Neither the operator nor the card names one with its address.
    """
    front = _front_matter(checkpoint / "README.md")
    told = name or front.get("license_name") or front.get("license")
    if not isinstance(told, str):
        raise ConfigError(f"{checkpoint}: no model card there names its licence: {_ASK}")
    known = _KNOWN.get(told.lower(), (told, front.get("license_link")))
    try:
        return Licence.model_validate({"name": name or known[0], "url": url or known[1]})
    except ValidationError as error:
        raise ConfigError(
            f"{checkpoint}: its licence is {told}, and the address of its text is not known: {_ASK}"
        ) from error


def _front_matter(card: Path) -> dict[str, Any]:
    """The YAML between the first two lines of dashes; nothing where there is none."""
    try:
        text = card.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return {}
    _, mark, rest = text.partition("---\n")
    if text.startswith("---\n") and mark:
        try:
            found = yaml.safe_load(rest.partition("\n---")[0])
        except yaml.YAMLError:
            return {}
        if isinstance(found, dict):
            return found
    return {}
