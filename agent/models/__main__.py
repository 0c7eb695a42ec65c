"""`python -m agent.models MODELS SCHEMAS`: work the manifests of a folder out anew, and write their JSON Schema.

In this repository: `python -m agent.models models docs/reference`.
"""

import sys
from pathlib import Path

from agent.models.shipped import manifest_schema, renewed

if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 - the program's name and two folders
        sys.exit("usage: python -m agent.models MODELS SCHEMAS")
    for name, text in renewed(Path(sys.argv[1])).items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
    (Path(sys.argv[2]) / "manifest.schema.json").write_text(manifest_schema(), encoding="utf-8")
