"""Limits of control groups, both versions, as the kernel's files have them."""

from pathlib import Path

import pytest

from agent.platform.cgroup import CgroupLimits, CgroupMemory
from agent.platform.memory_now import MemoryGauge
from agent.units import Bytes

V1_MOUNT = "35 31 0:32 {root} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory"
V2_MOUNT = "41 31 0:38 {root} /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw"
UNLIMITED_V1 = 9223372036854771712


def process(root: Path, mount: str, group: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(f"22 1 254:0 / / rw - ext4 /dev/vda rw\n{mount}\n")
    (root / "proc/self/cgroup").write_text(f"9:name=systemd:/\n{group}\n")


def v1_group(folder: Path, limit: int, usage: int = 700, inactive: int = 100, active: int = 50) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{usage}\n")
    (folder / "memory.stat").write_text(
        f"cache 1\ninactive_file 1\ntotal_inactive_file {inactive}\ntotal_active_file {active}\n"
    )


def v2_group(folder: Path, limit: str, high: str = "max") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.high").write_text(f"{high}\n")
    (folder / "memory.current").write_text("700\n")
    (folder / "memory.stat").write_text("anon 500\ninactive_file 100\nactive_file 50\nslab_reclaimable 20\n")


def test_version_1(tmp_path: Path) -> None:
    process(tmp_path, V1_MOUNT.format(root="/"), "4:memory:/system.slice/agent.service")
    top = tmp_path / "sys/fs/cgroup/memory"
    v1_group(top / "system.slice/agent.service", 1000)
    v1_group(top / "system.slice", UNLIMITED_V1)
    v1_group(top, UNLIMITED_V1)
    assert CgroupLimits(tmp_path).read() == CgroupMemory(Bytes(1000), Bytes(450))


def test_a_group_above_may_leave_less(tmp_path: Path) -> None:
    process(tmp_path, V1_MOUNT.format(root="/"), "4:memory:/slice/agent")
    top = tmp_path / "sys/fs/cgroup/memory"
    v1_group(top / "slice/agent", 5000)
    v1_group(top / "slice", 2000, usage=1950, inactive=0, active=0)
    assert CgroupLimits(tmp_path).read() == CgroupMemory(Bytes(2000), Bytes(50))


@pytest.mark.parametrize(("limit", "high", "left"), [("1000", "max", 470), ("max", "900", 370), ("1000", "900", 370)])
def test_version_2(tmp_path: Path, limit: str, high: str, left: int) -> None:
    process(tmp_path, V2_MOUNT.format(root="/"), "0::/agent.service")
    v2_group(tmp_path / "sys/fs/cgroup/agent.service", limit, high)
    found = CgroupLimits(tmp_path).read()
    assert found is not None
    assert found.available == left


def test_in_a_container_the_mount_is_our_group(tmp_path: Path) -> None:
    process(tmp_path, V1_MOUNT.format(root="/docker/4f1c"), "4:memory:/docker/4f1c")
    v1_group(tmp_path / "sys/fs/cgroup/memory", 1000)
    assert CgroupLimits(tmp_path).read() == CgroupMemory(Bytes(1000), Bytes(450))


def test_a_path_that_is_not_to_be_seen_from_here(tmp_path: Path) -> None:
    process(tmp_path, V2_MOUNT.format(root="/"), "0::/../elsewhere")
    v2_group(tmp_path / "sys/fs/cgroup", "1000")
    assert CgroupLimits(tmp_path).read() == CgroupMemory(Bytes(1000), Bytes(470))


def test_no_limit(tmp_path: Path) -> None:
    assert CgroupLimits(tmp_path).read() is None
    process(tmp_path, V2_MOUNT.format(root="/"), "0::/")
    v2_group(tmp_path / "sys/fs/cgroup", "max")
    assert CgroupLimits(tmp_path).read() is None


def test_of_machine_and_group_the_smaller_counts(tmp_path: Path) -> None:
    gauge = MemoryGauge(tmp_path)
    assert gauge.read() is None
    process(tmp_path, V2_MOUNT.format(root="/"), "0::/")
    v2_group(tmp_path / "sys/fs/cgroup", str(1 << 20))
    (tmp_path / "proc/meminfo").write_text("MemTotal: 4096 kB\nMemAvailable: 100 kB\n")
    limited = MemoryGauge(tmp_path).read()
    assert limited is not None
    assert (limited.available, limited.ceiling) == (100 * 1024, 1 << 20)
