"""What the agent needs around it: its broker, its folder, its permissions."""

import os
import shutil
from pathlib import Path

from agent.client import AskError
from agent.client.connection import BrokerConnection
from agent.config import Broker, Config
from agent.doctor.finding import Finding, Mark
from agent.errors import ConfigError
from agent.journal import LEAST_ROOM
from agent.models.table import human
from agent.platform.device_file import user_name

_LOCAL = ("localhost", "127.0.0.1", "::1")
_SBIN = ("/usr/sbin", "/usr/local/sbin")


def examine_broker(broker: Broker) -> Finding:
    """Connect as the agent would, and leave again."""
    try:
        with BrokerConnection(broker) as connection:
            known = "" if broker.user is None else f" and knows {broker.user}"
            return Finding("broker", Mark.OK, f"{connection.place} answers{known}.")
    except (AskError, ConfigError) as error:
        return Finding("broker", Mark.PROBLEM, f"{error}.".replace("?.", "?"), _broker_advice(broker))


def _broker_advice(broker: Broker) -> str | None:
    if broker.host not in _LOCAL:
        return None
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    if shutil.which("mosquitto", path=path) is None:
        return "A broker of its own for this machine: sudo apt-get install mosquitto"
    return "mosquitto is installed; start it: sudo systemctl start mosquitto"


def examine_state_dir(config: Config) -> Finding:
    """Whether this user may keep the journal where it is configured, and whether there is room."""
    folder = config.state_dir
    nearest = next(place for place in (folder, *folder.parents) if os.path.exists(place))  # noqa: PTH110 - `Path.exists` raises where a folder above may not be entered
    if not nearest.is_dir():
        return Finding(
            "state", Mark.PROBLEM, f"{nearest} is no folder.", "Set state_dir to one, or move the file away."
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        return _not_writable(folder, nearest)
    what = "is writable" if nearest == folder else "will be made at the first start"
    return judge_free(f"{folder} {what}", shutil.disk_usage(nearest).free, config.journal.max_size)


def judge_free(place: str, free: int, max_size: int) -> Finding:
    """Whether the journal has room for its beginning, and for all that it may grow to; all in bytes. Pure."""
    found = f"{place}; {human(free)} free"
    if free < LEAST_ROOM:
        return Finding("state", Mark.PROBLEM, f"{found}: too little for any prompt.", "Make room on its disk.")
    if free < max_size:
        return Finding(
            "state", Mark.WARN, f"{found}: less than journal.max_size.", "Make room, or lower journal.max_size."
        )
    return Finding("state", Mark.OK, f"{found}.")


def _not_writable(folder: Path, nearest: Path) -> Finding:
    user, owner = user_name(os.geteuid()), user_name(nearest.stat().st_uid)
    if nearest == folder and owner != user:
        return Finding(
            "state",
            Mark.WARN,
            f"{folder} belongs to {owner}, and {user} may not write there.",
            f"If the agent runs as {owner}, ask as {owner}: sudo -u {owner} jetson-agent doctor",
        )
    return Finding(
        "state",
        Mark.PROBLEM,
        f"{user} may not make {folder}." if nearest != folder else f"{user} may not write to {folder}.",
        f"sudo install -d -o {user} {folder}",
    )
