"""`python -m agent.wire FOLDER`: write the JSON Schemas of all payloads there."""

import sys
from pathlib import Path

from agent.wire.schemas import write_schemas

if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program's name and the folder
        sys.exit("usage: python -m agent.wire FOLDER")
    write_schemas(Path(sys.argv[1]))
