"""A fleet's devices as a table: on a terminal as it is now, or once for pipes."""

import sys
import time
from collections import Counter
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent.client import AskError
from agent.client.connection import BrokerConnection
from agent.config import Broker
from agent.fleet.update import State
from agent.fleet_admin.listening import listen
from agent.fleet_admin.seen import FAILED, FleetSeen, Seen, as_json
from agent.fleet_admin.wording import counted
from agent.units import Seconds

_TICK = Seconds(0.5)
_RETRY_AFTER = Seconds(2.0)
_PLAIN_WIDTH = 160
_AROUND = 7
"""Lines of a terminal that no device gets: the table's head and what is below it."""
_UNDER_WAY = frozenset({State.DOWNLOADING, State.STAGED, State.DRAINING, State.SWITCHING, State.PROVING})


def show_once(broker: Broker, topic_root: str, *, json: bool) -> None:
    """Print what the broker has retained of every device. Raises `AskError`."""
    seen = FleetSeen(topic_root)
    with BrokerConnection(broker) as connection:
        listen(connection, seen, topic_root)
    if json:
        sys.stdout.write(as_json(seen.devices) + "\n")
        return
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(highlight=False, width=width)
    console.print(drawn(seen.devices, None))
    for line in reasons(seen.devices):
        console.print(line, markup=False, soft_wrap=True)


def show_live(broker: Broker, topic_root: str) -> None:
    """Until Ctrl-C; a broker that goes away is waited for. Raises `AskError`."""
    console = Console(highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        raise AskError("a live view needs a terminal; jetson-agent fleet status --once prints it once")
    with BrokerConnection(broker):
        pass  # a wrong address is better told at once
    seen = FleetSeen(topic_root)
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                try:
                    with BrokerConnection(broker) as connection:
                        listen(connection, seen, topic_root)
                        while True:
                            live.update(drawn(seen.devices, console.size.height - _AROUND), refresh=True)
                            connection.wait(lambda: False, _TICK)
                except AskError as error:
                    table = drawn(seen.devices, console.size.height - _AROUND)
                    live.update(Group(table, Text(f"the broker is away: {error}", "yellow")), refresh=True)
                    time.sleep(_RETRY_AFTER)
    except KeyboardInterrupt:
        return


def drawn(devices: list[Seen], most: int | None) -> Group:
    """The table, and below it how many devices are where. Trouble comes first.

    Args:
        devices: All of them.
        most: So many rows at most. None: no limit.
    """
    table = Table(box=None, pad_edge=False, expand=True, header_style="bold")
    for name in ("device", "channel", "release", "update", "state", "since (UTC)", "failed"):
        table.add_column(name, no_wrap=True, overflow="ellipsis", justify="right" if name == "failed" else "left")
    table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)  # what the others leave, however long it is
    ordered = sorted(devices, key=_rank)
    for seen in ordered if most is None else ordered[: max(1, most)]:
        table.add_row(
            Text(seen.device, "dim" if seen.is_online is False else ""),
            seen.channel or "-",
            seen.running or "-",
            seen.release or "-",
            Text(_state(seen), _style(seen)),
            "-" if seen.since is None else _time(seen.since),
            str(seen.failures),
            seen.why or "",
        )
    states = Counter(_state(seen) for seen in devices)
    running = Counter(seen.running for seen in devices if seen.running is not None)
    lines = [
        f"{counted(len(devices), 'device', 'devices')}: "
        + ", ".join(f"{number} {name}" for name, number in states.most_common())
    ]
    if running:
        lines.append("releases: " + ", ".join(f"{name} on {number}" for name, number in running.most_common(5)))
    return Group(table, Text(), *(Text(line, "dim") for line in lines))


def reasons(devices: list[Seen]) -> list[str]:
    """Why updates of devices came to nothing, in full: the table has no room for it."""
    return [f"{seen.device}: {seen.state}: {seen.why}" for seen in devices if seen.state in FAILED and seen.why]


def _rank(seen: Seen) -> tuple[int, str]:
    if seen.state in FAILED:
        return 0, seen.device
    return (1 if seen.state in _UNDER_WAY else 2), seen.device


def _state(seen: Seen) -> str:
    is_of_fleet = seen.channel is not None or seen.running is not None
    state = seen.state or (State.IDLE.value if is_of_fleet else None)
    if seen.is_online is False:
        return "offline" if state is None else f"{state}, offline"
    return state or "not of a fleet"


def _style(seen: Seen) -> str:
    if seen.state in FAILED:
        return "bold red"
    return "yellow" if seen.state in _UNDER_WAY else "green" if seen.state == State.COMMITTED else ""


def _time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%m-%d %H:%M")  # the year would take a narrow terminal's room
    except (OverflowError, ValueError, OSError):
        return "-"
