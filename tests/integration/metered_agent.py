"""An agent that takes itself for a Jetson: `python -m tests.integration.metered_agent FOLDER run --config FILE`.

Its sensors read a board's tree in FOLDER. What `VDD_IN` measures there follows what the real engine reports of its
steps. Everything else is the agent.
"""

import sys
import threading
import time
from pathlib import Path

from agent import app, cli
from agent.engine.host import EngineHost
from tests.boards import BOARDS, BoardTree
from tests.boards.agent import on

BOARD = "orin-nano-super"
IDLE_W, RISE_W = 6.0, 10.0
_EVERY_S = 0.05


class MeteredHost(EngineHost):
    """Has its work shown by a rail.

    Attributes:
        tree: Where.
    """

    tree: BoardTree

    async def run(self) -> None:
        threading.Thread(target=self._show, daemon=True).start()
        await super().run()

    def _show(self) -> None:
        at, busy = time.monotonic(), sum(self.busy)
        while True:
            time.sleep(_EVERY_S)
            now, was = time.monotonic(), busy
            busy = sum(self.busy)
            if busy == was and self.running:
                continue  # it reports ten times a second: what it did since is still to come
            watts = IDLE_W + RISE_W * (busy - was) / (now - at)
            at = now
            self.tree.set_power("VDD_IN", 1000 * watts)


def main() -> None:
    """The command line."""
    MeteredHost.tree = BoardTree(Path(sys.argv.pop(1)), BOARDS[BOARD])
    on(MeteredHost.tree.root)
    vars(app)["EngineHost"] = MeteredHost
    cli.main()


if __name__ == "__main__":
    main()
