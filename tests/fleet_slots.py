"""Environments for tests of slots that are not about pip."""

from pathlib import Path

_PYTHON = """#!/bin/sh
# Makes environments that are made of itself, and "installs" an agent that says its version.
case "$*" in
    "-I -m venv "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    *jetson_agent*)
        printf '#!/bin/sh\\necho agent\\n' >"$(dirname "$0")/jetson-agent"
        chmod 755 "$(dirname "$0")/jetson-agent"
        ;;
esac
"""


def instant_python(folder: Path) -> Path:
    """A Python that makes such environments."""
    script = folder / "instant-python"
    script.write_text(_PYTHON)
    script.chmod(0o755)
    return script
