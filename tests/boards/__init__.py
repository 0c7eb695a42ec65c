"""Six Jetsons as folders: what a board's sysfs, procfs and /etc hold, for the sensors to read.

`python -m tests.boards orin-nano-super FOLDER` writes one to look at.
"""

from tests.boards.board import Board, Channel, Chip, Gpu, Zone
from tests.boards.boards import BOARDS
from tests.boards.tree import BoardTree

__all__ = ["BOARDS", "Board", "BoardTree", "Channel", "Chip", "Gpu", "Zone"]
