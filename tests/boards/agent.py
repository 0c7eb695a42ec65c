"""The agent on a simulated board: everything of it is real, but its sensors read a board's tree.

`python -m tests.boards.agent FOLDER run --config FILE`, where FOLDER is one that `python -m tests.boards` has written.
"""

import sys
from pathlib import Path
from unittest.mock import patch

from agent import app
from agent.cli import main
from agent.platform.identity import identify
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors

if __name__ == "__main__":
    root = Path(sys.argv.pop(1))
    with patch.multiple(app, Sampler=lambda: Sampler(lambda: Sensors(root)), identify=lambda: identify(root)):
        main()
