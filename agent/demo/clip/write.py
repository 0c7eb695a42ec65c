"""Writes the demo's clip: `python -m agent.demo.clip.write FILE.mp4`. A program of its own, as it needs OpenCV."""

import os
import sys
from pathlib import Path

import cv2

from agent.demo.clip.frames import Clip
from agent.demo.clip.lens import HEIGHT, WIDTH
from agent.demo.clip.story import Story
from agent.demo.clip.yard import YARD
from agent.units import Hertz

PER_SECOND = Hertz(12)


def write_clip(story: Story, path: Path) -> None:
    """Draw a story into an MP4 file (MPEG-4 part 2), which is there whole or not at all.

    Args:
        story: What happens.
        path: The file, in a folder that exists.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*"mp4v"), PER_SECOND, (WIDTH, HEIGHT))
    try:
        if not writer.isOpened():
            raise OSError(f"{path.parent} cannot be written to, or this OpenCV cannot write MPEG-4")
        for frame, _ in Clip(story).frames(PER_SECOND):
            writer.write(frame)
        writer.release()
        partial.rename(path)
    finally:
        writer.release()
        partial.unlink(missing_ok=True)


def main() -> str | None:
    """The command line; what went wrong, in words."""
    try:
        write_clip(YARD, Path(sys.argv[1]))
    except OSError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
