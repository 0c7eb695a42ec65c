"""A folder of pictures, as if it was a camera."""

import time
from pathlib import Path

from agent.camera.capture.outlet import Outlet
from agent.camera.capture.source import Stored, is_picture
from agent.camera.capture.spec import CaptureSpec, SourceError
from agent.camera.capture.still import MOST_BYTES, decode_still


def read_folder(source: Stored, spec: CaptureSpec, outlet: Outlet) -> None:
    """Read the pictures in the order of their names, so many a second as are looked at; once, or again and again.

    Pictures that cannot be read are left out.

    Raises:
        SourceError: There is none that can be read.
    """
    folder = Path(source.path)
    interval = min(1.0 / spec.looks, spec.stall_timeout / 2)
    while True:
        found = False
        for path in _pictures(folder):
            try:
                pixels = decode_still(_read(path))
            except SourceError:
                continue
            found = True
            outlet.put(pixels)
            time.sleep(interval)
        if not found:
            raise SourceError(f"there is no JPEG or PNG in {folder} that can be read")
        if not spec.loop:
            return


def _pictures(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if is_picture(path.name) and path.is_file())
    except OSError as error:
        raise SourceError(f"{folder}: {(error.strerror or 'not readable').lower()}") from None


def _read(path: Path) -> bytes:
    """A file, and no more of it than a picture may have."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise SourceError(f"{path} cannot be read") from None
