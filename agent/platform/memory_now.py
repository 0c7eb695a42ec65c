"""How much memory there is for us now: the machine's and our control group's, of which the smaller counts."""

from pathlib import Path

from agent.budget.memory import MemoryNow
from agent.platform.cgroup import CgroupLimits
from agent.platform.sensors.memory import MemorySensor


class MemoryGauge:
    """Reads it: a few files of procfs and of the control groups, which never wait for a device.

    Args:
        root: Where the machine's file system is mounted.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._machine = MemorySensor(root)
        self._limits = CgroupLimits(root)

    def read(self) -> MemoryNow | None:
        """Now; None when the kernel does not tell."""
        machine, group = self._machine.read(), self._limits.read()
        available, total = machine.available.value, machine.total.value
        if available is None or total is None:
            return None
        waiting = None if machine.pressure.value is None else machine.pressure.value.avg10
        if group is None:
            return MemoryNow(available, total, waiting)
        return MemoryNow(min(available, group.available), min(total, group.limit), waiting)
