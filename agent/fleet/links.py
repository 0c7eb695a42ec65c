"""Links that name a release: changed in one step, and durably, so that after a power cut the old or the new one counts.

What a link names is read as text and never followed on trust: the launcher reads it the same way.
"""

from pathlib import Path

from agent.durable_file import sync_folder
from agent.fleet.release_paths import UnsafePathError, check_release_name
from agent.fleet.values import ReleaseName

RELEASES = "releases"


def named_by(link: Path) -> ReleaseName | None:
    """The release that a link names; None when there is no link, or it names something else."""
    try:
        folder, _, name = str(link.readlink()).partition("/")
        return check_release_name(name) if folder == RELEASES else None
    except (OSError, UnsafePathError):
        return None


def point(link: Path, name: ReleaseName) -> None:
    """Let a link name a release, whatever is there.

    Raises:
        OSError: The disk does not take it; the old one counts.
    """
    coming = link.with_name(f".{link.name}")
    coming.unlink(missing_ok=True)
    coming.symlink_to(f"{RELEASES}/{name}")
    coming.rename(link)  # of one folder, which is flushed as a whole: never a link that is gone under both names
    sync_folder(link.parent)


def remove(file: Path) -> None:
    """Remove a link or a file, durably; nothing happens when there is none.

    Raises:
        OSError: The disk does not take it.
    """
    file.unlink(missing_ok=True)
    sync_folder(file.parent)
