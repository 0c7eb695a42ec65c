"""`jetson-agent top`: listens to a device at the broker and draws what it says."""

import shutil
import sys
import time

from rich.console import Console

from agent.client import AskError
from agent.client.connection import BrokerConnection
from agent.config import Broker
from agent.top.frame import frame
from agent.top.terminal import Screen, whole_screen
from agent.top.watch import Watch
from agent.units import Seconds
from agent.wire.notice import OfflinePayload

_TICK = Seconds(0.25)
"""How soon a new size of the terminal, and the age of what is shown, are noticed."""
_RETRY_AFTER = Seconds(2.0)
_PLAIN_WIDTH = 80


def run_top(broker: Broker, prefix: str, *, once: bool, timeout: Seconds) -> None:
    """Show the device until Ctrl-C; or one frame.

    Args:
        broker: The broker of the agent.
        prefix: `R` of the agent's topics.
        once: Print one frame, when there is telemetry, and end.
        timeout: With `once`: how long telemetry may take.

    Raises:
        AskError: There is nothing to show; the message says why.
        ConfigError: A file that `broker` names cannot be used.
    """
    if once:
        _print_one(broker, prefix, timeout)
        return
    console = Console(highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        raise AskError("a live view needs a terminal; jetson-agent top --once prints one frame")
    with BrokerConnection(broker):
        pass  # a wrong address is better told at once, on a terminal that is left alone
    try:
        with whole_screen(console) as screen:
            _follow(broker, prefix, screen)
    except KeyboardInterrupt:
        return


def watch_device(connection: BrokerConnection, watch: Watch, prefix: str) -> None:
    """Have everything that the device says collected."""
    connection.listen(f"{prefix}/status", watch.on_status)  # retained: it is known when the next line has returned
    connection.listen(f"{prefix}/event", watch.on_event)
    connection.listen(f"{prefix}/telemetry", lambda message: watch.on_telemetry(message, _now()))


def print_frame(watch: Watch) -> None:
    """One frame, as high as it takes, on the standard output."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(highlight=False, width=width)
    for line in frame(watch.scene(_now()), width, None):
        line.rstrip()
        console.print(line, soft_wrap=True)


def _print_one(broker: Broker, prefix: str, timeout: Seconds) -> None:
    with BrokerConnection(broker) as connection:
        watch = Watch(prefix, connection.place, _now())
        watch_device(connection, watch, prefix)
        if watch.status is None and not watch.has_telemetry:
            raise AskError(f"no agent {prefix} at the broker {connection.place}: check its device id and its broker")
        if isinstance(watch.status, OfflinePayload):
            raise AskError(f"the agent {prefix} is offline ({watch.status.reason})")
        if not connection.wait(lambda: watch.has_telemetry, timeout):
            raise AskError(
                f"no telemetry from {prefix} in {timeout:g} s: its telemetry.every may be longer, or 0s (never)"
            )
    print_frame(watch)


def _follow(broker: Broker, prefix: str, screen: Screen) -> None:
    """Until KeyboardInterrupt; a broker that goes away is waited for."""
    watch = Watch(prefix, f"{broker.host}:{broker.effective_port}", _now())
    while True:
        try:
            with BrokerConnection(broker) as connection:
                watch_device(connection, watch, prefix)
                watch.trouble = None
                while True:
                    _draw(watch, screen)
                    connection.wait(lambda: False, _TICK)
        except AskError as error:
            watch.trouble = str(error)
        retry_at = _now() + _RETRY_AFTER
        while _now() < retry_at:
            _draw(watch, screen)
            time.sleep(_TICK)


def _draw(watch: Watch, screen: Screen) -> None:
    columns, lines = screen.size
    screen.show(frame(watch.scene(_now()), columns, lines))


def _now() -> Seconds:
    return Seconds(time.monotonic())
