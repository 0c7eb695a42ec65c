"""Puts the stand-in for `nvpmodel` into a board's tree, with modes that differ as real ones do."""

import shlex
import sys
from pathlib import Path

_PROGRAM = Path(__file__).with_name("nvpmodel_program.py")

CONF = """\
# Orin Nano's, shortened; the numbers have a gap, which is legal.
< PARAM TYPE=FILE NAME=CPU_ONLINE >
CORE_0 /sys/devices/system/cpu/cpu0/online
CORE_5 /sys/devices/system/cpu/cpu5/online

< PARAM TYPE=FILE NAME=TPC_POWER_GATING >
TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask

< POWER_MODEL ID=0 NAME=15W >
CPU_ONLINE CORE_0 1
CPU_ONLINE CORE_5 1
TPC_POWER_GATING TPC_PG_MASK 252
GPU MAX_FREQ 612000000

< POWER_MODEL ID=1 NAME=25W >
CPU_ONLINE CORE_0 1
CPU_ONLINE CORE_5 1
TPC_POWER_GATING TPC_PG_MASK 252
GPU MAX_FREQ 918000000

< POWER_MODEL ID=2 NAME=MAXN_SUPER >
CPU_ONLINE CORE_0 1
CPU_ONLINE CORE_5 1
TPC_POWER_GATING TPC_PG_MASK 252
GPU MAX_FREQ -1

< POWER_MODEL ID=5 NAME=7W >
CPU_ONLINE CORE_0 1
CPU_ONLINE CORE_5 0
TPC_POWER_GATING TPC_PG_MASK 254
GPU MAX_FREQ 408000000

< PM_CONFIG DEFAULT=1 >
"""


def install_nvpmodel(root: Path, behaviour: str = "well", *, mode: int = 1) -> Path:
    """Write modes, status and program below `root`; gives the program."""
    (root / "etc").mkdir(parents=True, exist_ok=True)
    (root / "etc/nvpmodel.conf").write_text(CONF)
    (root / "var/lib/nvpmodel").mkdir(parents=True, exist_ok=True)
    (root / "var/lib/nvpmodel/status").write_text(f"pmode:{mode:04}\n")
    program = root / "usr/sbin/nvpmodel"
    program.parent.mkdir(parents=True, exist_ok=True)
    command = shlex.join([sys.executable, str(_PROGRAM), "--root", str(root), "--behaviour", behaviour])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    return program
