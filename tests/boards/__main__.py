"""Writes a board's folder, to look at."""

import argparse
from pathlib import Path

from tests.boards import BOARDS, BoardTree


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    BoardTree(arguments.folder, BOARDS[arguments.board])


if __name__ == "__main__":
    main()
