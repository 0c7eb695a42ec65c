"""The pictures of a camera's latest observations, as files: evidence that can be looked at later.

Owns the folder. A file's name begins with a number that is larger than that of any picture before it: which is the
oldest must not hang on the clock, which a board without a battery loses when it is switched off. Invariant: what is in
the folder never takes more than its bound, but while a picture is being replaced by a newer one, when it may be more by
that one picture. A file is there whole or not at all.
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
        most: Its bound; 0: nothing is kept, and what was is deleted.
    """

    def __init__(self, folder: Path, most: Bytes) -> None:
        self._folder = folder
        self._most = most
        self._is_told = False

    def fit(self) -> None:
        """Delete what an agent that was killed while it wrote has left, and what there is no room for any more.

        For the start; not while a picture is being kept. Trouble with the folder is told when one is.
        """
        with contextlib.suppress(OSError):
            for left in self._folder.glob(".*"):
                left.unlink(missing_ok=True)
            self._make_room(self._most)

    def keep(self, name: str, picture: Picture) -> None:
        """Keep a picture, and delete the oldest that there is no room for. A full disk only costs the picture.

        Args:
            name: The observation's, for the file name after the number and the time.
            picture: What it saw.
        """
        if len(picture.jpeg) > self._most:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = self._make_room(Bytes(self._most - len(picture.jpeg))) + 1
            file = self._folder / f"{number:09}-{picture.at_wall * 1000:015.0f}-{name}.jpg"
            write_durably(file, picture.jpeg)
            self._is_told = False
        except OSError as error:
            if not self._is_told:  # once, not for each picture
                self._is_told = True
                _log.warning("picture_not_kept", extra={"folder": str(self._folder), "reason": error.strerror})

    def _make_room(self, most: Bytes) -> int:
        """Delete the oldest until the rest takes no more than `most`.

        Returns:
            The number of the newest; 0 where there is none.
        """
        pictures = sorted(self._folder.glob("*.jpg"), key=lambda picture: (_number_of(picture), picture.name))
        sizes = {}
        for picture in pictures:
            with contextlib.suppress(FileNotFoundError):  # somebody else deleted it
                sizes[picture] = picture.stat().st_size
        total = sum(sizes.values())
        for picture, size in sizes.items():
            if total <= most:
                break
            picture.unlink(missing_ok=True)
            total -= size
        return max(map(_number_of, pictures), default=0)


def _number_of(picture: Path) -> int:
    """What a picture's name begins with; 0 where somebody else gave it."""
    number = picture.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0
