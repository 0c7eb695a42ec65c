"""The pictures of a camera's latest observations, as files: evidence that can be looked at later.

Owns the folder. Invariant: what is in it never takes more than its bound, but while a picture is being replaced by a
newer one, when it may be more by that one picture. A file is there whole or not at all.
"""

import contextlib
import logging
from pathlib import Path

from agent.camera.values import Picture
from agent.durable_file import write_durably
from agent.units import Bytes

_log = logging.getLogger(__name__)


class Ring:
    """Keeps the newest pictures that there is room for. Blocks: for a thread.

    Args:
        folder: Where; made when the first is kept.
        most: Its bound; 0: nothing is kept.
    """

    def __init__(self, folder: Path, most: Bytes) -> None:
        self._folder = folder
        self._most = most
        self._is_told = False
        self._swept = False

    def keep(self, name: str, picture: Picture) -> None:
        """Keep a picture, and delete the oldest that there is no room for. A full disk only costs the picture.

        Args:
            name: The observation's, for the file name after the time.
            picture: What it saw.
        """
        if len(picture.jpeg) > self._most:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._make_room(Bytes(self._most - len(picture.jpeg)))
            write_durably(self._folder / f"{picture.at_wall * 1000:015.0f}-{name}.jpg", picture.jpeg)
            self._is_told = False
        except OSError as error:
            if not self._is_told:  # once, not for each picture
                self._is_told = True
                _log.warning("picture_not_kept", extra={"folder": str(self._folder), "reason": error.strerror})

    def _sweep(self) -> None:
        """Delete what an agent that was killed while it wrote has left."""
        if not self._swept:
            self._swept = True
            for left in self._folder.glob(".*"):
                left.unlink(missing_ok=True)

    def _make_room(self, most: Bytes) -> None:
        """Delete the oldest until the rest takes no more than `most`."""
        pictures = sorted(self._folder.glob("*.jpg"))  # by time: the names begin with it
        sizes = {}
        for picture in pictures:
            with contextlib.suppress(FileNotFoundError):  # somebody else deleted it
                sizes[picture] = picture.stat().st_size
        total = sum(sizes.values())
        for picture, size in sizes.items():
            if total <= most:
                return
            picture.unlink(missing_ok=True)
            total -= size
