"""The agent on a simulated board: everything of it is real, but its sensors read a board's tree.

`python -m tests.boards.agent FOLDER run --config FILE`, where FOLDER is one that `python -m tests.boards` has written.
"""

import sys
from pathlib import Path
from typing import Any

from agent import app
from agent.cli import main
from agent.platform.identity import identify
from agent.platform.memory_now import MemoryGauge
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors


def on(root: Path) -> None:
    """Have this process read the sensors, the memory and the identity of the machine at `root`."""

    class BoardSampler(Sampler):
        """Of the tree."""

        def __init__(self, **more: Any) -> None:  # noqa: ANN401 - what `app` gives
            super().__init__(lambda: Sensors(root), **more)

    vars(app).update(Sampler=BoardSampler, identify=lambda: identify(root), MemoryGauge=lambda: MemoryGauge(root))


if __name__ == "__main__":
    on(Path(sys.argv.pop(1)))
    main()
