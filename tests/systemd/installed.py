"""The installed service, as a test sees it."""

import json
import time
from pathlib import Path

from tests.systemd.container import Container
from tests.waiting import wait_for

QUESTION = "Facts: the door is open. Question: is the door open?"
CONFIG = "/etc/jetson-agent/agent.yaml"
_SERVICE = "jetson-agent.service"
_DROP_IN = f"etc/systemd/system/{_SERVICE}.d/test.conf"


class Installed:
    """jetson-agent.service in a container.

    Args:
        container: Where it is installed.
    """

    def __init__(self, container: Container) -> None:
        self.container = container

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.container.run("systemctl", "show", "--value", "--property", name, _SERVICE)

    @property
    def pid(self) -> int:
        """Of the agent, in the container; 0: it does not run."""
        return int(self.show("MainPID"))

    @property
    def current_release(self) -> str:
        """Its name."""
        return (self.container.root / "opt/jetson-agent/current").readlink().name

    @property
    def engine(self) -> int:
        """Of the engine; 0: it does not run."""
        found = self.container.run("pgrep", "-f", "agent.engine.child", check=False).split()
        return int(found[0]) if found else 0

    @property
    def restarts(self) -> int:
        """How often systemd has started it anew."""
        return int(self.show("NRestarts"))

    def log(self, since: float) -> str:
        """What it and systemd have said since a moment of the wall clock."""
        return self.container.run("journalctl", "-u", _SERVICE, "-o", "cat", "--no-pager", "--since", f"@{since:.3f}")

    def answers(self) -> str:
        """The answer to a prompt."""
        reply = json.loads(self.container.run("jetson-agent", "ask", "--json", "--timeout", "60s", QUESTION))
        return str(reply["choices"][0]["message"]["content"])

    def serves(self) -> bool:
        """Whether its status says so."""
        return self.show("StatusText").startswith("serving; edge-tiny")

    def wait_serving(self) -> None:
        """Until it has its broker and its model."""
        wait_for(self.serves, 60, "serving agent")

    def configure_unit(self, text: str) -> None:
        """Change the unit, as `systemctl edit` does, and start it with that."""
        place = Path(self.container.root / _DROP_IN)
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"[Service]\n{text}\n")
        self.container.run("systemctl", "daemon-reload")
        self.container.run("systemctl", "restart", _SERVICE)
        self.wait_serving()

    def limit_memory(self, limit: str) -> None:
        """`MemoryMax` from now on."""
        self.container.run("systemctl", "set-property", "--runtime", _SERVICE, f"MemoryMax={limit}")

    def memory_group(self) -> str:
        """The folder of its control group for memory: of cgroup v1, else v2."""
        lines = self.container.run("cat", f"/proc/{self.pid}/cgroup").splitlines()
        places = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
        return f"/sys/fs/cgroup/memory{places['memory']}" if "memory" in places else f"/sys/fs/cgroup{places['']}"

    def comes_back(self, before: int) -> float:
        """Wait until another process serves; how long that took, in seconds."""
        began = time.monotonic()
        wait_for(lambda: self.pid not in (0, before) and self.serves(), 90, "agent that is back")
        return time.monotonic() - began
