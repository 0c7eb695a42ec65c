"""`jetson-agent top` of a simulated board, for the pictures of the documentation.

`python -m tests.boards.live orin-nano-super`: a private broker, an agent whose sensors read the board's tree, prompts
for half a minute, then one frame. Broker, agent, engine, prompts and telemetry are real; the board is a folder of
files. Its power is not measured anywhere: an idle floor, and more in proportion to the engine's processor time.
"""

import argparse
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from agent.client.connection import BrokerConnection
from agent.config import Broker
from agent.demo.broker import PrivateBroker
from agent.demo.prompts import QUESTIONS
from agent.top.top import print_frame, watch_device
from agent.top.watch import Watch
from agent.units import Seconds
from tests.agent_process import PREFIX, AgentProcess, wait_for_engine, write_config
from tests.boards import BOARDS, BoardTree
from tests.client import Client

_IDLE_SHARE = 0.6
"""Of what the board's tree says: the floor. At full load it is what the tree says and this much more."""
_STEP_S = 0.05
_BUDGET_W = 7.0
_PROMPTS = (0, 1, 3, 6, 9, 9, 7, 4)
"""In each second."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tree = stack.enter_context(BoardTree(folder / "board", BOARDS[arguments.board]))
        broker = stack.enter_context(PrivateBroker(folder))
        connection = stack.enter_context(BrokerConnection(Broker(host="127.0.0.1", port=broker.port)))
        watch = Watch(PREFIX, connection.place, Seconds(time.monotonic()))
        watch_device(connection, watch, PREFIX)
        config = write_config(folder, broker.port, telemetry={"every": "1s"}, power={"budget_watts": _BUDGET_W})
        command = (sys.executable, "-m", "tests.boards.agent", str(tree.root))
        agent = stack.enter_context(AgentProcess(config, command))
        client = stack.enter_context(Client(broker.port, topics=("status", "reply/#")))
        client.wait_online()
        ended = threading.Event()
        stack.callback(ended.set)
        threading.Thread(target=_draw_power, args=(tree, wait_for_engine(agent), ended), daemon=True).start()
        for number in range(arguments.seconds):
            _ask(client, connection, number)
        print_frame(watch)


def _ask(client: Client, connection: BrokerConnection, second: int) -> None:
    """A second's prompts, more in some seconds than in others."""
    ends_at = time.monotonic() + 1.0
    ids = [f"door-{second}-{number}" for number in range(_PROMPTS[second % len(_PROMPTS)])]
    for number, prompt in enumerate(ids):
        client.prompt({"id": prompt, "prompt": QUESTIONS[number % len(QUESTIONS)].text})
    connection.wait(lambda: all(client.replies(prompt) for prompt in ids), Seconds(30.0))
    connection.wait(lambda: False, Seconds(ends_at - time.monotonic()))


def _draw_power(tree: BoardTree, engine: int, ended: threading.Event) -> None:
    process = psutil.Process(engine)
    [total] = [channel for chip in tree.board.chips for channel in chip.channels if channel.label in ("VDD_IN", "VIN")]
    told = total.millivolts * total.milliamperes / 1000
    while not ended.wait(_STEP_S):
        busy = min(1.0, process.cpu_percent() / 100)
        tree.set_power(total.label, told * (_IDLE_SHARE + busy * 2 * (1 - _IDLE_SHARE)))


if __name__ == "__main__":
    main()
