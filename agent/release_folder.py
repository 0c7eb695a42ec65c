"""The release that this program is of, where an update brought it (ADR 40): told by where its interpreter is.

Not by a variable of the launcher: whoever starts a release's own program, and however, gets what belongs to it.
"""

import sys
from pathlib import Path

RELEASE_RECORD = "release.json"
RELEASE_ENVIRONMENT = "venv"
RELEASE_MODELS = "models"
RELEASE_CONFIG = "agent.yaml"


def release_around(environment: Path) -> Path | None:
    """The folder of the release that a virtual environment is of; None when it is of none."""
    folder = environment.parent.resolve()  # the links `good` and `trial` lead to one, too
    is_release = environment.name == RELEASE_ENVIRONMENT and (folder / RELEASE_RECORD).is_file()
    return folder if is_release else None


THIS_RELEASE = release_around(Path(sys.prefix))
"""None: this program was installed otherwise."""
